// A server's disposer on a simulated disk, one life after the other, with a token that may be away or die.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "ledger/log/sequencer.h"
#include "ledger/merkle/tree.h"
#include "ledger/recovery/recovery.h"
#include "ledger/state/remains_check.h"
#include "ledger/store/data_keys.h"
#include "ledger/store/month_keys.h"
#include "ledger/store/remains.h"
#include "ledger/store/segment_files.h"
#include "ledger/upkeep/disposer.h"
#include "soft_custody.h"
#include "tests/log/disposing.h"

namespace varve::upkeep {

using testing::SoftCustody;

/// The token of the log, which is the one that loses the key.
class CustodyVault final : public env::KeyVault {
 public:
  explicit CustodyVault(SoftCustody& custody) : custody_(custody) {}
  Result<Buffer> wrap(std::string_view label, Bytes data_key) override {
    custody_.labels.insert(std::string(label));
    return vault_.wrap(label, data_key);
  }
  Result<env::SecretBytes> unwrap(std::string_view label, Bytes wrapped) override {
    return custody_.unwrap(label, wrapped);
  }

 private:
  SoftCustody& custody_;
  testing::SoftVault vault_;
};

/// A token's thread that answers before anybody looks.
class AtOnce final : public log::BackgroundTask {
 public:
  void start(std::function<void()> job) override { job(); }
  [[nodiscard]] bool ended() override { return true; }
  void wait() override {}
};

/// A server's one life on the simulated disk. What it is asked it does on the caller's thread.
class Life {
 public:
  Life(const LogOptions& options, const Environment& environment)
      : options_(options), environment_(environment) {
    auto recovered = recovery::recover(options_, environment_);
    if (!recovered) {
      ADD_FAILURE() << "the log does not open: " << recovered.error().message;
      return;
    }
    storage_ = std::move(recovered->storage);
    sequencer_ = std::make_unique<log::Sequencer>(options_, environment_, *storage_,
                                                  std::move(recovered->start), side_);
    EXPECT_TRUE(sequencer_->start());
    disposer_ = std::make_unique<Disposer>(
        options_, environment_, *storage_,
        [this](const std::set<std::uint64_t>& ordinals) {
          forgotten_.insert(ordinals.begin(), ordinals.end());
          if (!ordinals.empty()) std::exchange(when_forgotten, [] {})();
        },
        [this](format::Kind kind, std::string text, AppendDone done) {
          append(kind, std::move(text), std::move(done));
        });
  }

  void begin() {
    ASSERT_TRUE(disposer_);
    ASSERT_TRUE(disposer_->forget_what_remains());
  }
  void look() { disposer_->look(); }
  void dispose() {
    begin();
    if (disposer_) look();
  }
  /// That goes: the log's first.
  [[nodiscard]] rules::Month month() const { return storage_->view().retention->months().front(); }
  /// Whether an event goes in. Where it does not, whoever sent it is told why.
  bool takes_an_append() {
    EventRequest request;
    request.sender = {format::SenderKind::kClient, "tester"};
    request.body = to_buffer(bytes_of("an event"));
    request.events.push_back({"text/plain", Bytes{request.body}, 0});
    request.content = merkle::sha256(request.body);
    bool answered = false;
    Result<void> taken;
    std::vector<log::Item> items;
    items.push_back({std::move(request),
                     [&](const Result<Appended>& outcome) {
                       answered = true;
                       if (!outcome) taken = outcome.error();
                     },
                     0,
                     {},
                     {}});
    step(std::move(items), answered);
    EXPECT_TRUE(taken || !taken.error().message.empty());
    return taken.has_value();
  }
  /// Nothing that was read by a key is left in memory.
  [[nodiscard]] bool has_forgotten(const std::vector<store::SegmentHeader>& segments) const {
    return std::ranges::all_of(
        segments, [this](const auto& header) { return forgotten_.contains(header.ordinal); });
  }
  std::vector<std::string> said;                 // in this life
  std::function<void()> when_forgotten = [] {};  // remains were proved, and no key has gone
  bool dies_before_it_says = false;

