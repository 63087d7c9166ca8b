// Every way that two batches can come, by one source that seals, by two, or by one and a client for which
// the log seals, not a sample: all orders of their arrivals and repetitions,
// all ways to group them into steps, a token that works or fails, at once or some steps later, a clock
// record in front of them or not, a month that ends in between, and one crash with a power failure at any
// call. The state machine is small enough that a mistake in it shows here.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <iostream>

#include "ledger/merkle/proof.h"
#include "tests/sim/sim_world.h"

namespace varve::sim {
namespace {

enum class TokenMood : std::uint8_t { kWorks, kFailsOnce, kFails };
/// Who sends the second batch: whoever sent the first, another source that seals, or a client, whose events
/// come under an idempotency key.
enum class Second : std::uint8_t { kSameSource, kOtherSource, kClient };

/// One way for things to happen.
struct Course {
  std::array<unsigned, 4> order{};  // which batch comes, 0 or 1; each comes twice
  unsigned cuts = 0;                // bit k: a step ends after arrival k
  Second second = Second::kOtherSource;
  TokenMood token = TokenMood::kWorks;
  unsigned lag = 0;            // so many looks find that the token has not answered yet
  unsigned days = 0;           // pass before the first one comes
  std::uint64_t crash_at = 0;  // a call, from the first arrival on; 0: none

  [[nodiscard]] std::string text() const {
    std::string out = "order ";
    for (const unsigned batch : order) out += std::to_string(batch);
    out += " cuts " + std::to_string(cuts);
    out += " second by " + std::to_string(static_cast<int>(second));
    out += " token " + std::to_string(static_cast<int>(token));
    out += " lag " + std::to_string(lag) + " days " + std::to_string(days);
    return out + " crash " + std::to_string(crash_at);
  }
};

/// A token's thread whose answer is seen after so many looks.
class LateSide final : public log::BackgroundTask {
 public:
  explicit LateSide(unsigned lag) : lag_(lag) {}
  void start(std::function<void()> job) override {
    job();
    looks_ = 0;
  }
  [[nodiscard]] bool ended() override { return looks_++ >= lag_; }
  void wait() override {}

 private:
  const unsigned lag_;
  unsigned looks_ = 0;
};

/// A log, its world and its two batches, for the length of one course.
class SmallWorld {
 public:
  SmallWorld(const std::string& directory, const Course& course)
      : course_(course),
        dice_(1 + course.crash_at),
        real_(*env::open_posix(directory)),
        disk_(dice_, *real_),
        environment_{clock_, random_, disk_, token_, token_, nullptr} {
    options_.origin = token_.key.name;
    options_.first_key = token_.key;
    options_.kek_prefix = "small";
    options_.reserve_bytes = 0;
    options_.sync_ahead_bytes = 1;
    options_.reorder_wait_ms = 0;
    for (const char* name : {"ward-1", "ward-2"})
      collectors_.emplace_back(name, options_.origin, dice_);
    collectors_[0].seal_another(2);
    if (course.second != Second::kClient)
      collectors_[course.second == Second::kSameSource ? 0 : 1].seal_another(1);
  }

  /// Returns what is wrong, or nothing. Sets whether the crash came.
  std::optional<std::string> run(bool& crashed) {
    if (!open() || !register_sources()) return "the log cannot be set up";
    clock_.advance_us(course_.days * format::kDayUs);
    if (course_.crash_at != 0) disk_.faults.crash_at_call = disk_.calls() + course_.crash_at;
    try {
      arrive();
      close();
    } catch (const Crash&) {
      crashed = true;
      sequencer_.reset();
      storage_.reset();
      disk_.lose_power();
    }
    if (!crashed && waiting_ != 0) return "someone was never answered";
    disk_.faults = {};
    token_.fail_one_in = 0;
    if (!open()) return "the log does not open again";
    verify();
    for (const unsigned number : {0u, 1u}) {
      std::vector<log::Item> again;
      again.push_back(item(number));
      step(std::move(again));
      let_it_sign();
    }
    if (!receipts_[0] || !receipts_[1]) return "a batch is not taken though nothing fails";
    verify();
    // The client's one event; the seal over it is the log's.
    const std::size_t of_second = is_clients(1) ? 1 : leaves(1).size();
    if (auditor_.sent() != leaves(0).size() + of_second) return "a batch is there twice";
    close();
    return wrong_;
  }

