// One small question, asked again and again.
#include "tools/audit/own_reads.h"

#include <chrono>
#include <thread>

#include "ledger/format/json.h"
#include "tools/audit/ask.h"

namespace varve::audit {
namespace {

constexpr int kAsksMax = 100;
constexpr std::chrono::milliseconds kPause{100};

Result<std::uint64_t> own_reads_waiting(const RemoteLog& log) {
  auto answer = log.fetch("reads/waiting");
  if (!answer && answer.error().code == Code::kNotFound) return std::uint64_t{0};
  RETURN_IF_ERROR(answer);
  ASSIGN_OR_RETURN(const format::Json json, format::Json::parse(*answer));
  return json.number("waiting");
}

}  // namespace

Result<std::uint64_t> wait_for_own_reads(const Request& request) {
  ASSIGN_OR_RETURN(const RemoteLog log, open_remote(request));
  for (int asked = 1;; ++asked) {
    ASSIGN_OR_RETURN(const std::uint64_t waiting, own_reads_waiting(log));
    if (waiting == 0 || asked == kAsksMax) return waiting;
    std::this_thread::sleep_for(kPause);
  }
}

}  // namespace varve::audit
