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

using testing::kFirstMonth;
using testing::kJanuaryKey;
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

  void dispose() {
    ASSERT_TRUE(disposer_);
    ASSERT_TRUE(disposer_->forget_what_remains());
    disposer_->look();
  }
  [[nodiscard]] rules::Month january() const {
    return *storage_->view().retention->find_month(kFirstMonth);
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
    by_ = state::disposed_of(*world_.log->view().retention, kFirstMonth);
    ASSERT_TRUE(by_);
    world_.log.reset();
    for (const auto& entry : std::filesystem::recursive_directory_iterator(world_.directory)) {
      const std::filesystem::path path = std::filesystem::relative(entry.path(), world_.directory);
      if (!entry.is_regular_file() || *path.begin() == "catalogue") continue;
      image_[path.string()] = to_buffer(bytes_of(testing::bytes_in(entry.path())));
    }
    std::filesystem::copy(world_.directory + "/catalogue", world_.directory + "/catalogue.kept");
    segments_ = *store::segments_of_month(*world_.files, kFirstMonth);
    ASSERT_GE(segments_.size(), 2U);
    for (const char* month : {"01", "02", "03", "04"})
      all_.insert(std::string("varve/test/2026-") + month);
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
  void expect_nothing_lost(const SoftCustody& custody) {
    const bool has_key = custody.labels.contains(kJanuaryKey);
    for (const store::SegmentHeader& header : segments_) {
      const auto has_file = store::has_segment_file(disk_, header.ordinal);
      ASSERT_TRUE(has_file);
      const auto remains = store::read_remains(disk_, header);
      if (!has_key || !*has_file) {
        ASSERT_TRUE(remains) << remains.error().message;
        EXPECT_TRUE(remains->file);
      }
      if (!*has_file) {
        EXPECT_FALSE(has_key) << "a file went before the key";
      }
    }
  }
  void expect_it_goes_on(SoftCustody& custody) {
    expect_nothing_lost(custody);
    CustodyVault vault(custody);
    {
      Life life(world_.options, environment(custody, vault));
      life.dispose();
      EXPECT_TRUE(life.january().is_finished);
      EXPECT_TRUE(life.said.size() <= 1) << "one record says it";
      EXPECT_TRUE(life.has_forgotten(segments_));
    }
    EXPECT_FALSE(custody.labels.contains(kJanuaryKey));
    for (const store::SegmentHeader& header : segments_)
      EXPECT_FALSE(*store::has_segment_file(disk_, header.ordinal));
    expect_nothing_lost(custody);
    const auto report = audit_files(
        world_.options, environment(custody, vault), [](std::uint64_t, std::uint64_t) {}, 1);
    ASSERT_TRUE(report) << report.error().message;
    for (const auto& finding : report->findings)
      ADD_FAILURE() << finding.where << ": " << finding.what;
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
    EXPECT_TRUE(custody.labels.contains(kJanuaryKey));
    for (const store::SegmentHeader& header : segments_)
      EXPECT_TRUE(*store::has_segment_file(disk_, header.ordinal));
  }
  /// What a disposal does whose key the token says is another one: only remains are left.
  std::vector<std::string> dispose_by_remains(SoftCustody& custody) {
    custody.other_key = kJanuaryKey;
    CustodyVault vault(custody);
    Life life(world_.options, environment(custody, vault));
    forget_what_was_told();
    life.dispose();
    custody.other_key.clear();
    return life.said;
  }

  std::optional<state::DisposedOf> by_;  // of January
  sim::Dice dice_{4'712};
  sim::SimFilesystem disk_{dice_, *world_.files};
  sim::SimFilesystem::Image image_;
  std::vector<store::SegmentHeader> segments_;
  std::set<std::string> all_;
};

}  // namespace varve::upkeep
