// A log under a clock that a test moves.
#include "months.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <future>

#include "ledger/env/posix.h"
#include "ledger/ledger.h"

namespace varve::system {
namespace {

/// A machine's clocks. Months end while a log runs: a log's own clock counts the time that it ran.
class SetClock final : public env::Clock {
 public:
  explicit SetClock(std::uint64_t now_us) : now_us_(now_us) {}
  [[nodiscard]] std::uint64_t now_us() const override { return now_us_; }
  [[nodiscard]] std::uint64_t steady_ms() const override {
    return env::posix_clock().steady_ms() + ran_us_ / 1'000;
  }
  /// The machine runs until then. Requires a time that is not over.
  void run_until(std::uint64_t then_us) {
    CHECK(then_us >= now_us_);
    ran_us_ += then_us - now_us_;
    now_us_ = then_us;
  }

 private:
  std::atomic<std::uint64_t> now_us_;
  std::atomic<std::uint64_t> ran_us_ = 0;
};

/// Appends one request.
void append_events(Log& log, std::size_t count) {
  EventRequest request;
  request.sender = {format::SenderKind::kClient, "tester"};
  request.body = to_buffer(bytes_of("{\"patient\":1}"));
  for (std::size_t i = 0; i < count; ++i)
    request.events.push_back({"application/json", request.body, 7});
  std::promise<Result<Appended>> done;
  auto future = done.get_future();
  log.append(std::move(request), [&](Result<Appended> appended) { done.set_value(appended); });
  ASSERT_TRUE(future.get());
}

}  // namespace

std::unique_ptr<hsm::Token> open_token(const Installation& varve) {
  CHECK(env::initialize().has_value());
  ::setenv("SOFTHSM2_CONF", varve.path("softhsm2.conf").c_str(), 1);
  auto token = hsm::Token::open({kSoftHsm, "pkcs11:token=system",
                                 *env::SecretBytes::copy_of(bytes_of(varve.pin())), kPatienceMs});
  CHECK(token.has_value());
  return std::move(*token);
}

void write_segments(const Installation& varve, const std::string& log_name,
                    const std::vector<std::uint64_t>& times, std::size_t events) {
  const auto token = open_token(varve);
  const std::string directory = varve.path("data/" + log_name);
  std::filesystem::create_directory(directory);
  const auto files = env::open_posix(directory);
  SetClock clock(times.front());
  LogOptions options;
  options.origin = kOrigin;
  options.first_key = *format::parse_vkey(varve.vkey());
  options.kek_prefix = "varve/" + log_name;
  options.reserve_bytes = 0;
  options.first_policy.period = format::kPeriodMinDays;
  for (const std::uint64_t time : times) {
    auto log =
        Log::open(options, {clock, env::system_random(), **files, *token, *token, nullptr, {}});
    ASSERT_TRUE(log) << log.error().message;
    clock.run_until(time);
    append_events(**log, events);
  }
}

void write_three_months(const Installation& varve, const std::string& log_name) {
  write_segments(varve, log_name, {kJanuary, kFebruary, kMarch}, 5);
}

}  // namespace varve::system
