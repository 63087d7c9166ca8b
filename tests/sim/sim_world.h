// A world in one process and one thread: a log, its disk, clock and token, and the collectors that
// send to it. All of it follows from one seed. After every crash the world checks what was promised.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ledger/env/posix.h"
#include "ledger/log/sequencer.h"
#include "ledger/read/reader.h"
#include "ledger/recovery/recovery.h"
#include "tests/sim/sim_auditor.h"
#include "tests/sim/sim_filesystem.h"
#include "tests/sim/sim_reader.h"

namespace varve::sim {

/// The host's clock can be set to anything. The steady one cannot; it begins anew when the machine does.
class SimClock final : public env::Clock {
 public:
  [[nodiscard]] std::uint64_t now_us() const override { return host_us_; }
  [[nodiscard]] std::uint64_t steady_ms() const override { return (ran_us_ - booted_us_) / 1'000; }
  void advance_us(std::uint64_t by) {
    ran_us_ += by;
    host_us_ += by;
  }
  void boot() { booted_us_ = ran_us_; }
  void set_host_us(std::uint64_t us) { host_us_ = us; }
  void set_host_right() { host_us_ = kBegin + ran_us_; }
  /// How long the machine has run.
  [[nodiscard]] std::uint64_t ran_us() const { return ran_us_; }

 private:
  static constexpr std::uint64_t kBegin = 1'790'000'000'000'000;  // September 2026
  std::uint64_t ran_us_ = 0;
  std::uint64_t booted_us_ = 0;
  std::uint64_t host_us_ = kBegin;
};

/// Signs, refuses, or signs and loses the reply. Remembers every root it ever signed.
class SimToken final : public env::Signer, public env::KeyVault {
 public:
  explicit SimToken(Dice& dice);
  Result<Buffer> sign(Bytes public_key, Bytes message) override;
  Result<Buffer> wrap(std::string_view label, Bytes data_key) override;
  Result<env::SecretBytes> unwrap(std::string_view label, Bytes wrapped) override;

  format::VerifierKey key;
  std::uint64_t fail_one_in = 0;
  std::vector<format::Checkpoint> signed_roots;
  std::function<void()> between = [] {};  // before and after each signature: others get their turn

 private:
  Dice& dice_;
  env::SecretBytes secret_;
};

/// The token's thread: it may sign at once or late, and report it later still, or never when the
/// process dies first.
class SimSide final : public log::BackgroundTask {
 public:
  explicit SimSide(Dice& dice) : dice_(dice) {}
  void start(std::function<void()> job) override;
  [[nodiscard]] bool ended() override;
  void wait() override;

 private:
  Dice& dice_;
  std::function<void()> job_;  // empty: none, or it ended
  bool told_ = true;
};

/// A high-water mark that nothing befalls, moved as soon as there is something new: the strictest.
class SimMarks final : public env::HighWaterMark {
 public:
  [[nodiscard]] Result<std::vector<env::Mark>> read() const override { return kept_; }
  Result<void> write(const env::Mark& mark) override {
    kept_ = {mark};
    return {};
  }

 private:
  std::vector<env::Mark> kept_;
};

/// A collector: seals batches into a chain, sends each until it is acknowledged, repeats itself,
/// and now and then lets one overtake another.
class SimCollector {
 public:
  SimCollector(std::string name, std::string origin, Dice& dice);
  [[nodiscard]] std::string register_note() const;
  void seal_another(std::uint64_t events);

  struct Batch {
    Buffer bytes;
    std::vector<Hash> leaves;
    std::optional<Appended> receipt;
  };
  [[nodiscard]] SentChain chain() const;

  bool registered = false;
  std::optional<LeafIndex> registered_at;  // unless the acknowledgement was lost
  std::vector<Batch> batches;

 private:
  Buffer sign(Bytes message) const;
  std::string origin_;
  Dice& dice_;
  format::VerifierKey key_;
  env::SecretBytes secret_;
  SourceId id_;
  std::uint64_t next_event_ = 0;
  Hash last_seal_;
};

class World {
 public:
  explicit World(std::uint64_t seed);
  ~World();

  /// A few lifetimes of the server, each ended by a crash, a fault or a clean stop.
  /// Returns what was broken, or nothing.
  std::optional<std::string> run();
  /// After run(): bits rot in one file at a time of the store at rest. Then it is refused, or nothing
  /// wrong is served from it and nothing acknowledged is missed. Returns what was broken.
  std::optional<std::string> rot(unsigned times);
  /// SHA-256 over every file at the end: the same seed gives the same bytes.
  [[nodiscard]] Hash digest() const;

 private:
  struct Running {  // what lives as long as the process: gone after a crash
    Running(const LogOptions& options, const Environment& environment,
            recovery::Recovered recovered, Dice& dice, const SimFilesystem& disk,
            std::vector<SourceId> sources);
    std::unique_ptr<state::Storage> storage;
    read::Reader reader;
    SimReader onlooker;
    SimSide side;
    log::Sequencer sequencer;
  };
  struct Request {
    std::string body;
    std::string key;
    std::optional<Appended> receipt;
    format::Sender sender;
  };

  void life();
  void start();
  void run_with(recovery::Recovered recovered);
  void step();
  void set_clock();
  void move_mark();
  void look();
  void compare_what_was_seen();
  void send_batches(SimCollector& collector, std::vector<log::Item>& items);
  void send_request(std::vector<log::Item>& items);
  log::Item request_item(std::size_t number);
  log::Item report_item();
  void verify_reports();
  void verify_promises();
  void verify_batch(const SimCollector::Batch& batch);
  void verify_signed_roots();
  void verify_by_auditor();
  void verify_rebuilt();
  void broken(const std::string& what);
  std::string flip_bits();
  void flip_in_lmdb(std::uint64_t bits);
  void judge(const std::string& rotten);
  void expect_look_ups(bool rotten);
  void expect_truth();
  void expect_truth_about(const SimCollector::Batch& batch, const format::SignedCheckpoint& newest);
  void expect_one_history();
  [[nodiscard]] bool scrubs_clean();
  [[nodiscard]] bool was_signed(const format::Checkpoint& checkpoint) const;

  Dice dice_;
  Dice clock_dice_;  // of their own: what else happens is the same whatever the clocks say
  SimRandom random_;
  SimClock clock_;
  SimToken token_;
  SimMarks marks_;
  std::string directory_;
  std::unique_ptr<env::Filesystem> real_;
  SimFilesystem disk_;
  LogOptions options_;
  Environment environment_;
  SimAuditor auditor_;
  std::vector<std::unique_ptr<SimCollector>> collectors_;
  std::vector<Request> requests_;
  std::vector<std::pair<std::string, Appended>> reports_;  // that were acknowledged
  std::unique_ptr<Running> running_;
  bool rotten_ = false;  // then a reader may see what is wrong, as long as it is not proven to it
  std::optional<std::string> broken_;
};

}  // namespace varve::sim
