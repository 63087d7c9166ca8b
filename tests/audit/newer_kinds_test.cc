// Logs with records of kinds that varve-audit has no rules for, every number there is. A critical
// one that the log signed ends the audit with "newer"; behind any other it goes on, and says so.
#include <gtest/gtest.h>

#include <filesystem>

#include "fake_server.h"
#include "ledger/base/text.h"
#include "ledger/format/newer.h"
#include "run_program.h"
#include "temporary_directory.h"
#include "tests/verify/buried.h"
#include "tests/verify/good_log.h"
#include "tests/verify/log_answers.h"
#include "tools/audit/lib/remembered.h"

namespace varve::audit {

using namespace verify;

namespace {

using format::Kind;

/// A good log with one record of the kind in the midst, where its row lets it stand.
struct Later {
  LogBuilder log = good_log();
  std::size_t at = 0;

  explicit Later(Kind kind) {
    const bool control = format::row_of(kind).is_control;
    at = log.records.size() + (control ? 0 : 1);
    if (control)
      log.control(kind, "what a later program says");
    else
      log.server_batch_around(kind);
    log.batch(lab(), 2);
    log.rotate_source(ward_next(), ward());
  }
};

std::string newer_text(const Later& later, Kind kind) {
  return "record " + std::to_string(later.at) + " is of kind " +
         std::to_string(format::number_of(kind));
}

template <class Each>
void for_each_not_understood(Each each) {
  for (int number = 1; number < 256; ++number) {
    const Kind kind = static_cast<Kind>(number);
    if (format::is_understood(kind)) continue;
    SCOPED_TRACE(format::kind_name(kind));
    each(kind, format::row_of(kind));
  }
}

TEST(NewerLog, EndsTheAuditWhereItIsCriticalAndNowhereElse) {
  for_each_not_understood([](Kind kind, const format::KindRow& row) {
    const Later later(kind);
    const Outcome outcome = verify::audit(later.log);
    ASSERT_FALSE(outcome.finding) << outcome.text();
    ASSERT_EQ(outcome.intact.has_value(), !row.is_critical) << outcome.error;
    if (row.is_critical) {
      EXPECT_NE(outcome.error.find(newer_text(later, kind)), std::string::npos) << outcome.error;
      EXPECT_NE(outcome.error.find("newer than this program"), std::string::npos);
    } else {
      EXPECT_EQ(outcome.intact->not_understood.counts(),
                (std::map<Kind, std::uint64_t>{{kind, 1}}));
    }
  });
}

// Whoever alters a record into one of a later kind, with its hash, gets no "cannot be said" for it.
TEST(NewerLog, IsNoExcuseForARecordThatTheLogDidNotSign) {
  const LogBuilder log = good_log();
  for_each_not_understood([&log](Kind kind, const format::KindRow&) {
    for (const std::size_t k : {std::size_t{1}, std::size_t{3}}) {
      LogBuilder altered = log;
      altered.records[k][1] = static_cast<std::byte>(format::number_of(kind));
      Files files = altered.files();
      files["checkpoint"] = log.files().at("checkpoint");
      files["keys"] = log.files().at("keys");
      const Outcome outcome = verify::audit(files, log.first.verifier);
      ASSERT_TRUE(outcome.finding) << k << outcome.error;
    }
  });
}

TEST(PassedOver, RecordsAreSavedWithAnAuditThatIsContinued) {
  for (const Kind kind : {Kind::kIndexAudit, Kind{100}, Kind::kSignOff, Kind{200}}) {
    SCOPED_TRACE(format::kind_name(kind));
    Later later(kind);
    const MemorySource source(later.log.files());
    LogCheck check(later.log.first.verifier, source, kNowUs);
    ASSERT_TRUE(check.begin());
    while (!check.done()) ASSERT_TRUE(check.step());
    later.log.batch(lab(), 1);
    const Outcome outcome =
        verify::audit(later.log.files(), later.log.first.verifier, "", check.save());
    ASSERT_TRUE(outcome.intact) << outcome.text();
    EXPECT_EQ(outcome.intact->not_understood.counts(), (std::map<Kind, std::uint64_t>{{kind, 1}}));
  }
}

Buffer saved_with_kind_200() {
  const Later later(Kind{200});
  const MemorySource source(later.log.files());
  LogCheck check(later.log.first.verifier, source, kNowUs);
  CHECK(check.begin().has_value());
  while (!check.done()) CHECK(check.step().has_value());
  return check.save();
}

/// As an older program would have saved it that did not know `kind`.
Buffer with_kind(Buffer saved, Kind kind) {
  constexpr std::size_t kCountSize = 8;
  saved[saved.size() - kHashSize - kCountSize - 1] =
      static_cast<std::byte>(format::number_of(kind));
  saved.resize(saved.size() - kHashSize);
  const Hash sum = merkle::sha256(saved);
  append(saved, sum.view());
  return saved;
}

// A newer program has rules for what an older one passed over, and has to apply them.
TEST(PassedOver, RecordsOfAnOlderProgramsAuditAreAuditedAgain) {
  const MemorySource source(good_log().files());
  const Buffer saved = saved_with_kind_200();
  for (int number = 1; number < 256; ++number) {
    const Kind kind = static_cast<Kind>(number);
    LogCheck check(good_log().first.verifier, source, kNowUs);
    const auto resumed = check.resume(with_kind(saved, kind));
    EXPECT_EQ(resumed.has_value(), !format::is_understood(kind)) << number;
    if (!resumed) {
      EXPECT_NE(resumed.error().message.find("audit from the start"), std::string::npos);
    }
  }
}

TEST(PassedOver, StatesWithoutSuchRecordsAreWhatTheyWere) {
  const MemorySource source(good_log().files());
  LogCheck check(good_log().first.verifier, source, kNowUs);
  ASSERT_TRUE(check.begin());
  while (!check.done()) ASSERT_TRUE(check.step());
  EXPECT_EQ(text_of(check.save()).find("varve audit state v20\n"), 0U);
}

TEST(PassedOver, RecordsThatGoHaveTombstonesAndThoseThatStayHaveNone) {
  for_each_not_understood([](Kind kind, const format::KindRow& row) {
    if (row.is_critical) return;
    const Later later(kind);
    Files files = later.log.files();
    std::set<std::size_t> gone = all_events(later.log, later.log.records.size());
    gone.insert(later.at);
    bury(files, gone);
    const Outcome outcome = verify::audit(files, later.log.first.verifier);
    EXPECT_EQ(outcome.intact.has_value(), row.fate == format::Fate::kGoes) << outcome.text();
    EXPECT_EQ(outcome.finding.has_value(), row.fate == format::Fate::kKept);
  });
}

struct NewerProgram : ::testing::Test {
  TemporaryDirectory directory;
  FakeServer server;
  const std::string vkey = " --vkey " + format::format_vkey(good_log().first.verifier);
  [[nodiscard]] std::string file(const std::string& name) const { return directory.file(name); }
};

TEST_F(NewerProgram, EndsWithElevenAndNeverSaysCorrupt) {
  server.serve(Later(Kind::kVrfKey).log);
  for (const std::string& command :
       {"check " + server.url() + vkey, "mirror " + server.url() + " " + file("mirror") + vkey}) {
    const Ran ran = run(command);
    expect(ran, 11, "is of kind 16 (vrf-key): this log is newer than this program");
    EXPECT_EQ(ran.text.find("corrupt"), std::string::npos) << ran.text;
  }
}

TEST_F(NewerProgram, SaysWhatItDidNotUnderstandAndEndsWithZero) {
  server.serve(Later(Kind{200}).log);
  const std::string said = "1 record of kind-200: this program does not understand such records";
  expect(run("check " + server.url() + vkey), 0, said);
  expect(run("--json check " + server.url() + vkey), 0,
         R"("not_understood":[{"kind":"kind-200","records":1}])");
  const std::string mirror = file("mirror") + vkey;
  expect(run("mirror " + server.url() + " " + mirror), 0, said);
  expect(run("mirror " + server.url() + " " + mirror), 0, said);  // from what it saved
  expect(run("check " + mirror), 0, said);
}

// An older program's audit judged less. It is refused with the file to delete, and then all is audited.
TEST_F(NewerProgram, NamesTheFileOfAnOlderProgramsAuditThatItDoesNotContinue) {
  server.serve(good_log());
  const std::string check = "check " + server.url() + vkey + " --state " + directory.path();
  expect(run(check), 0, "intact");
  const std::string path = Remembered(directory.path(), good_log().origin).audit_path();
  const std::string name = std::filesystem::path(path).filename();
  Buffer saved = to_buffer(bytes_of(directory.read(name)));
  ASSERT_TRUE(text_of(saved).starts_with("varve audit state v20"));
  saved[std::string_view("varve audit state v").size()] = std::byte{'4'};
  saved.resize(saved.size() - kHashSize);
  const Hash sum = merkle::sha256(saved);
  append(saved, sum.view());
  directory.write(name, std::string(text_of(saved)));
  const Ran refused = run(check);
  expect(refused, 10, "of another version of this program: delete it and audit from the start");
  EXPECT_NE(refused.text.find("while reading " + path), std::string::npos) << refused.text;
  std::filesystem::remove(path);
  expect(run(check), 0, "intact");
}

// That it is in the log is proven; what it means is another program's to say.
TEST_F(NewerProgram, ProvesARecordOfAnyKindAndNamesIt) {
  for (const Kind kind : {Kind::kVrfKey, Kind{63}, Kind::kIndexAudit, Kind{200}}) {
    const Later later(kind);
    const std::string proof =
        directory.write("proof", proof_file(later.log, later.at, later.log.records.size()));
    const std::string keys =
        directory.write("keys.json", std::string(text_of(later.log.files().at("keys"))));
    const std::string verify = "verify " + proof + vkey + " --keys " + keys;
    expect(run(verify), 0, format::kind_name(kind));
    expect(run(verify), 0, "not understood by this program");
    expect(run("--json " + verify), 0,
           "\"kind\":\"" + format::kind_name(kind) + "\",\"understood\":false");
  }
}

}  // namespace
}  // namespace varve::audit
