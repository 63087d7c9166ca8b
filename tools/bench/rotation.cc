// Key after key while events arrive: what a rotation costs those who append. The same load is
// measured by turns with nothing beside it, with an operator's program that only looks at the keys,
// and with rotations: the second shows what that program costs on the machine's two cores, the
// third what the rotation does to the log.
#include <chrono>
#include <cstdio>
#include <functional>
#include <thread>

#include "ledger/format/checkpoint.h"
#include "tools/bench/appends.h"
#include "tools/bench/load.h"
#include "tools/bench/requests.h"
#include "tools/bench/scenarios.h"
#include "tools/client/http.h"

namespace varve::bench {
namespace {

constexpr unsigned kTurns = 2;                        // of each
constexpr std::chrono::milliseconds kStepEvery{250};  // two keys sign a third of the time
constexpr double kWarmUpOnce = 1;                     // s

/// varve-keys, step after step, on a thread of its own.
class Operator {
 public:
  explicit Operator(const Site& site) : site_(site) {}

  void begin_to_rotate() {
    begin([this](unsigned step) { return rotate(step); });
  }
  void begin_to_look() {
    begin([this](unsigned) { return keys({{"list"}, site_.token_words()}); });
  }
  /// Once the rotation under way is finished. Errors: kIo  a step failed.
  Result<void> end() {
    thread_.request_stop();
    thread_.join();
    return outcome_;
  }
  [[nodiscard]] unsigned rotations() const { return count_; }

 private:
  /// Every rotation is three steps.
  void begin(std::function<Result<void>(unsigned)> act) {
    thread_ = std::jthread([this, act = std::move(act)](const std::stop_token& stop) {
      for (unsigned step = 0; outcome_ && !(stop.stop_requested() && step % 3 == 0); ++step) {
        const auto next = std::chrono::steady_clock::now() + kStepEvery;
        outcome_ = act(step % 3);
        std::this_thread::sleep_until(next);
      }
    });
  }
  /// Plan: the next key is made and the event signed. Overlap: it is sent, both keys sign. Finish:
  /// the key before leaves.
  Result<void> rotate(unsigned step) {
    const std::string now = "pkcs11:object=" + name(count_);
    const std::string next = "pkcs11:object=" + name(count_ + 1);
    const std::string event = site_.operators_path("event-" + name(count_));
    const Words token = site_.token_words();
    const Words server = site_.server_words();
    const Words origin{"--origin", kOrigin};
    if (step == 0)
      return keys(
          {{"rotate", "--key", now, "--label", name(count_ + 1), "--out", event}, token, origin});
    if (step == 1) return keys({{"send"}, server, {event}});
    const std::string leaving = name(count_++);
    return keys(
        {{"retire", "--key", now, "--signer", next, "--yes", leaving}, token, origin, server});
  }
  static std::string name(unsigned number) {
    return number == 0 ? "first" : "key-" + std::to_string(number);
  }
  /// With what time the server leaves: an operator works on another machine.
  [[nodiscard]] Result<void> keys(const std::vector<Words>& parts) const {
    Words words{"nice", "-n", "19", program("varve-keys")};
    for (const Words& part : parts) words.insert(words.end(), part.begin(), part.end());
    return run(words, site_.path("rotations.log"));
  }

  const Site& site_;
  unsigned count_ = 0;  // rotations that are finished
  Result<void> outcome_;
  std::jthread thread_;
};

/// Adds to `sum`.
Result<void> offer(const Site& site, const Scenario& scenario, double seconds, Measured& sum) {
  Requests events = Requests::events(scenario.event_bytes);
  Load load = offered_load(site, scenario, seconds);
  load.next = [&](unsigned c) { return events.next(c); };
  ASSIGN_OR_RETURN(const Measured more, run_load(load));
  sum.add(more);
  return {};
}

Result<std::uint64_t> tree_size(const Site& site) {
  ASSIGN_OR_RETURN(const client::Url url,
                   client::parse_url("http://127.0.0.1:" + std::to_string(site.port()) + kPath));
  ASSIGN_OR_RETURN(auto http, client::HttpClient::open(url, {}));
  ASSIGN_OR_RETURN(const auto response, http.get("/checkpoint"));
  ASSIGN_OR_RETURN(const auto note, format::parse_note(response.body));
  ASSIGN_OR_RETURN(const auto checkpoint, format::parse_checkpoint_text(note.text));
  return checkpoint.size.value;
}

}  // namespace

Result<void> run_rotation(const Scenario& scenario, const Extent& extent,
                          const Ceilings& /*ceilings*/) {
  ASSIGN_OR_RETURN(Site site, Site::make(scenario.token));
  RETURN_IF_ERROR(site.start());
  Measured warm;
  RETURN_IF_ERROR(offer(site, scenario, kWarmUpOnce, warm));
  ASSIGN_OR_RETURN(const std::uint64_t size_before, tree_size(site));
  Measured alone;
  Measured looking;
  Measured rotating;
  Operator beside(site);
  for (unsigned turn = 0; turn < kTurns; ++turn) {
    RETURN_IF_ERROR(offer(site, scenario, extent.seconds, alone));
    beside.begin_to_look();
    Result<void> offered = offer(site, scenario, extent.seconds, looking);
    RETURN_IF_ERROR(beside.end());
    RETURN_IF_ERROR(offered);
    beside.begin_to_rotate();
    offered = offer(site, scenario, extent.seconds, rotating);
    RETURN_IF_ERROR(beside.end());
    RETURN_IF_ERROR(offered);
  }
  ASSIGN_OR_RETURN(const std::uint64_t size_after, tree_size(site));
  print_offered("no-rotation", scenario, alone);
  print_offered("keys-listed", scenario, looking);
  print_offered("rotation", scenario, rotating);
  const auto ratio = [&](double q, Measured& to) { return rotating.quantile(q) / to.quantile(q); };
  std::printf(
      "  %u rotations; p50 %.2f and p99 %.2f times that without (target: %s), %.2f and %.2f"
      " times that beside as many lists of keys\n",
      beside.rotations(), ratio(0.5, alone), ratio(0.99, alone), scenario.target.data(),
      ratio(0.5, looking), ratio(0.99, looking));
  std::fflush(stdout);
  const std::uint64_t events = size_after - size_before - 2 * beside.rotations();
  if (events < alone.answered + looking.answered + rotating.answered)
    return corrupt("the log holds fewer events than were acknowledged");
  return site.stop();
}

}  // namespace varve::bench
