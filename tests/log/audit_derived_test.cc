// The audit of what is derived: whatever differs in it from what the segments say is found, also
// where the one who changed it also recomputed the checks.
#include <gtest/gtest.h>
#include <lmdb.h>

#include <filesystem>
#include <fstream>
#include <functional>

#include "ledger/store/append_file.h"
#include "ledger/store/append_files.h"
#include "ledger/store/catalogue_rows.h"
#include "ledger/upkeep/audit.h"
#include "tests/log/files.h"
#include "tests/log/two_months.h"
#include "tests/log/world.h"

namespace varve {
namespace {

namespace fs = std::filesystem;
using testing::bytes_in;
using testing::events;
using testing::Source;
using testing::TwoMonths;
using testing::World;

/// Changes the tables of a catalogue that nobody has open.
void change(const std::string& directory, const std::function<void(MDB_txn*, MDB_dbi)>& how,
            const char* table) {
  MDB_env* env = nullptr;
  MDB_txn* txn = nullptr;
  MDB_dbi dbi = 0;
  ASSERT_EQ(::mdb_env_create(&env), MDB_SUCCESS);
  ASSERT_EQ(::mdb_env_set_maxdbs(env, store::kCatalogueTables), MDB_SUCCESS);
  ASSERT_EQ(::mdb_env_open(env, (directory + "/catalogue").c_str(), 0, 0600), MDB_SUCCESS);
  ASSERT_EQ(::mdb_txn_begin(env, nullptr, 0, &txn), MDB_SUCCESS);
  ASSERT_EQ(::mdb_dbi_open(txn, table, 0, &dbi), MDB_SUCCESS);
  how(txn, dbi);
  ASSERT_EQ(::mdb_txn_commit(txn), MDB_SUCCESS);
  ::mdb_env_close(env);
}

MDB_val as_val(Buffer& bytes) {
  return {bytes.size(), bytes.data()};
}

/// Two segments, batches and requests in both; stopped.
class DerivedAudit : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(world_.open());
    Source source = world_.registered("ward-3");
    for (const char* key : {"one", "two"}) {
      ASSERT_TRUE(world_.append(source.seal(events(2))));
      ASSERT_TRUE(world_.append_events(events(1), key));
      ASSERT_TRUE(world_.reopen());
    }
    world_.log.reset();
    auto catalogue = store::Catalogue::open(*world_.files);
    ASSERT_TRUE(catalogue);
    rows_ = *(*catalogue)->rows();
    kept_ = bytes_in(file());
    ASSERT_TRUE(findings().empty());
  }

  [[nodiscard]] std::string file() const { return world_.directory + "/catalogue/data.mdb"; }
  void put_back() const { std::ofstream(file(), std::ios::binary) << kept_; }

  /// Where the audit finds something.
  std::vector<std::string> findings() {
    const auto report = testing::audit_store(world_.options, world_.environment());
    EXPECT_TRUE(report) << report.error().message;
    std::vector<std::string> where;
    for (const upkeep::StoreFinding& finding : report->findings) where.push_back(finding.where);
    return where;
  }
  void expect_found(const std::string& where) {
    const auto found = findings();
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found.front(), where);
  }

  World world_;
  store::CatalogueRows rows_;
  std::string kept_;
};

/// Flips a bit wherever these bytes are: also where an earlier transaction left them.
std::string flipped_everywhere(std::string content, std::string_view bytes, std::size_t bit) {
  std::size_t places = 0;
  for (std::size_t at = content.find(bytes); at != std::string::npos;
       at = content.find(bytes, at + bytes.size()), ++places)
    content[at + bit / 8] = static_cast<char>(content[at + bit / 8] ^ (1 << bit % 8));
  EXPECT_GT(places, 0u);
  return content;
}

// Every bit of every row of every table, key and check too.
TEST_F(DerivedAudit, FindsEachBitOfTheCatalogueThatRotted) {
  std::size_t flips = 0;
  for (const auto& table : rows_)
    for (const auto& [key, row] : table) {
      Buffer both = key;
      append(both, row);
      const std::string bytes(text_of(both));
      for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit, ++flips) {
        std::ofstream(file(), std::ios::binary) << flipped_everywhere(kept_, bytes, bit);
        const auto found = findings();
        ASSERT_FALSE(found.empty()) << hex(key) << " bit " << bit;
        ASSERT_EQ(found.front(), "catalogue");
      }
    }
  EXPECT_GT(flips, 4'000u);
  put_back();
  EXPECT_TRUE(findings().empty());
}