  /// A first start that dies at the course's call, and the next one. Returns what is wrong, or nothing.
  std::optional<std::string> is_made(bool power_fails, bool& crashed) {
    disk_.faults.crash_at_call = disk_.calls() + course_.crash_at;
    try {
      if (!open()) return "the log is not made";
    } catch (const Crash&) {
      crashed = true;
      sequencer_.reset();
      storage_.reset();
      if (power_fails) disk_.lose_power();
    }
    disk_.faults = {};
    if (crashed && !open()) return "the log is not made by the next start";
    verify();
    const std::uint64_t size = storage_->latest()->checkpoint.size.value;
    close();
    if (size != kRecordsOfANewLog) return "it begins with " + std::to_string(size) + " records";
    return wrong_;
  }

 private:
  inline static const format::Sender kClient{format::SenderKind::kClient, "ehr"};
  // Its key, its policy, a clock record, the month's secret and the seal over that.
  static constexpr std::uint64_t kRecordsOfANewLog = 5;

  bool open() {
    auto recovered = recovery::recover(options_, environment_);
    if (!recovered) return false;
    storage_ = std::move(recovered->storage);
    sequencer_ = std::make_unique<log::Sequencer>(options_, environment_, *storage_,
                                                  std::move(recovered->start), side_);
    return sequencer_->start().has_value();
  }
  void close() {
    sequencer_->finish();
    sequencer_.reset();
    storage_.reset();
  }

  bool register_sources() {
    std::vector<log::Item> items;
    unsigned done = 0;
    for (const SimCollector& collector : collectors_)
      items.push_back({log::ControlNote{format::Kind::kSourceEvent, collector.register_note()},
                       [&done](const Result<Appended>& outcome) { done += outcome ? 1u : 0u; },
                       0,
                       {},
                       {}});
    sequencer_->step(std::move(items));
    let_it_sign();
    return done == 2;
  }

  [[nodiscard]] bool is_clients(unsigned number) const {
    return number == 1 && course_.second == Second::kClient;
  }
  [[nodiscard]] const SimCollector::Batch& batch(unsigned number) const {
    return course_.second == Second::kSameSource ? collectors_[0].batches[number]
                                                 : collectors_[number].batches[0];
  }
  [[nodiscard]] const std::vector<Hash>& leaves(unsigned number) const {
    return batch(number).leaves;
  }

  [[nodiscard]] static EventRequest clients_event() {
    EventRequest request;
    request.sender = kClient;
    request.body = to_buffer(bytes_of("of a client"));
    request.events.push_back({"text/plain", request.body, 0});
    request.content = merkle::sha256(request.body);
    request.key = request.content;
    return request;
  }

  log::Item item(unsigned number) {
    log::Item item{{}, {}, 0, {}, {}};
    if (is_clients(number)) {
      item.what = clients_event();
    } else {
      auto decoded = format::decode_batch(batch(number).bytes);
      item.verified_by = sequencer_->newest_source(decoded->seal.source)->key->key;
      item.what = std::move(*decoded);
    }
    ++waiting_;
    item.done = [this, number, told = false](Result<Appended> done) mutable {
      if (told) wrong_ = "someone was answered twice";
      told = true;
      --waiting_;
      if (!done) return;
      const TreeSize end{done->first.value + done->count};
      if (storage_->latest()->checkpoint.size < end)
        wrong_ = "acknowledged before it was published";
      if (receipts_[number] && receipts_[number]->first != done->first) wrong_ = "taken twice";
      receipts_[number] = *done;
    };
    return item;
  }

