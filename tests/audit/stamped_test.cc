// varve-audit verify --stamped: since when a record is known to have been there, offline, by somebody else's word.
#include <gtest/gtest.h>

#include "ledger/base/month.h"
#include "ledger/base/text.h"
#include "ledger/format/stamped_checkpoint.h"
#include "run_program.h"
#include "temporary_directory.h"
#include "tests/format/time_authority.h"
#include "tests/verify/log_answers.h"

namespace varve::audit {
namespace {

struct Stamped : ::testing::Test {
  TemporaryDirectory directory;
  verify::LogBuilder log;
  const format::TimeAuthority engine;
  const std::string vkey = " --vkey " + format::format_vkey(log.first.verifier);
  const std::string authority = " --authority tsa.example.org=" + engine.key_hash();
  std::string proof;
  std::string stamped;

  Stamped() {
    log.server_batch(12);
    proof = directory.write("4.tlog-proof", verify::proof_file(log, 4, 9));
    const std::string text = format::parse_note(log.checkpoint(11))->text;
    stamped = " --stamped " + directory.write("stamped", format::stamped_checkpoint_text(
                                                             {*format::parse_checkpoint_text(text),
                                                              {engine.token(text)}}));
  }
  [[nodiscard]] std::string consistency(std::size_t from, std::size_t to) const {
    return " --stamped-consistency " +
           directory.write("consistency.json", verify::consistency_json(log, from, to));
  }
};

TEST_F(Stamped, SaysSinceWhenARecordIsKnownToHaveBeenThereAndByWhom) {
  const Ran ran = run("verify " + proof + vkey + stamped + authority + consistency(9, 11));
  expect(ran, 0, "; there before 20");
  expect(ran, 0, "Z by tsa.example.org");
  const Ran json = run("verify --json " + proof + vkey + stamped + authority + consistency(9, 11));
  expect(json, 0, R"("stamped_by":[{"name":"tsa.example.org","before_us":)");
  const std::string checkpoint = directory.write("checkpoint", log.checkpoint(11));
  expect(run("verify " + checkpoint + vkey + stamped + authority), 0, "Z by tsa.example.org");
}

TEST_F(Stamped, SaysNothingWithoutAProofAnAuthorityOrAWholeFile) {
  expect(run("verify " + proof + vkey + stamped + authority), 10,
         "GET proof/consistency?from=9&to=11");
  expect(run("verify " + proof + vkey + stamped + authority + consistency(8, 11)), 10,
         "the consistency proof has the wrong length");
  expect(run("verify " + proof + vkey + stamped), 2, "--authority");
  expect(run("verify " + proof + vkey + authority), 2, "--stamped");
  expect(run("verify " + proof + vkey + stamped + " --authority tsa=" + std::string(64, '0') +
             consistency(9, 11)),
         11, engine.key_hash());
  expect(run("verify " + proof + vkey + stamped + " --authority " + engine.key_hash() +
             consistency(9, 11)),
         10, "--authority is a name");
  expect(run("verify " + proof + vkey + " --stamped " + directory.write("garbage", "garbage") +
             authority),
         10, "a stamped checkpoint is");
}

}  // namespace
}  // namespace varve::audit
