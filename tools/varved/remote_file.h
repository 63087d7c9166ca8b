// A file on a plain web server, read in ranges: where a repair takes a segment of a copy from that is not
// mounted here.
#pragma once

#include <memory>
#include <string>

#include "ledger/env/filesystem.h"
#include "tools/client/http.h"

namespace varve::tools {

/// Opens `path` below `url` for reading. The server has to answer Range requests (RFC 9110 section 14),
/// as those for static files do. Thread: one.
/// Errors: kNotFound  it has no such file.  kIo  it does not answer ranges.  As HttpClient::get.
Result<std::unique_ptr<env::File>> open_remote_file(const std::string& url,
                                                    const client::HttpOptions& options,
                                                    const std::string& path);

}  // namespace varve::tools
