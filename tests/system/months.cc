// A log under a clock that a test moves.
#include "months.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <future>
#include <utility>

#include "ledger/env/posix.h"
#include "ledger/format/disposal.h"
#include "ledger/ledger.h"
#include "ledger/merkle/checked.h"
#include "ledger/rules/disposal_plan.h"
#include "tests/log/world.h"

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

void append_control(Log& log, format::Kind kind, const std::string& payload) {
  std::promise<Result<Appended>> done;
  auto future = done.get_future();
  log.append_control(kind, payload, [&](Result<Appended> appended) { done.set_value(appended); });
  const auto appended = future.get();
  ASSERT_TRUE(appended) << appended.error().message;
}

const testing::SoftKey& ann() {
  static const testing::SoftKey key("ann");
  return key;
}
const testing::SoftKey& bob() {
  static const testing::SoftKey key("bob");
  return key;
}

void name_approvers(const Installation& varve, Log& log) {
  format::KeyEvent event{
      format::KeyAction::kApprovers, kOrigin, *format::parse_vkey(varve.vkey()), {}, {}};
  event.approvals = 2;
  event.approvers = {ann().key, bob().key};
  const std::string text = format::key_event_text(event);
  const auto by_log = open_token(varve)->sign(event.key.key, bytes_of(text));
  ASSERT_TRUE(by_log) << by_log.error().message;
  append_control(log, format::Kind::kKeyEvent,
                 format::format_note({text,
                                      {{event.key.name, event.key.id, *by_log},
                                       ann().note_signature(text),
                                       bob().note_signature(text)}}));
}

/// A log below `data`, opened as varved would but for its clock, and for what destroys keys.
class OldStore {
 public:
  OldStore(const Installation& varve, const std::string& log_name)
      : token_(open_token(varve)), files_(*env::open_posix(varve.path("data/" + log_name))) {
    options_.origin = kOrigin;
    options_.first_key = *format::parse_vkey(varve.vkey());
    options_.kek_prefix = "varve/" + log_name;
    options_.reserve_bytes = 0;
    options_.first_policy.period = format::kPeriodMinDays;
  }
  [[nodiscard]] std::unique_ptr<Log> open(SetClock& clock) const {
    auto log = Log::open(options_, {clock, env::system_random(), *files_, *token_, *token_});
    CHECK(log.has_value());
    return std::move(*log);
  }

 private:
  const std::unique_ptr<hsm::Token> token_;
  const std::unique_ptr<env::Filesystem> files_;
  LogOptions options_;
};

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
  std::filesystem::create_directory(varve.path("data/" + log_name));
  const OldStore store(varve, log_name);
  SetClock clock(times.front());
  bool is_new = true;
  for (const std::uint64_t time : times) {
    const auto log = store.open(clock);
    if (std::exchange(is_new, false)) name_approvers(varve, *log);
    clock.run_until(time);
    append_events(*log, events);
  }
}

void let_go(const Installation& varve, const std::string& log_name, std::uint64_t now_us) {
  const OldStore store(varve, log_name);
  SetClock clock(now_us);
  const auto log = store.open(clock);
  const auto noticed = log->view().retention;
  const format::Notice notice{kOrigin, noticed->policy_place()->leaf,
                              rules::months_to_notice(*noticed)};
  ASSERT_FALSE(notice.months.empty());
  append_control(*log, format::Kind::kNotice, format::notice_text(notice, format::Mode::kLocked));
  clock.run_until(now_us + 8 * format::kDayUs);
  const LedgerView view = log->view();
  const merkle::SignedTree tree{view.newest->checkpoint.size, view.newest->checkpoint.root};
  const auto root = merkle::checked_root(size_before(notice.months.back().end), tree, *log);
  ASSERT_TRUE(root);
  const std::string text = format::disposal_text(
      {kOrigin, notice.policy, view.retention->notices().back().place.leaf, notice.months, *root},
      format::Mode::kLocked);
  append_control(
      *log, format::Kind::kDisposal,
      format::format_note({text, {ann().note_signature(text), bob().note_signature(text)}}));
}

void write_three_months(const Installation& varve, const std::string& log_name) {
  write_segments(varve, log_name, {kJanuary, kFebruary, kMarch}, 5);
}

}  // namespace varve::system
