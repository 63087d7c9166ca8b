// Data keys that are wrapped again: whatever interrupts it, every segment's key can be read, from the
// old wrapping or from the new one.
#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <map>
#include <set>
#include <utility>

#include "ledger/base/later_format.h"
#include "ledger/env/posix.h"
#include "ledger/format/tombstone.h"
#include "ledger/merkle/tree.h"
#include "ledger/store/frame_codec.h"
#include "ledger/store/kek_label.h"
#include "ledger/store/remains.h"
#include "ledger/store/rewrap.h"
#include "ledger/store/segment_writer.h"

namespace varve::store {
namespace {

/// Wraps by prefixing the label, and knows which labels it has.
class LabelVault final : public env::KeyVault {
 public:
  Result<Buffer> wrap(std::string_view label, Bytes data_key) override {
    if (const auto meanwhile = std::exchange(on_wrap, {})) meanwhile();
    labels.insert(std::string(label));
    Buffer out = to_buffer(bytes_of(label));
    append(out, data_key);
    return out;
  }
  Result<env::SecretBytes> unwrap(std::string_view label, Bytes wrapped) override {
    if (!labels.contains(std::string(label))) return not_found("no such key");
    if (text_of(wrapped.first(label.size())) != label) return corrupt("altered");
    Buffer key = to_buffer(wrapped.subspan(label.size()));
    if (label == lies_about) key.front() ^= std::byte{1};
    return env::SecretBytes::copy_of(key);
  }
  std::set<std::string> labels;
  std::string lies_about;         // what it unwraps of this label is another key
  std::function<void()> on_wrap;  // once
};

/// Fails from its n-th call that changes something on, as a process that dies there.
class DyingFiles final : public env::Filesystem {
 public:
  explicit DyingFiles(env::Filesystem& files) : files_(files) {}

  class DyingFile final : public env::File {
   public:
    DyingFile(DyingFiles& owner, std::unique_ptr<env::File> file)
        : owner_(owner), file_(std::move(file)) {}
    [[nodiscard]] Result<void> read(ByteOffset at, MutableBytes out) const override {
      return file_->read(at, out);
    }
    Result<void> write(ByteOffset at, Bytes bytes) override {
      if (owner_.dies()) {
        EXPECT_TRUE(file_->write(at, bytes.first(bytes.size() / 2)));  // torn
        return io_error("dead");
      }
      return file_->write(at, bytes);
    }
    Result<void> sync() override {
      return owner_.unless_dead([&] { return file_->sync(); });
    }
    Result<void> truncate(ByteOffset size) override {
      return owner_.unless_dead([&] { return file_->truncate(size); });
    }
    [[nodiscard]] Result<ByteOffset> size() const override { return file_->size(); }
    Result<bool> make_immutable() override { return file_->make_immutable(); }

   private:
    DyingFiles& owner_;
    std::unique_ptr<env::File> file_;
  };

  Result<std::unique_ptr<env::File>> create(const std::string& path) override {
    if (dies()) return io_error("dead");
    ASSIGN_OR_RETURN(auto file, files_.create(path));
    return std::unique_ptr<env::File>(std::make_unique<DyingFile>(*this, std::move(file)));
  }
  Result<std::unique_ptr<env::File>> open_or_create(const std::string& path) override {
    if (dies()) return io_error("dead");
    ASSIGN_OR_RETURN(auto file, files_.open_or_create(path));
    return std::unique_ptr<env::File>(std::make_unique<DyingFile>(*this, std::move(file)));
  }
  [[nodiscard]] Result<std::unique_ptr<env::File>> open_read(
      const std::string& path) const override {
    return files_.open_read(path);
  }
  Result<void> make_directory(const std::string& path) override {
    return unless_dead([&] { return files_.make_directory(path); });
  }
  Result<void> sync_directory(const std::string& path) override {
    return unless_dead([&] { return files_.sync_directory(path); });
  }
  [[nodiscard]] Result<std::vector<std::string>> list(const std::string& path) const override {
    return files_.list(path);
  }
  Result<void> rename(const std::string& from, const std::string& to) override {
    return unless_dead([&] { return files_.rename(from, to); });
  }
  Result<void> remove(const std::string& path) override {
    return unless_dead([&] { return files_.remove(path); });
  }
  Result<std::unique_ptr<env::Lock>> lock(const std::string& path) override {
    return files_.lock(path);
  }
  [[nodiscard]] Result<std::uint64_t> free_bytes() const override { return files_.free_bytes(); }
  [[nodiscard]] std::string system_path(const std::string& path) const override {
    return files_.system_path(path);
  }

