// Files for the textfile collector of Prometheus's node exporter: how a program that is no server says how it is.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ledger/base/result.h"

namespace varve::tools {

/// `{a="b",c="d"}`, with what Prometheus asks for in front of quotes and backslashes.
std::string metric_labels(const std::vector<std::pair<std::string_view, std::string_view>>& labels);

/// A metric of one line, with its help and its type: "gauge" or "counter".
std::string metric_text(const std::string& name, const char* type, const char* help,
                        const std::string& labels, const std::string& value);

/// The textfile collector reads what ends in .prom, and no other file is replaced by a slip. Errors: kInvalid.
Result<void> check_metrics_path(const std::string& path);

/// Puts `text` in place of `path`, whole or not at all; everybody may read it. Errors: as check_metrics_path and
/// replace_file.
Result<void> replace_metrics_file(const std::string& path, const std::string& text);

}  // namespace varve::tools
