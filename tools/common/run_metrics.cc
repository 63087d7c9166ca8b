// Text exposition format, a dozen lines.
#include "tools/common/run_metrics.h"

#include <filesystem>
#include <string_view>

#include "ledger/base/text.h"
#include "ledger/env/posix.h"
#include "tools/common/exit_code.h"
#include "tools/common/files.h"

namespace varve::tools {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kFileMax = 1u << 16;
constexpr const char* kVerified = "varve_backup_verified_seconds";

std::string label_value(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '"' || c == '\\') out.push_back('\\');
    out.push_back(c);
  }
  return out;
}

std::string labels_of(const RunOutcome& outcome) {
  return "{command=\"" + label_value(outcome.command) + "\",origin=\"" +
         label_value(outcome.origin) + "\"} ";
}

std::string family(const std::string& name, const char* help, const std::string& labels,
                   const std::string& value) {
  return "# HELP " + name + " " + help + "\n# TYPE " + name + " gauge\n" + name + labels + value +
         "\n";
}

/// When an earlier run was sound, by the file that it left; "0": none was.
std::string verified_before(const std::string& path, const std::string& labels) {
  const auto bytes = read_file(path, kFileMax);
  if (!bytes) return "0";
  const std::string_view text = text_of(*bytes);
  const std::string line = "\n" + (kVerified + labels);
  const std::size_t at = text.find(line);
  if (at == std::string_view::npos) return "0";
  const std::string_view rest = text.substr(at + line.size());
  const auto seconds = decode_decimal(rest.substr(0, rest.find('\n')));
  return seconds ? std::to_string(*seconds) : "0";
}

}  // namespace

Result<void> write_run_metrics(const std::string& path, const RunOutcome& outcome,
                               std::uint64_t now_s) {
  const std::string labels = labels_of(outcome);
  const std::string now = std::to_string(now_s);
  const bool sound = outcome.exit == kExitOk || outcome.exit == kExitGone;
  const std::string text =
      family("varve_backup_exit_code", "exit code of the last run: docs/ERRORS.md", labels,
             std::to_string(outcome.exit)) +
      family("varve_backup_ended_seconds", "when the last run ended", labels, now) +
      family(kVerified, "when the last run ended that found all intact; 0: none", labels,
             sound ? now : verified_before(path, labels));
  RETURN_IF_ERROR(replace_file(path, bytes_of(text)));
  std::error_code failed;
  fs::permissions(path,
                  fs::perms::owner_write | fs::perms::owner_read | fs::perms::group_read |
                      fs::perms::others_read,
                  failed);
  if (failed) return io_error(path + ": " + failed.message() + " while letting all read it");
  return {};
}

int leave_run_metrics(const char* program, const std::string& path, const RunOutcome& outcome) {
  if (path.empty()) return outcome.exit;
  const auto left = write_run_metrics(path, outcome, env::posix_clock().now_us() / 1'000'000);
  if (left) return outcome.exit;
  const int trouble = report(program, left.error());
  return outcome.exit == kExitOk ? trouble : outcome.exit;
}

}  // namespace varve::tools