// Each row taken out, each with another content and the right check for it, and one too many.
TEST_F(DerivedAudit, FindsEachRowThatIsMissingOrAnotherOrTooMany) {
  for (unsigned t = 0; t < store::kCatalogueTables; ++t) {
    const char* const table = store::kCatalogueTableNames[t];
    for (const auto& [key, row] : rows_[t]) {
      SCOPED_TRACE(std::string(table) + " " + hex(key));
      Buffer name = key;
      MDB_val k = as_val(name);
      change(
          world_.directory,
          [&](MDB_txn* txn, MDB_dbi dbi) { EXPECT_EQ(::mdb_del(txn, dbi, &k, nullptr), 0); },
          table);
      const bool format = text_of(key) == "format";  // a catalogue without it gets it
      if (!format) expect_found("catalogue");
      put_back();
      Buffer other(Bytes{row}.begin(), Bytes{row}.end() - (format ? 0 : store::kRowCheckSize));
      other.back() ^= std::byte{1};
      other = format ? other : store::with_check(table, key, other);
      MDB_val v = as_val(other);
      change(
          world_.directory,
          [&](MDB_txn* txn, MDB_dbi dbi) { EXPECT_EQ(::mdb_put(txn, dbi, &k, &v, 0), 0); }, table);
      expect_found("catalogue");
      put_back();
    }
    Buffer key = store::key_of(99);
    Buffer row = store::with_check(table, key, bytes_of("one more"));
    MDB_val k = as_val(key);
    MDB_val v = as_val(row);
    change(
        world_.directory,
        [&](MDB_txn* txn, MDB_dbi dbi) { EXPECT_EQ(::mdb_put(txn, dbi, &k, &v, 0), 0); }, table);
    expect_found("catalogue");
    put_back();
  }
  EXPECT_TRUE(findings().empty());
}

std::vector<store::AppendEntry> entries_in(const store::AppendFile& file) {
  std::vector<store::AppendEntry> all;
  for (std::uint64_t k = 0; k < file.blocks(); ++k) {
    const auto block = file.block(k);
    CHECK(block.has_value());
    all.insert(all.end(), block->begin(), block->end());
  }
  return all;
}

TEST_F(DerivedAudit, FindsEachBitOfTheAppendsThatRotted) {
  for (const char* name : {"appends/0", "appends/1"}) {
    const std::string path = world_.directory + "/" + name;
    const std::string whole = bytes_in(path);
    for (std::size_t bit = 0; bit < 8 * whole.size(); ++bit) {
      std::string rotten = whole;
      rotten[bit / 8] = static_cast<char>(rotten[bit / 8] ^ (1 << bit % 8));
      std::ofstream(path, std::ios::binary) << rotten;
      const auto found = findings();
      ASSERT_EQ(found, std::vector<std::string>{name}) << "bit " << bit;
    }
    fs::remove(path);
    expect_found(name);
    std::ofstream(path, std::ios::binary) << whole;
  }
  EXPECT_TRUE(findings().empty());
}

