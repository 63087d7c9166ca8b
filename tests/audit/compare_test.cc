// varve-audit compare: what two people kept, one history or two; and what it writes, verified by somebody who
// has the log's first key alone.
#include <gtest/gtest.h>

#include "fake_server.h"
#include "run_program.h"
#include "temporary_directory.h"
#include "tests/verify/log_builder.h"

namespace varve::audit {

using namespace verify;

namespace {

struct Compare : ::testing::Test {
  LogBuilder one = history("the same");
  LogBuilder other = history("another");
  FakeServer server;
  TemporaryDirectory directory;
  std::string vkey = " --vkey " + format::format_vkey(one.first.verifier);
  std::string out = directory.file("evidence");

  static LogBuilder history(const std::string& last) {
    LogBuilder log;
    const SigningKey source = SigningKey::make("ward/ehr", "ehr");
    log.register_source(source);
    log.batch_of(source, {R"({"n":1})", R"({"n":2})"});
    log.batch_of(source, {last, last});
    return log;
  }
  std::string kept(const std::string& name, const LogBuilder& log, std::size_t size) const {
    return " " + directory.write(name, log.checkpoint(size));
  }
  [[nodiscard]] Ran compare(const std::string& what) const {
    return run("compare" + what + vkey + " --out " + out);
  }
};

TEST_F(Compare, SaysThatTreesOfOneHistoryAreConsistent) {
  server.serve(one);
  expect(compare(kept("a", one, 3) + kept("b", one, 8) + " " + server.url()), 0,
         "consistent: the larger tree begins with the smaller one:\n3 records, root ");
  expect(compare(kept("a", one, 8) + kept("b", one, 3) + " " + server.url()), 0, "\n8 records, ");
  expect(compare(kept("a", one, 5) + kept("b", one, 5)), 0,
         "consistent: both are of the same tree: 5 records, root ");
  EXPECT_EQ(directory.read("evidence"), "");
}

TEST_F(Compare, WritesAFileThatShowsTwoHistoriesToAnybody) {
  server.serve(other);
  const Ran ran = compare(kept("a", one, 7) + kept("b", other, 8) + " " + server.url());
  expect(ran, 13,
         "contradiction: audit.example.org/ward signed two trees that cannot both be its own:\n"
         "7 records, root ");
  expect(ran, 13, "(" + directory.file("a") + ")");
  expect(run("verify " + out + vkey), 0,
         "verified: audit.example.org/ward signed two trees that cannot both be its own");
  expect(run("--json verify " + out + vkey), 0, R"("result":"contradiction")");
}

TEST_F(Compare, WritesNoFileOverAnotherAndSaysWhatItFoundAllTheSame) {
  directory.write("evidence", "of an earlier case");
  const Ran ran = compare(kept("a", one, 8) + kept("b", other, 8));
  expect(ran, 13, "contradiction: ");
  expect(ran, 13, "it could not be written: " + out + " is there already");
  EXPECT_EQ(directory.read("evidence"), "of an earlier case");
}

// A server may put lines of nobody's on each checkpoint that it shows, as many as find room.
TEST_F(Compare, KeepsTheSignaturesThatCountAlone) {
  std::string noisy = other.checkpoint(8);
  for (int i = 0; i < 50; ++i) noisy += "\u2014 nobody " + std::string(1'600, 'A') + "\n";
  const std::string b = " " + directory.write("b", noisy);
  expect(compare(kept("a", one, 8) + b), 13, "contradiction: ");
  expect(run("verify " + out + vkey), 0, "verified: ");
}

TEST_F(Compare, CallsACheckpointThatItHasNoKeyOfNeitherDamagedNorGood) {
  LogBuilder rotated = history("another");
  rotated.rotate_key(SigningKey::make(rotated.origin, "next"));
  rotated.retire_key(rotated.first);
  server.serve(rotated);
  const Ran ran =
      compare(kept("a", one, 8) + kept("b", rotated, rotated.records.size()) + " " + server.url());
  EXPECT_NE(ran.exit, 0);
  EXPECT_NE(ran.text.find("contradiction: ") != std::string::npos, ran.exit == 11) << ran.text;
}

TEST_F(Compare, NeedsNobodyWhereTheTreesHaveOneSize) {
  expect(compare(kept("a", one, 8) + kept("b", other, 8)), 13, "contradiction: ");
  expect(run("verify " + out + vkey), 0, "verified: ");
  expect(compare(kept("a", one, 7) + kept("b", other, 8)), 11,
         "name the log's URL, or an export of it, that has the larger one");
}

// A server that shows its own clients one history can be asked about the other one.
TEST_F(Compare, HoldsBothAgainstWhatTheServerHas) {
  server.serve(one);
  const Ran ran = compare(kept("a", one, 3) + kept("b", other, 7) + " " + server.url());
  expect(ran, 13, "contradiction: ");
  expect(ran, 13, "(" + server.url() + ")");
  expect(run("verify " + out + vkey), 0, "verified: ");
}

TEST_F(Compare, SaysWhenItCannotKnow) {
  LogBuilder longer = history("another");
  longer.server_batch(3);
  server.serve(one);
  expect(compare(kept("a", one, 3) + kept("b", longer, 11) + " " + server.url()), 11,
         "did not show the tree of 11 records, ");
  expect(compare(kept("a", one, 3) + " /dev/null"), 10, "while reading /dev/null");
  const LogBuilder elsewhere("audit.example.org/elsewhere");
  EXPECT_NE(compare(kept("a", one, 1) + kept("b", elsewhere, 1)).exit, 13)
      << "it is of another log";
}

}  // namespace
}  // namespace varve::audit
