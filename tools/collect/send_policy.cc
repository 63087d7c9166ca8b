// Answers and what they ask for. docs/ERRORS.md has the same table from the server's side.
#include "tools/collect/send_policy.h"

#include <algorithm>
#include <array>

#include "ledger/base/codec.h"
#include "tools/client/problem.h"

namespace varve::collect {
namespace {

constexpr std::uint64_t kFirstWaitMs = 200;
constexpr std::uint64_t kLongestWaitMs = 30'000;
constexpr std::uint64_t kRetryAfterMaxS = 3'600;

bool may_pass(int status) {
  return status == 408 || status == 429 || status >= 500;
}

}  // namespace

Verdict judge(const Result<client::HttpResponse>& answer) {
  Verdict verdict;
  if (!answer) {
    verdict.next = answer.error().code == Code::kBusy ? Next::kRetry : Next::kStop;
    verdict.error = answer.error();
    return verdict;
  }
  if (answer->status == 200 || answer->status == 201) {
    verdict.next = Next::kStored;
    return verdict;
  }
  if (answer->status / 100 == 2) {
    verdict.error = invalid("the log answered " + std::to_string(answer->status) +
                            " instead of a receipt: is the URL that of a log?");
    return verdict;
  }
  const client::Problem problem = client::problem_of(*answer);
  verdict.error = problem.error;
  if (answer->status == 409 && problem.expected_sequence) {
    verdict.next = Next::kResend;
    verdict.sequence = *problem.expected_sequence;
  } else if (may_pass(answer->status) || problem.error.code == Code::kBusy) {
    verdict.next = Next::kRetry;
    verdict.wait_at_least_ms = 1'000 * std::min(problem.retry_after_s.value_or(0), kRetryAfterMaxS);
  }
  return verdict;
}

std::uint64_t backoff_ms(std::uint32_t failures, std::uint64_t at_least_ms, env::Random& random) {
  const std::uint32_t doublings = std::min(failures > 0 ? failures - 1 : 0, 16u);
  const std::uint64_t longest = std::min(kFirstWaitMs << doublings, kLongestWaitMs);
  std::array<std::byte, 8> dice{};
  random.fill(dice);
  const std::uint64_t left_out = ByteReader(dice).u64() % (longest / 2 + 1);
  return std::max(longest - left_out, at_least_ms);
}

}  // namespace varve::collect
