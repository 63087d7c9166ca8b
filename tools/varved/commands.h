// The commands of varved. Each returns the program's exit code.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tools/client/http.h"

namespace varve::tools {

inline constexpr const char* kVarved = "varved";

/// Serves until SIGTERM or SIGINT; SIGHUP reads the configuration again (reload.h).
int serve(const std::string& config_path);
/// Audits the stores of all logs, or of one. Exit: 0 intact, 13 findings.
int audit(const std::string& config_path, const std::string& log_name);
/// A copy of a log's directory.
struct Copy {
  std::string from;  // a directory, or the URL of one on a web server
  client::HttpOptions http;
};
/// Replaces damaged sealed segments of one log's store by those of a copy of its directory.
/// Exit: 0 intact now, 13 something is left or the copy does not help.
int repair(const std::string& config_path, const std::string& log_name, const Copy& from);
/// A mirror of a log.
struct Mirror {
  std::string from;                    // directory
  std::vector<std::string> destroyed;  // "2020-01": months whose key was destroyed on purpose
};
/// Builds one log's store, which is empty, from a mirror of the log. Exit: 0 done, 10 a month that
/// was destroyed has to be named, 13 the mirror does not verify or is not the newest.
int restore(const std::string& config_path, const std::string& log_name, const Mirror& mirror);
/// Whether the tokens are asked, with the PIN.
enum class Asking : std::uint8_t { kNobody, kTokens };
/// Looks at all that a start looks at before it opens a log, and says everything that is wrong.
int check_config(const std::string& config_path, Asking asking);
/// Prints who may do what, since when, and who is operator and approver at once. It asks no server and
/// no token.
int access_report(const std::string& config_path, bool json);
/// Makes a token; prints it and the line for the tokens file.
int make_token(const std::string& name, const std::string& roles, const std::string& logs);

}  // namespace varve::tools