 private:
  void append(format::Kind kind, std::string text, AppendDone done) {
    EXPECT_FALSE(forgotten_.empty()) << "keys are in memory while the log calls them gone";
    if (dies_before_it_says) throw sim::Crash{};
    said.push_back(text);
    std::vector<log::Item> items;
    bool answered = false;
    items.push_back({log::ControlNote{kind, std::move(text)},
                     [&answered, done = std::move(done)](Result<Appended> outcome) {
                       answered = true;
                       done(std::move(outcome));
                     },
                     0,
                     {},
                     {}});
    step(std::move(items), answered);
  }
  void step(std::vector<log::Item> items, const bool& answered) {
    sequencer_->step(std::move(items));
    for (int k = 0; !answered && k < 10; ++k) sequencer_->step({});
    ASSERT_TRUE(answered);
  }

  const LogOptions& options_;
  const Environment environment_;
  AtOnce side_;
  std::unique_ptr<state::Storage> storage_;
  std::unique_ptr<log::Sequencer> sequencer_;
  std::set<std::uint64_t> forgotten_;
  std::unique_ptr<Disposer> disposer_;
};

/// A log with a disposal that nobody carried out yet.
class DisposerTest : public testing::Disposing {
 protected:
  void SetUp() override {
    Disposing::SetUp();
    world_.holders.clear();
    ASSERT_TRUE(world_.reopen());
    dispose_of_january();
    take_image();
    ASSERT_GE(segments_.size(), 2U);
    for (const char* month : {"01", "02", "03", "04"})
      all_.insert(std::string("varve/test/2026-") + month);
  }

  /// Of a log whose first month is to go. Closes it.
  void take_image() {
    const auto log = world_.log->view().retention;
    const rules::Month& month = log->months().front();
    key_ = "varve/test/" + key_period_name(log->key_period(month.month));
    by_ = state::disposed_of(*log, month.month);
    ASSERT_TRUE(by_);
    world_.log.reset();
    for (const auto& entry : std::filesystem::recursive_directory_iterator(world_.directory)) {
      const std::filesystem::path path = std::filesystem::relative(entry.path(), world_.directory);
      if (!entry.is_regular_file() || *path.begin() == "catalogue") continue;
      image_[path.string()] = to_buffer(bytes_of(testing::bytes_in(entry.path())));
    }
    std::filesystem::copy(world_.directory + "/catalogue", world_.directory + "/catalogue.kept");
    segments_ = *store::segments_of_month(*world_.files, by_->period.number);
  }

  void put_back() {
    disk_.put_back(image_);
    std::filesystem::remove_all(world_.directory + "/catalogue");
    std::filesystem::copy(world_.directory + "/catalogue.kept", world_.directory + "/catalogue");
  }
  [[nodiscard]] Environment environment(SoftCustody& custody, CustodyVault& vault) {
    return {clock_,        env::system_random(),
            disk_,         world_.signer,
            vault,         nullptr,
            world_.notice, {{"pkcs11:token=one", &custody}}};
  }
  /// The same with a second token, which is away.
  [[nodiscard]] Environment environment(SoftCustody& one, CustodyVault& vault, SoftCustody& two) {
    two.away = true;
    Environment both = environment(one, vault);
    both.holders.push_back({"pkcs11:token=two", &two});
    return both;
  }
  /// Whether the process died.
  bool dies(SoftCustody& custody) {
    CustodyVault vault(custody);
    try {
      Life(world_.options, environment(custody, vault)).dispose();
      return false;
    } catch (const sim::Crash&) {
      return true;
    }
  }
  /// What is true at every moment, as the next process finds it.
  void expect_nothing_lost(const SoftCustody& custody, bool may_keep_the_key = false) {
    const bool has_key = custody.labels.contains(key_);
    for (const store::SegmentHeader& header : segments_) {
      const auto has_file = store::has_segment_file(disk_, header.ordinal);
      ASSERT_TRUE(has_file);
      const auto remains = store::read_remains(disk_, header);
      if (!has_key || !*has_file) {
        ASSERT_TRUE(remains) << remains.error().message;
        EXPECT_TRUE(remains->file);
      }
      if (!*has_file && !may_keep_the_key) {
        EXPECT_FALSE(has_key) << "a file went before the key";
      }
    }
  }
  void expect_it_goes_on(SoftCustody& custody, bool may_keep_the_key = false) {
    expect_nothing_lost(custody, may_keep_the_key);
    CustodyVault vault(custody);
    {
      Life life(world_.options, environment(custody, vault));
      life.dispose();
      EXPECT_TRUE(life.month().is_finished);
      EXPECT_TRUE(life.said.size() <= 1) << "one record says it";
      EXPECT_TRUE(life.has_forgotten(segments_));
    }
    EXPECT_FALSE(custody.labels.contains(key_));
    for (const store::SegmentHeader& header : segments_)
      EXPECT_FALSE(*store::has_segment_file(disk_, header.ordinal));
    expect_nothing_lost(custody);
    const auto report = audit_files(
        world_.options, environment(custody, vault), [](std::uint64_t, std::uint64_t) {}, 1);
    ASSERT_TRUE(report) << report.error().message;
    for (const auto& finding : report->findings)
      ADD_FAILURE() << finding.where << ": " << finding.what;
  }