  void step(std::vector<log::Item> items) {
    sequencer_->step(std::move(items));
    clock_.advance_us(1'000);
  }

  void let_it_sign() {
    while (sequencer_->is_signing()) step({});
  }

  void arrive() {
    std::vector<log::Item> items;
    token_.fail_one_in = course_.token == TokenMood::kWorks ? 0 : 1;
    for (unsigned k = 0; k < course_.order.size(); ++k) {
      items.push_back(item(course_.order[k]));
      const bool last = k + 1 == course_.order.size();
      if (!last && (course_.cuts >> k & 1) == 0) continue;
      step(std::exchange(items, {}));
      if (course_.token == TokenMood::kFailsOnce) token_.fail_one_in = 0;
    }
  }

  void verify_clients_event(LeafIndex at) {
    const auto records = read::Reader(*storage_).records(at, 1);
    if (!records && records.error().code == Code::kBusy) return;  // the token is needed, and fails
    const auto record = records ? format::decode_record(records->front()) : records.error();
    if (!record || text_of(record->payload) != "of a client" ||
        record->source != *format::source_id(format::source_name(kClient)))
      wrong_ = "an acknowledged event is not there, or of somebody else";
  }

  void verify() {
    const format::Checkpoint& now = storage_->latest()->checkpoint;
    for (const unsigned number : {0u, 1u}) {
      if (!receipts_[number]) continue;
      const LeafIndex first = receipts_[number]->first;
      if (is_clients(number)) {
        verify_clients_event(first);
        continue;
      }
      const auto proof =
          merkle::prove_range(first, leaves(number).size(), now.size, *storage_->hashes);
      if (!proof || !merkle::verify_range(leaves(number), first, now.size, *proof, now.root))
        wrong_ = "an acknowledged batch is not there";
    }
    for (const format::Checkpoint& root : token_.signed_roots) {
      const auto same = merkle::tree_root(root.size, *storage_->hashes);
      if (now.size < root.size || !same || *same != root.root)
        wrong_ = "two signed checkpoints are inconsistent";
    }
    read::Reader reader(*storage_);
    if (auto wrong = auditor_.audit(*storage_, reader, clock_.ran_us())) wrong_ = std::move(wrong);
  }

  const Course course_;
  Dice dice_;
  SimRandom random_{dice_};
  SimClock clock_;
  SimToken token_{dice_};
  LateSide side_{course_.lag};
  std::unique_ptr<env::Filesystem> real_;
  SimFilesystem disk_;
  LogOptions options_;
  Environment environment_;
  SimAuditor auditor_{token_.key, disk_};
  std::vector<SimCollector> collectors_;
  std::unique_ptr<state::Storage> storage_;
  std::unique_ptr<log::Sequencer> sequencer_;
  std::array<std::optional<Appended>, 2> receipts_;
  unsigned waiting_ = 0;
  std::optional<std::string> wrong_;
};

/// A directory in memory, where there is one, for the catalogue.
class Directory {
 public:
  Directory() {
    std::string pattern = std::filesystem::is_directory("/dev/shm") ? "/dev/shm/varve-small-XXXXXX"
                                                                    : "/tmp/varve-small-XXXXXX";
    CHECK(::mkdtemp(pattern.data()) != nullptr);
    path = pattern;
  }
  ~Directory() { std::filesystem::remove_all(path); }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;
  std::string path;
};

/// Runs the course with a crash at each of its calls, and without. Returns how many runs that was.
std::size_t run_with_every_crash(Course course) {
  std::size_t runs = 0;
  for (course.crash_at = 0;; ++course.crash_at) {
    const Directory directory;
    bool crashed = false;
    const auto wrong = SmallWorld(directory.path, course).run(crashed);
    EXPECT_FALSE(wrong) << *wrong << ": " << course.text();
    ++runs;
    if (wrong || (course.crash_at != 0 && !crashed)) return runs;  // there is no such call any more
  }
}

/// What begins the first frame: no clock record, a day's, or one that begins a month and with it a segment.
/// Dealt out so that each of them comes with each way to group and to be late; what costs most, less often.
constexpr std::array kDays{0u, 0u, 1u, 0u, 31u};

TEST(NewLog, IsMadeWholeWhereverItsFirstStartIsKilled) {
  for (const bool power_fails : {false, true}) {
    Course course;
    for (bool crashed = true; crashed && !HasFailure();) {
      ++course.crash_at;
      const Directory directory;
      crashed = false;
      const auto wrong = SmallWorld(directory.path, course).is_made(power_fails, crashed);
      EXPECT_FALSE(wrong) << *wrong << ": " << course.text() << (power_fails ? " with power" : "");
    }
    EXPECT_GT(course.crash_at, 10u) << "there are more calls than that";
  }
}

class SmallScope : public testing::TestWithParam<TokenMood> {};

TEST_P(SmallScope, EveryCourseOfTwoBatchesKeepsWhatWasPromised) {
  std::array<unsigned, 4> order{0, 0, 1, 1};
  std::size_t runs = 0;
  std::size_t courses = 0;
  do {
    for (unsigned cuts = 0; cuts < 8; ++cuts)
      for (const Second second : {Second::kSameSource, Second::kOtherSource, Second::kClient})
        for (const unsigned lag : {0u, 1u, 2u, 3u}) {
          if (second == Second::kClient && lag % 2 == 0) continue;  // half of them, for the time
          const unsigned days = kDays[courses++ % kDays.size()];
          runs += run_with_every_crash({order, cuts, second, GetParam(), lag, days, 0});
          if (HasFailure()) return;
        }
  } while (std::ranges::next_permutation(order).found);
  std::cout << runs << " runs\n";
}

INSTANTIATE_TEST_SUITE_P(Token, SmallScope,
                         testing::Values(TokenMood::kWorks, TokenMood::kFailsOnce,
                                         TokenMood::kFails));

}  // namespace
}  // namespace varve::sim