  bool dies() { return ++calls >= dies_at; }
  template <class Call>
  Result<void> unless_dead(const Call& call) {
    if (dies()) return io_error("dead");
    return call();
  }
  int calls = 0;
  int dies_at = 1'000'000;

 private:
  env::Filesystem& files_;
};

constexpr std::uint64_t kNovemberUs = 1'795'000'000'000'000;  // 2026-11-18

class WrappedAnew : public ::testing::Test {
 protected:
  WrappedAnew() {
    CHECK(env::initialize().has_value());
    std::string pattern = ::testing::TempDir() + "varve-XXXXXX";
    CHECK(::mkdtemp(pattern.data()) != nullptr);
    directory_ = pattern;
    files_ = std::move(*env::open_posix(directory_));
    CHECK(files_->make_directory("segments").has_value());
    for (std::uint64_t ordinal = 0; ordinal < 3; ++ordinal) add_segment(ordinal);
  }
  ~WrappedAnew() override { std::filesystem::remove_all(directory_); }

  [[nodiscard]] DataKeys keys() { return {*files_, vault_, env::system_random(), "varve/log"}; }

  SegmentHeader add_segment(std::uint64_t ordinal) {
    SegmentHeader header;
    header.ordinal = ordinal;
    header.created_us = kNovemberUs;
    header.month = 202'611;
    auto fresh = keys();
    auto key = fresh.create(header);
    CHECK(key.has_value());
    data_keys_.push_back(to_buffer(key->view()));
    CHECK(SegmentWriter::create(*files_, header, std::move(*key)).has_value());
    return header;
  }