// By who makes all checks again: each entry missing, another, there twice, and one too many.
TEST_F(DerivedAudit, FindsEachAppendThatIsMissingOrAnotherOrTooMany) {
  const store::SegmentRow segment = *(*store::Catalogue::open(*world_.files))->segment(0);
  const store::LeafGroup group{0, 1, segment.first, segment.end.value - segment.first.value};
  const auto file = store::AppendFile::open(*world_.files, group);
  ASSERT_TRUE(file);
  const auto good = entries_in(**file);
  ASSERT_EQ(good.size(), 2u);
  const auto write = [&](const std::vector<store::AppendEntry>& entries) {
    auto out = store::AppendFileWriter::create(*world_.files, (*file)->of());
    ASSERT_TRUE(out);
    for (const store::AppendEntry& entry : entries) ASSERT_TRUE(out->add(entry));
    ASSERT_TRUE(out->finish());
  };
  for (std::size_t k = 0; k < good.size(); ++k) {
    auto fewer = good;
    fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(k));
    write(fewer);
    expect_found("appends/0");
    for (const int what : {0, 1, 2, 3, 4, 5}) {
      auto other = good;
      store::AppendEntry& entry = other[k];
      if (what == 0) entry.key.of.bytes[11] ^= std::byte{1};
      if (what == 1) entry.row.content.bytes[11] ^= std::byte{1};
      if (what == 2) ++entry.row.first.value;
      if (what == 3) ++entry.row.count;
      if (what == 4) entry.key.kind = static_cast<store::AppendKind>(3);
      if (what == 5) other.push_back(good[k]);
      write(other);
      expect_found("appends/0");
    }
  }
  write({good[1], good[0]});
  expect_found("appends/0");
  write(good);
  EXPECT_EQ(findings(), std::vector<std::string>{});
}

// A crash behind a seal leaves what the next start makes: that is said, and is no damage.
TEST_F(DerivedAudit, SaysWhatTheNextStartMakesAndCallsItNoDamage) {
  ASSERT_TRUE(world_.open());
  ASSERT_TRUE(world_.append_events(events(1), "three"));
  world_.log.reset();
  put_back();  // the catalogue as of two segments
  for (const char* name : {"appends/2", "leaves/2"}) fs::remove(world_.directory + "/" + name);
  const auto report = testing::audit_store(world_.options, world_.environment());
  ASSERT_TRUE(report) << report.error().message;
  for (const upkeep::StoreFinding& f : report->findings) ADD_FAILURE() << f.where << ": " << f.what;
  std::vector<std::string> unfinished;
  for (const upkeep::StoreFinding& later : report->unfinished) unfinished.push_back(later.where);
  EXPECT_EQ(unfinished, (std::vector<std::string>{"catalogue", "appends/2", "leaves/2"}));
  ASSERT_TRUE(world_.open());
  EXPECT_TRUE(world_.append_events(events(1), "three")->repeated);
  world_.log.reset();
  EXPECT_TRUE(findings().empty());
}

TEST_F(DerivedAudit, FindsACatalogueThatWasEmptied) {
  std::ofstream(file(), std::ios::binary | std::ios::trunc).flush();
  expect_found("catalogue");
}

TEST_F(DerivedAudit, FindsAFileOfAnotherLogInThePlaceOfItsOwn) {
  World other;
  ASSERT_TRUE(other.open());
  Source source = other.registered("ward-3");
  ASSERT_TRUE(other.append(source.seal(events(2))));
  ASSERT_TRUE(other.append_events(events(1), "one"));
  other.log.reset();
  fs::copy(other.directory + "/appends/0", world_.directory + "/appends/0",
           fs::copy_options::overwrite_existing);
  expect_found("appends/0");
  std::string said;
  world_.notice = [&](std::string_view event, const std::string& sentence) {
    if (event == "derived_rebuilt") said = sentence;
  };
  ASSERT_TRUE(world_.open()) << "it is made again";
  EXPECT_NE(said.find("appends/0: it is of another log"), std::string::npos) << said;
  EXPECT_TRUE(world_.append_events(events(1), "one")->repeated);
}

// A month that was disposed of since the files were written, and again once a start has taken that
// up: its requests may be there in the first case only.
TEST_F(TwoMonths, WhoseFirstIsDisposedOfAreIntactBeforeAndAfterItsRequestsAreForgotten) {
  const auto intact = [this] {
    const auto report = testing::audit_store(world_.options, world_.environment());
    ASSERT_TRUE(report) << report.error().message;
    for (const upkeep::StoreFinding& f : report->findings)
      ADD_FAILURE() << f.where << ": " << f.what;
  };
  keep_remains();
  intact();
  world_.vault.destroyed.insert(testing::kJanuaryKey);
  intact();
  ASSERT_TRUE(world_.open());
  EXPECT_FALSE(world_.append_events(events(4), "key")->repeated);
  world_.log.reset();
  intact();
}

}  // namespace
}  // namespace varve
