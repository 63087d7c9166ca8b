// varve-audit --policy: a checkpoint counts when the quorum has cosigned it, offline and from a server.
#include <gtest/gtest.h>

#include "fake_server.h"
#include "run_program.h"
#include "temporary_directory.h"
#include "tests/format/test_cosigner.h"
#include "tests/verify/log_builder.h"

namespace varve::audit {

using namespace verify;

namespace {

struct Policy : ::testing::Test {
  TemporaryDirectory directory;
  LogBuilder log;
  const format::TestCosigner one{"w1.example", 1};
  const format::TestCosigner two{"w2.example", 2};
  const std::string vkey = " --vkey " + format::format_vkey(log.first.verifier);

  Policy() { log.server_batch(12); }

  [[nodiscard]] std::string policy(const std::string& quorum,
                                   const std::string& before = "") const {
    return " --policy " +
           directory.write("policy", before + "witness A " + one.vkey() + "\nwitness B " +
                                         two.vkey() + "\n" + quorum);
  }
  /// The log's checkpoint with these lines behind its own.
  [[nodiscard]] std::string cosigned(const std::vector<format::NoteSignature>& lines,
                                     std::size_t size = 10) const {
    format::Note note = *format::parse_note(log.checkpoint(size));
    note.signatures.insert(note.signatures.end(), lines.begin(), lines.end());
    return format::format_note(note);
  }
  [[nodiscard]] format::NoteSignature by(const format::TestCosigner& witness,
                                         std::uint64_t time_s = 1'795'256'100) const {
    return witness.cosign(format::parse_note(log.checkpoint(10))->text, time_s);
  }
  [[nodiscard]] Ran verify(const std::string& note, const std::string& with) const {
    return run("verify " + directory.write("checkpoint", note) + vkey + with);
  }
};

constexpr const char* kBoth = "group g all A B\nquorum g\n";

TEST_F(Policy, IsMetByItsQuorumAndSaysWhoCosignedAndWhen) {
  const std::string note = cosigned({by(one), by(two, 1'795'256'160)});
  expect(verify(note, policy(kBoth)), 0,
         "; cosigned by A at 2026-11-21T10:15:00Z, B at 2026-11-21T10:16:00Z");
  const std::string path = directory.write("checkpoint", note);
  expect(
      run("--json verify " + path + vkey + policy(kBoth)), 0,
      R"("cosigned_by":[{"witness":"A","time_s":1795256100},{"witness":"B","time_s":1795256160}])");
  expect(verify(cosigned({by(two)}), policy("quorum B\n")), 0, "; cosigned by B at ");
  expect(verify(cosigned({}), policy("quorum none\n")), 0, "the policy needs none");
}

TEST_F(Policy, IsNotMetByLessAndSaysWhoIsThere) {
  expect(verify(cosigned({by(one)}), policy(kBoth)), 11, "only A at 2026-11-21T10:15:00Z");
  expect(verify(cosigned({}), policy(kBoth)), 11, "none of the policy's has");
  const format::TestCosigner stranger("w2.example", 3);
  expect(verify(cosigned({by(one), by(stranger)}), policy(kBoth)), 11, "only A");
}

TEST_F(Policy, IsBrokenByAFalseCosignatureThoughTheOthersAreEnough) {
  format::NoteSignature forged = by(two);
  forged.signature.back() ^= std::byte{1};
  expect(verify(cosigned({by(one), forged}), policy("quorum A\n")), 13,
         "the cosignature by w2.example");
  expect(verify(cosigned({by(one, 0)}), policy("quorum A\n")), 13, "has no time");
}

TEST_F(Policy, IsOfItsLogsWhereItNamesAny) {
  const std::string note = cosigned({by(one)});
  const auto of_the_log = "log " + format::format_vkey(log.first.verifier) + "\n";
  const auto other =
      "log " + format::format_vkey(format::TestKey::ed25519(log.origin, 7).verifier()) + "\n";
  expect(verify(note, policy("quorum A\n", of_the_log)), 0, "cosigned by A");
  expect(verify(note, policy("quorum A\n", other + of_the_log)), 0, "cosigned by A");
  expect(verify(note, policy("quorum A\n", other)), 10, "no key of the policy's lines `log`");
  expect(verify(note, policy("quorum C\n")), 10, "line 3 of the witness policy");
}

TEST_F(Policy, AsksAServerForTheWitnessedCheckpoint) {
  FakeServer server;
  server.serve(log);
  const std::string ask = "checkpoint " + server.url() + vkey;
  expect(run(ask + policy("quorum A\n")), 11, "");
  server.replace("checkpoint/witnessed", to_buffer(bytes_of(cosigned({by(one)}))));
  expect(run(ask + policy("quorum A\n")), 0, "has 10 records");
  expect(run(ask + policy("quorum A\n")), 0, "; cosigned by A at 2026-11-21T10:15:00Z");
  expect(run(ask + policy(kBoth)), 11, "only A");
  expect(run(ask), 0, "has " + std::to_string(log.records.size()) + " records");
}

}  // namespace
}  // namespace varve::audit
