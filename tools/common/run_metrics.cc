// Three lines, of which the last is kept.
#include "tools/common/run_metrics.h"

#include <string_view>

#include "ledger/base/text.h"
#include "ledger/env/posix.h"
#include "tools/common/exit_code.h"
#include "tools/common/files.h"
#include "tools/common/metrics_file.h"

namespace varve::tools {
namespace {

constexpr std::size_t kFileMax = 1u << 16;
constexpr const char* kVerified = "varve_backup_verified_seconds";

std::string labels_of(const RunOutcome& outcome) {
  return metric_labels({{"command", outcome.command}, {"origin", outcome.origin}});
}

/// When an earlier run was sound, by the file that it left; "0": none was.
std::string verified_before(const std::string& path, const std::string& labels) {
  const auto bytes = read_file(path, kFileMax);
  if (!bytes) return "0";
  const std::string_view text = text_of(*bytes);
  const std::string line = "\n" + (kVerified + labels) + " ";
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
  const auto gauge = [&](const char* name, const char* help, const std::string& value) {
    return metric_text(name, "gauge", help, labels, value);
  };
  return replace_metrics_file(
      path, gauge("varve_backup_exit_code", "exit code of the last run: docs/ERRORS.md",
                  std::to_string(outcome.exit)) +
                gauge("varve_backup_ended_seconds", "when the last run ended", now) +
                gauge(kVerified, "when the last run ended that found all intact; 0: none",
                      sound ? now : verified_before(path, labels)));
}

int leave_run_metrics(const char* program, const std::string& path, const RunOutcome& outcome) {
  if (path.empty()) return outcome.exit;
  const auto left = write_run_metrics(path, outcome, env::posix_clock().now_us() / 1'000'000);
  if (left) return outcome.exit;
  const int trouble = report(program, left.error());
  return outcome.exit == kExitOk ? trouble : outcome.exit;
}

}  // namespace varve::tools