  void expect_every_key() {
    auto all = keys();
    const auto headers = segments_of_month(*files_, 202'611);
    ASSERT_TRUE(headers);
    ASSERT_EQ(headers->size(), data_keys_.size());
    for (const SegmentHeader& header : *headers) {
      const auto key = all.get(header);
      ASSERT_TRUE(key) << key.error().message;
      EXPECT_EQ(to_buffer(key->view()), data_keys_[header.ordinal]);
    }
  }

  std::string directory_;
  std::unique_ptr<env::Filesystem> files_;
  LabelVault vault_;
  std::vector<Buffer> data_keys_;  // by ordinal
};

TEST_F(WrappedAnew, KeysComeFromTheNewWrappingAndTheOldKeyIsNotNeeded) {
  auto old = keys();
  EXPECT_EQ(*rewrap_month(*files_, {202'611}, old, vault_, "varve/log/2026-11.2"), 3u);
  EXPECT_EQ(vault_.labels.erase("varve/log/2026-11"), 1u);
  expect_every_key();
  EXPECT_EQ(add_segment(3).label, "varve/log/2026-11.2") << "new segments use the new key";
  expect_every_key();
  auto again = keys();
  EXPECT_EQ(*rewrap_month(*files_, {202'611}, again, vault_, "varve/log/2026-11.3"), 4u);
  EXPECT_EQ(vault_.labels.erase("varve/log/2026-11.2"), 1u);
  expect_every_key();
}

TEST_F(WrappedAnew, InterruptedAtAnyCallEveryKeyIsThereAndASecondRunFinishes) {
  bool finished = false;
  for (int n = 1; !finished; ++n) {
    SCOPED_TRACE(n);
    const std::string label = "varve/log/2026-11." + std::to_string(n + 1);
    DyingFiles dying(*files_);
    dying.dies_at = n;
    auto old = keys();
    finished = rewrap_month(dying, {202'611}, old, vault_, label).has_value();
    expect_every_key();
    auto more = keys();
    ASSERT_TRUE(rewrap_month(*files_, {202'611}, more, vault_, label));
    EXPECT_EQ((*read_month_keys(*files_, {202'611}))->label, label);
    expect_every_key();
    ASSERT_LT(n, 20);
  }
}

// A token that does not give back what it wrapped must not become the only one that has the keys.
TEST_F(WrappedAnew, ByATokenThatGivesBackAnotherKeyChangesNothing) {
  vault_.lies_about = "varve/log/2026-11.2";
  auto old = keys();
  const auto wrapped = rewrap_month(*files_, {202'611}, old, vault_, "varve/log/2026-11.2");
  ASSERT_FALSE(wrapped);
  EXPECT_EQ(wrapped.error().code, Code::kIo);
  EXPECT_FALSE(read_month_keys(*files_, {202'611})->has_value());
  expect_every_key();
}

TEST_F(WrappedAnew, WithoutTheOldKeyChangesNothing) {
  auto first = keys();
  ASSERT_TRUE(rewrap_month(*files_, {202'611}, first, vault_, "varve/log/2026-11.2"));
  const auto before = read_month_keys(*files_, {202'611});
  ASSERT_TRUE(before && *before);
  vault_.labels.clear();
  auto old = keys();
  const auto wrapped = rewrap_month(*files_, {202'611}, old, vault_, "varve/log/2026-11.3");
  ASSERT_FALSE(wrapped);
  EXPECT_EQ(wrapped.error().code, Code::kNotFound);
  const auto after = read_month_keys(*files_, {202'611});
  ASSERT_TRUE(after && *after);
  EXPECT_EQ((*after)->label, (*before)->label);
  EXPECT_EQ((*after)->keys, (*before)->keys);
  vault_.labels.insert("varve/log/2026-11.2");
  expect_every_key();
}

TEST_F(WrappedAnew, KeysOfASegmentThatIsOpenedMeanwhileAreWrappedToo) {
  auto old = keys();
  vault_.on_wrap = [this] {                       // the trial
    vault_.on_wrap = [this] { add_segment(3); };  // the first segment's
  };
  EXPECT_EQ(*rewrap_month(*files_, {202'611}, old, vault_, "varve/log/2026-11.2"), 4U);
  vault_.labels.erase("varve/log/2026-11");
  expect_every_key();
}

TEST_F(WrappedAnew, KeysAreHadByTheHeaderWhenTheNewKeyIsGone) {
  auto old = keys();
  ASSERT_TRUE(rewrap_month(*files_, {202'611}, old, vault_, "varve/log/2026-11.2"));
  vault_.labels.erase("varve/log/2026-11.2");
  expect_every_key();
}

TEST_F(WrappedAnew, AMonthThatIsStillToComeHasItsKeyAlready) {
  auto old = keys();
  EXPECT_EQ(*rewrap_month(*files_, {202'612}, old, vault_, "varve/log/2026-12.2"), 0u);
  EXPECT_TRUE(vault_.labels.contains("varve/log/2026-12.2"));
  const auto months = read_month_keys(*files_, {202'612});
  ASSERT_TRUE(months && *months);
  EXPECT_EQ((*months)->label, "varve/log/2026-12.2") << "its first segment is wrapped under it";
  expect_every_key();
}

TEST_F(WrappedAnew, ADamagedFileIsNotedOnlyWhereItsKeysAreNeeded) {
  auto old = keys();
  ASSERT_TRUE(rewrap_month(*files_, {202'611}, old, vault_, "varve/log/2026-11.2"));
  std::filesystem::resize_file(directory_ + "/data-keys/2026-11", 40);
  expect_every_key();
  vault_.labels.erase("varve/log/2026-11");
  auto fresh = keys();
  EXPECT_EQ(fresh.get(segments_of_month(*files_, 202'611)->front()).error().code, Code::kCorrupt);
}

TEST(MonthKeysFile, IsRefusedWithAnyByteChangedOrMissing) {
  const MonthKeys keys{{202'611}, "varve/log/2026-11.2", {{7, Buffer(40)}, {9, Buffer(40)}}};
  const Buffer whole = encode_month_keys(keys);
  const auto decoded = decode_month_keys(whole);
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->label, keys.label);
  EXPECT_EQ(decoded->keys, keys.keys);
  for (std::size_t i = 0; i < whole.size(); ++i) {
    EXPECT_FALSE(decode_month_keys(Bytes{whole}.first(i))) << i;
    Buffer changed = whole;
    changed[i] ^= std::byte{1};
    EXPECT_FALSE(decode_month_keys(changed)) << i;
  }
}

// Periods of each length, and of none, at the ends of what fits: a file is of exactly one of them.
TEST(MonthKeysFile, IsOfMonthsOrOfKeyPeriodsOfOneLength) {
  for (const KeyPeriod period : {KeyPeriod{202'611}, KeyPeriod{202'611, 60}, KeyPeriod{202'611, 61},
                                 KeyPeriod{0, 44'640}, KeyPeriod{4'223'371'679, 1}}) {
    SCOPED_TRACE(key_period_name(period));
    const Buffer whole = encode_month_keys({period, "l", {{7, Buffer(40)}}});
    const auto decoded = decode_month_keys(whole);
    ASSERT_TRUE(decoded);
    EXPECT_EQ(decoded->period, period);
    EXPECT_EQ(encode_month_keys(*decoded), whole);
  }
  for (const KeyPeriod period : {KeyPeriod{5, 44'641}, KeyPeriod{4'223'371'680, 1}})
    EXPECT_FALSE(decode_month_keys(encode_month_keys({period, "l", {}})));
}

// A number of minutes can be that of a month, so the names of their files and labels differ.
TEST_F(WrappedAnew, AFileOfADraftIsNotOneOfAMonth) {
  auto old = keys();
  ASSERT_TRUE(rewrap_month(*files_, {202'611}, old, vault_, "varve/log/2026-11.2"));
  EXPECT_FALSE(read_month_keys(*files_, {202'611, 60})->has_value());
  std::filesystem::copy_file(directory_ + "/data-keys/2026-11", directory_ + "/data-keys/p202611");
  const auto taken = read_month_keys(*files_, {202'611, 60});
  ASSERT_FALSE(taken);
  EXPECT_NE(taken.error().message.find("data-keys/p202611 is damaged"), std::string::npos);
}

// Each length of a key period, at both ends of its numbers; a month has its old bytes.
TEST(SegmentHeader, IsOfMonthsOrOfKeyPeriodsOfOneLength) {
  const auto decoded = [](KeyPeriod period) {
    SegmentHeader header;
    header.month = period.number;
    header.key_minutes = period.minutes;
    header.label = "l";
    return decode_segment_header(encode_segment_header(header));
  };
  for (std::uint32_t minutes = 0; minutes <= UINT16_MAX; ++minutes) {
    const auto length = static_cast<std::uint16_t>(minutes);
    const auto header = decoded({202'611, length});
    ASSERT_EQ(header.has_value(), is_key_period({202'611, length})) << minutes;
    if (header) {
      EXPECT_EQ(header->period(), (KeyPeriod{202'611, length}));
    }
  }
  EXPECT_TRUE(decoded({4'223'371'679, 1}));
  EXPECT_FALSE(decoded({4'223'371'680, 1})) << "the year 10000";
  SegmentHeader month;
  month.month = 202'611;
  Buffer bytes = encode_segment_header(month);
  EXPECT_EQ(bytes[9], std::byte{1});
  const auto resealed = [&](std::size_t at, std::byte byte) {
    Buffer changed = bytes;
    changed[at] = byte;
    changed.resize(changed.size() - kHashSize);
    append(changed, merkle::sha256(changed).view());
    return decode_segment_header(changed);
  };
  EXPECT_TRUE(resealed(31, std::byte{7}));
  EXPECT_FALSE(resealed(9, std::byte{2})) << "a draft without a length";
  EXPECT_FALSE(resealed(107, std::byte{1})) << "months with one";
  EXPECT_TRUE(is_later_format(resealed(9, std::byte{3}).error()));
}

TEST(KekLabel, OfAMonthOrAKeyPeriodHasOneSpelling) {
  for (const char* label : {"v/2026-11", "v/2026-11.2", "v/p29920320", "v/p29920320.7", "v/p0"}) {
    const auto parsed = parse_kek_label("v", label);
    ASSERT_TRUE(parsed) << label;
    EXPECT_EQ(kek_label("v", *parsed), label);
  }
  for (const char* label :
       {"v/2026-11.1", "v/2026-11.", "v/2026-13", "v/p", "v/p01", "v/p1.1", "v/p1.02",
        "v/p4223371680", "v/29920320", "v/P1", "v/p1 ", "v/2026-011", "w/p1", "v/p2026-11"})
    EXPECT_FALSE(parse_kek_label("v", label)) << label;
}

TEST(RemainsFile, IsRefusedWithAnyByteChangedOrMissing) {
  const Remains remains{202'611, 3, LeafIndex{17}, 99, {Buffer(32), Buffer(60)}};
  const Buffer whole = encode_remains(remains);
  const auto decoded = decode_remains(whole);
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->entries, remains.entries);
  EXPECT_EQ(encode_remains(*decoded), whole);
  EXPECT_TRUE(format::is_tombstone(decoded->entry(0)));
  EXPECT_EQ(decoded->entry(1), Buffer(60));
  for (std::size_t i = 0; i < whole.size(); ++i) {
    EXPECT_FALSE(decode_remains(Bytes{whole}.first(i))) << i;
    Buffer changed = whole;
    changed[i] ^= std::byte{1};
    EXPECT_FALSE(decode_remains(changed)) << i;
  }
}

}  // namespace
}  // namespace varve::store