  void is_killed_at_any_call_on_a_file() {
    std::uint64_t calls = 0;
    for (bool died = true; died && !HasFailure();) {
      ++calls;
      for (const bool power_fails : {false, true}) {
        SCOPED_TRACE(std::to_string(calls) + (power_fails ? " with the power" : ""));
        SoftCustody custody{all_};
        put_back();
        disk_.faults.crash_at_call = disk_.calls() + calls;
        died = dies(custody);
        disk_.faults = {};
        if (died && power_fails) disk_.lose_power();
        expect_it_goes_on(custody);
      }
    }
    EXPECT_GE(calls, 6 * segments_.size()) << "written, synced, named, removed for each segment";
  }
  void is_killed_in_any_call_of_the_token() {
    for (const bool when_done : {false, true}) {
      std::uint64_t calls = 0;
      for (bool died = true; died && !HasFailure();) {
        ++calls;
        SCOPED_TRACE(std::to_string(calls) + (when_done ? " done" : ""));
        SoftCustody custody{all_};
        put_back();
        custody.dies_at_call = calls;
        custody.dies_when_it_is_done = when_done;
        died = dies(custody);
        custody.dies_at_call = 0;
        expect_it_goes_on(custody);
      }
      EXPECT_GT(calls, 3U);
    }
  }

  /// Good remains, of which somebody changed those of the first segment.
  void plant(const std::function<void(store::Remains&)>& change) {
    put_back();
    testing::SoftVault vault;
    for (const store::SegmentHeader& header : segments_) {
      const auto key = store::unwrap_data_key(disk_, vault, header);
      ASSERT_TRUE(key) << key.error().message;
      ASSERT_TRUE(store::write_remains(disk_, header, *key, by_->destroyed_us, by_->disposal));
    }
    auto remains = store::read_remains(disk_, segments_.front());
    ASSERT_TRUE(remains);
    change(*remains);
    ASSERT_TRUE(store::keep(disk_, *remains));
  }
  static bool is_a_seal(Bytes record) {
    return format::row_of(format::decode_record(record)->kind).meaning == format::Meaning::kSeal;
  }
  /// The first entry of remains that is a hash, or a record of such a kind.
  static Buffer& entry_of(store::Remains& remains, bool is_hash, bool is_seal = false) {
    for (Buffer& entry : remains.entries) {
      if ((entry.size() == kHashSize) != is_hash) continue;
      if (is_hash || is_a_seal(entry) == is_seal) return entry;
    }
    ADD_FAILURE() << "no such entry";
    return remains.entries.front();
  }
  /// One bit of the disk.
  void flip(const std::string& path) {
    sim::Inode& file = *disk_.files().at(path);
    file.now.back() ^= std::byte{1};
    file.durable = file.now;
  }
  void expect_all_kept(const SoftCustody& custody) {
    EXPECT_TRUE(custody.labels.contains(key_));
    for (const store::SegmentHeader& header : segments_)
      EXPECT_TRUE(*store::has_segment_file(disk_, header.ordinal));
  }
  /// What a disposal does whose key the token says is another one: only remains are left.
  std::vector<std::string> dispose_by_remains(SoftCustody& custody) {
    custody.other_key = key_;
    CustodyVault vault(custody);
    Life life(world_.options, environment(custody, vault));
    forget_what_was_told();
    life.dispose();
    custody.other_key.clear();
    return life.said;
  }

  std::string key_;                      // of the month that goes
  std::optional<state::DisposedOf> by_;  // of that month
  sim::Dice dice_{4'712};
  sim::SimFilesystem disk_{dice_, *world_.files};
  sim::SimFilesystem::Image image_;
  std::vector<store::SegmentHeader> segments_;
  std::set<std::string> all_;
};

}  // namespace varve::upkeep
