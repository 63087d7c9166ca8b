// Key after key while events arrive: what a rotation costs those who append. The same load is
// measured with and without, in turn, so that whatever else the machine does meets both.
#include <chrono>
#include <cstdio>
#include <thread>

#include "ledger/format/checkpoint.h"
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
class Rotations {
 public:
  explicit Rotations(const Site& site) : site_(site) {}

  void begin() {
    thread_ = std::jthread([this](const std::stop_token& stop) {
      for (unsigned step = 0; outcome_ && !(stop.stop_requested() && step % 3 == 0); ++step) {
        const auto next = std::chrono::steady_clock::now() + kStepEvery;
        outcome_ = do_step(step % 3);
        std::this_thread::sleep_until(next);
      }
    });
  }
  /// Once the rotation under way is finished. Errors: kIo  a step failed.
  Result<void> end() {
    thread_.request_stop();
    thread_.join();
    return outcome_;
  }
  [[nodiscard]] unsigned count() const { return count_; }

 private:
  /// Plan: the next key is made and the event signed. Overlap: it is sent, both keys sign. Finish:
  /// the key before leaves.
  Result<void> do_step(unsigned step) {
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
    return keys({{"retire", "--key", now, "--signer", next, "--yes", leaving}, token, origin, server});
  }
  static std::string name(unsigned number) {
    return number == 0 ? "first" : "key-" + std::to_string(number);
  }
  [[nodiscard]] Result<void> keys(const std::vector<Words>& parts) const {
    Words words{program("varve-keys")};
    for (const Words& part : parts) words.insert(words.end(), part.begin(), part.end());
    return run(words, site_.path("rotations.log"));
  }

  const Site& site_;
  unsigned count_ = 0;  // rotations that are finished
  Result<void> outcome_;
  std::jthread thread_;
};

Result<Measured> offer(const Site& site, const Scenario& scenario, double seconds) {
  Requests events = Requests::events(scenario.event_bytes);
  Load load;
  load.port = site.port();
  load.connections = scenario.connections;
  load.rate = scenario.rate;
  load.seconds = seconds;
  load.warm_up_s = 0;
  load.next = [&](unsigned c) { return events.next(c); };
  return run_load(load);
}

void add(Measured& sum, Measured more) {
  sum.answered += more.answered;
  sum.refused += more.refused;
  sum.seconds += more.seconds;
  sum.ms.insert(sum.ms.end(), more.ms.begin(), more.ms.end());
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

void print_row(const char* name, const Scenario& scenario, Measured& measured) {
  const double events = static_cast<double>(measured.answered) / measured.seconds;
  std::printf("%-18s %9.0f %7.1f %8.2f %8.2f %8.2f\n", name, events,
              events * scenario.event_bytes / 1e6, measured.quantile(0.5), measured.quantile(0.99),
              measured.quantile(1));
}

}  // namespace

Result<void> run_rotation(const Scenario& scenario, const Extent& extent,
                          const Ceilings& /*ceilings*/) {
  ASSIGN_OR_RETURN(Site site, Site::make(scenario.token));
  RETURN_IF_ERROR(site.start());
  ASSIGN_OR_RETURN(Measured warm, offer(site, scenario, kWarmUpOnce));
  ASSIGN_OR_RETURN(const std::uint64_t size_before, tree_size(site));
  Measured without;
  Measured with;
  Rotations rotations(site);
  for (unsigned turn = 0; turn < kTurns; ++turn) {
    ASSIGN_OR_RETURN(Measured quiet, offer(site, scenario, extent.seconds));
    add(without, std::move(quiet));
    rotations.begin();
    auto rotated = offer(site, scenario, extent.seconds);
    RETURN_IF_ERROR(rotations.end());
    if (!rotated) return std::move(rotated).error();
    add(with, std::move(*rotated));
  }
  ASSIGN_OR_RETURN(const std::uint64_t size_after, tree_size(site));
  print_row("no-rotation", scenario, without);
  print_row("rotation", scenario, with);
  const std::uint64_t events = size_after - size_before - 2 * rotations.count();
  std::printf("  %u rotations; p50 %.2f and p99 %.2f times that without; target: %s\n",
              rotations.count(), with.quantile(0.5) / without.quantile(0.5),
              with.quantile(0.99) / without.quantile(0.99), scenario.target.data());
  if (without.refused + with.refused != 0)
    std::printf("  %llu were refused\n",
                static_cast<unsigned long long>(without.refused + with.refused));
  std::fflush(stdout);
  if (events < without.answered + with.answered)
    return corrupt("the log holds fewer events than were acknowledged");
  return site.stop();
}

}  // namespace varve::bench
