// A log on a server: what an audit reads, over HTTP, with patience for a server that is busy.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "ledger/verify/log_source.h"
#include "tools/client/http.h"

namespace varve::audit {

class RemoteLog final : public verify::LogSource {
 public:
  /// Errors: as client::parse_url and client::HttpClient::open.
  static Result<RemoteLog> open(const std::string& url, const client::HttpOptions& options);

  /// `path` follows the log's own, without a slash before it. Tries again, with pauses, while the
  /// server is busy or not there: five times within about six seconds.
  /// Errors: what the server answered; kBusy when it stays busy.
  [[nodiscard]] Result<std::string> fetch(const std::string& path,
                                          const std::string& accept = "") const;
  /// POSTs a question in JSON, which changes nothing, in the same way. Errors: as fetch.
  [[nodiscard]] Result<std::string> ask(const std::string& path, const std::string& json) const;
  /// The same as fetch, as bytes.
  [[nodiscard]] Result<Buffer> read(const std::string& path) const;

 private:
  explicit RemoteLog(client::HttpClient client);
  [[nodiscard]] Result<std::string> repeat(
      const std::string& path, const std::function<Result<client::HttpResponse>()>& request) const;
  [[nodiscard]] Result<Buffer> get(const std::string& path) const override { return read(path); }

  std::unique_ptr<client::HttpClient> client_;  // reading changes no log, but a connection
};

}  // namespace varve::audit
