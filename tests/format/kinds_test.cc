// The table of kinds: what it says of every number, what docs/format/record.md says of it, and what
// a program says behind whose back a log went on.
#include "ledger/format/kinds.h"

#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>

#include "ledger/base/text.h"
#include "ledger/format/newer.h"
#include "ledger/format/record.h"
#include "ledger/format/seal.h"
#include "ledger/format/tombstone.h"
#include "tests/directories.h"

namespace varve::format {
namespace {

Kind kind_of(int number) {
  return static_cast<Kind>(number);
}

const KindRow* find_row(Kind kind) {
  const auto* found = std::ranges::find(kKinds, kind, &KindRow::kind);
  return found == kKinds.end() ? nullptr : found;
}

Buffer record_of(Kind kind) {
  Record record;
  record.kind = kind;
  record.media_type = "text/plain";
  return *encode_record(record);
}

TEST(Kinds, HaveNamesOfTheirOwn) {
  std::set<std::string> names;
  for (int number = 1; number < 256; ++number) {
    const std::string name = kind_name(kind_of(number));
    EXPECT_TRUE(names.insert(name).second) << name;
    if (find_row(kind_of(number)) == nullptr) {
      EXPECT_EQ(name, "kind-" + std::to_string(number));
    }
  }
}

TEST(Kinds, OfWhichTheTableKnowsNothingAreWhatTheirNumberSays) {
  for (int number = 1; number < 256; ++number) {
    SCOPED_TRACE(number);
    const KindRow row = row_of(kind_of(number));
    EXPECT_EQ(row.kind, kind_of(number));
    if (find_row(kind_of(number)) != nullptr) continue;
    EXPECT_EQ(row.is_critical, number < 64);
    EXPECT_EQ(row.fate, number < 128 ? Fate::kKept : Fate::kGoes);
    EXPECT_EQ(row.is_control, number < 128);
    EXPECT_FALSE(row.is_written);
    EXPECT_EQ(row.meaning, Meaning::kNotUnderstood);
  }
}

// What an older program does behind a kind from 64 on rests on its number alone.
TEST(Kinds, FromSixtyFourOnAreWhatAnOlderProgramTakesThemFor) {
  for (const KindRow& row : kKinds) {
    SCOPED_TRACE(row.name);
    EXPECT_TRUE(keeps_the_rules(row));
    if (number_of(row.kind) < kFirstUncriticalKind) continue;
    EXPECT_FALSE(row.is_critical);
    EXPECT_EQ(row.fate == Fate::kGoes, number_of(row.kind) >= kFirstKindThatGoes);
  }
}

TEST(Kinds, ThatBreakARuleDoNotCompile) {
  const KindRow good = row_of(Kind::kAuditRun);
  ASSERT_TRUE(keeps_the_rules(good));
  const auto refused = [&good](auto change) {
    KindRow row = good;
    change(row);
    return !keeps_the_rules(row);
  };
  EXPECT_TRUE(refused([](KindRow& r) { r.kind = Kind{}; }));
  EXPECT_TRUE(refused([](KindRow& r) { r.name = ""; }));
  EXPECT_TRUE(refused([](KindRow& r) { r.media_type = ""; }));
  EXPECT_TRUE(refused([](KindRow& r) { r.is_control = false; }));
  EXPECT_TRUE(refused([](KindRow& r) { r.fate = Fate::kGoes; }));
  EXPECT_TRUE(refused([](KindRow& r) { r.kind = kind_of(64), r.is_critical = true; }));
  EXPECT_TRUE(refused([](KindRow& r) { r.kind = kind_of(128); })) << "kept, where what goes is";
  EXPECT_TRUE(refused([](KindRow& r) { r.meaning = Meaning::kNotUnderstood; }));
  EXPECT_TRUE(refused([](KindRow& r) { r.check = std::nullopt; }));
}

TEST(NewerLog, IsSaidOfCriticalKindsWithoutRulesAndOfNoOthers) {
  for (int number = 0; number < 256; ++number) {
    SCOPED_TRACE(number);
    Buffer bytes = record_of(Kind::kEvent);
    bytes[1] = static_cast<std::byte>(number);
    const auto known = expect_known(LeafIndex{41}, bytes);
    const std::set<int> kWritten{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 17, 18, 19};
    const bool passes = number == 0 || number >= 64 || kWritten.contains(number);
    ASSERT_EQ(known.has_value(), passes);
    if (passes) continue;
    EXPECT_EQ(known.error().code, Code::kNotFound);
    EXPECT_NE(known.error().message.find("record 41 is of kind " + std::to_string(number)),
              std::string::npos)
        << known.error().message;
    EXPECT_NE(known.error().message.find("this log is newer than this program"), std::string::npos);
    EXPECT_EQ(known.error().message.find("corrupt"), std::string::npos);
  }
}

TEST(NewerLog, IsSaidOfLaterVersionsOfRecordsAndSeals) {
  for (int version = 2; version < 256; ++version) {
    Buffer record = record_of(Kind::kEvent);
    record[0] = static_cast<std::byte>(version);
    EXPECT_FALSE(expect_known({}, record)) << version;
    if (version <= kSealVersionNewest) continue;
    Seal seal;
    seal.sealer = Sealer::kLog;
    seal.count = 1;
    Buffer bytes = *encode_seal(seal);
    ASSERT_TRUE(expect_known({}, bytes));
    bytes[bytes.size() - kSealUnsignedSize] = static_cast<std::byte>(version);
    EXPECT_FALSE(expect_known({}, bytes)) << version;
  }
}

// Only the first line says which: the rest may be anything by then.
TEST(NewerLog, IsSaidOfLaterVersionsOfPoliciesAndOfNothingElseThatIsNone) {
  const auto known = [](const std::string& text) {
    Record record;
    record.kind = Kind::kPolicy;
    record.media_type = "text/plain";
    record.payload = bytes_of(text);
    return expect_known(LeafIndex{41}, *encode_record(record));
  };
  for (const char* version : {"3", "10", "999"}) {
    const auto later = known("varve policy v" + std::string(version) + "\nsomething else\n");
    ASSERT_FALSE(later) << version;
    EXPECT_EQ(later.error().code, Code::kNotFound);
    EXPECT_NE(later.error().message.find("this log is newer than this program"), std::string::npos);
  }
  for (const char* title :
       {"1", "2", "0", "03", "", "x", "-3", "3 ", "1000", "18446744073709551616"})
    EXPECT_TRUE(known("varve policy v" + std::string(title) + "\nrest\n")) << title;
  EXPECT_TRUE(known("varve policy v3")) << "no line";
  EXPECT_TRUE(known(""));
}

TEST(NewerLog, IsNotSaidOfTombstonesNorOfWhatIsNoRecord) {
  EXPECT_TRUE(expect_known({}, encode_tombstone({202'601, 0, 0, {}})));
  EXPECT_TRUE(expect_known({}, Bytes{}));
  const Buffer one_byte{std::byte{1}};
  EXPECT_TRUE(expect_known({}, one_byte));
}

TEST(NotUnderstood, CountsEachKindAndSaysSo) {
  NotUnderstood passed;
  for (const KindRow& row : kKinds)
    if (row.is_written) passed.take(row.kind);
  EXPECT_TRUE(passed.empty());
  passed.take(kind_of(200));
  EXPECT_EQ(passed.text().find("1 record of kind-200: this program does not understand"), 0U);
  passed.take(kind_of(200));
  passed.take(Kind::kIndexAudit);
  EXPECT_EQ(passed.text().find("1 record of index-audit, 2 of kind-200: "), 0U) << passed.text();
  Buffer saved;
  ByteWriter writer(saved);
  passed.encode(writer);
  ByteReader reader(saved);
  NotUnderstood again;
  again.decode(reader);
  EXPECT_TRUE(reader.at_end());
  EXPECT_EQ(again.counts(), passed.counts());
}

std::string document_row(const KindRow& row) {
  std::ostringstream line;
  line << "| " << int{number_of(row.kind)} << " | " << row.name << " | "
       << (row.is_written ? "yes" : "reserved") << " | ";
  if (row.media_type.empty()) {
    line << (row.is_written ? "the sender's" : "");
  } else {
    line << '`' << row.media_type << '`';
  }
  const char* counts = row.meaning == Meaning::kSeal ? "batches of its source"
                       : row.is_control              ? "control records of the log"
                                                     : "events of its source";
  line << " | " << counts << " | " << (row.fate == Fate::kKept ? "kept" : "goes") << " | "
       << (row.is_critical ? "yes" : "no") << " |";
  return line.str();
}

TEST(FormatDocuments, HaveTheTableOfKindsThatTheCodeHas) {
  std::ifstream in(source_file("docs/format/record.md"));
  std::string line;
  while (std::getline(in, line) && !line.starts_with("| kind | name |")) {
  }
  std::getline(in, line);  // the line below the heads
  std::string shown;
  while (std::getline(in, line) && line.starts_with("|")) shown.append(line).append("\n");
  std::string expected;
  for (const KindRow& row : kKinds) expected.append(document_row(row)).append("\n");
  EXPECT_EQ(shown, expected) << "the table has to be:\n" << expected;
}

}  // namespace
}  // namespace varve::format
