// varve-audit --policy: a checkpoint counts when the quorum has cosigned it, offline and from a server.
#include <gtest/gtest.h>

#include <filesystem>

#include "fake_server.h"
#include "ledger/env/posix.h"
#include "ledger/format/cose_receipt.h"
#include "ledger/format/cosignature.h"
#include "ledger/merkle/proof.h"
#include "run_program.h"
#include "temporary_directory.h"
#include "tests/format/test_cosigner.h"
#include "tests/verify/cosigned_log.h"
#include "tests/verify/log_answers.h"

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

std::string vkey_of(const SigningKey& key) {
  return format::format_vkey(key.verifier);
}

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

// A rotation leaves it: the policy names the log by one key for ever, and the log's own keys are followed.
TEST_F(Policy, NamesTheLogByTheWitnessKeyThatTheLogAnnounced) {
  const SigningKey named = SigningKey::make(log.origin, "for witnesses");
  const SigningKey stranger = SigningKey::make(log.origin, "nobody's");
  log.key_events.push_back(log.records.size());
  log.control(format::Kind::kWitnessKey,
              log.key_note(format::KeyAction::kWitnessKey, named, {log.first, named}));
  const SigningKey next = SigningKey::make(log.origin, "second key");
  log.rotate_key(next);
  log.retire_key(log.first);
  const auto note = [&](const std::vector<SigningKey>& with) {
    format::Note out = *format::parse_note(log.checkpoint(log.records.size()));
    const std::string text = out.text;
    for (const SigningKey& key : with)
      out.signatures.push_back({log.origin, key.verifier.id, key.sign(bytes_of(text))});
    out.signatures.push_back(one.cosign(text, 1'795'256'100));
    return format::format_note(out);
  };
  const auto by_key = [&](const SigningKey& key) {
    return policy("quorum A\n", "log " + format::format_vkey(key.verifier) + "\n");
  };
  FakeServer server;
  server.serve(log);
  const auto ask = [&](const std::string& witnessed, const SigningKey& of_policy) {
    server.replace("checkpoint/witnessed", to_buffer(bytes_of(witnessed)));
    return run("checkpoint " + server.url() + vkey + by_key(of_policy));
  };
  expect(ask(note({named}), named), 0, "; cosigned by A at ");
  expect(ask(note({}), named), 10, "its witness key of today is " + vkey_of(named));
  expect(ask(note({named}), log.first), 10, "its witness key of today is " + vkey_of(named));
  expect(ask(note({named, stranger}), stranger), 10, "none that the log announced");
  expect(ask(note({named}), next), 0, "; cosigned by A at ");
  // What was kept before another took its place is verified by both lines.
  const std::string kept = note({named});
  const SigningKey later = SigningKey::make(log.origin, "for witnesses, later");
  log.key_events.push_back(log.records.size());
  log.control(format::Kind::kWitnessKey,
              log.key_note(format::KeyAction::kWitnessKey, later, {next, later}));
  server.serve(log);
  expect(ask(kept, later), 10, "its witness key of today is " + vkey_of(later));
  server.replace("checkpoint/witnessed", to_buffer(bytes_of(kept)));
  expect(run("checkpoint " + server.url() + vkey +
             policy("quorum A\n", "log " + vkey_of(later) + "\nlog " + vkey_of(named) + "\n")),
         0, "; cosigned by A at ");
  // The witness key stands for the log nowhere.
  format::Note alone = *format::parse_note(kept);
  alone.signatures.erase(alone.signatures.begin());
  expect(ask(format::format_note(alone), named), 13, "");
}

TEST_F(Policy, TakesNoWitnessThatHasAKeyOfTheLog) {
  const auto same = format::make_cosigner_key("w1.example", log.first.verifier.key);
  const std::string itself =
      " --policy " + directory.write("itself", "witness A " + format::format_cosigner_vkey(*same) +
                                                   "\nquorum none\n");
  FakeServer server;
  server.serve(log);
  server.replace("checkpoint/witnessed", to_buffer(bytes_of(cosigned({}))));
  expect(run("checkpoint " + server.url() + vkey + itself), 10, "has a key of the log itself");
}

TEST_F(Policy, CountsCosignaturesOfTheLastHoursOrDaysOnlyWhereThatIsAsked) {
  const std::uint64_t now_s = env::posix_clock().now_us() / 1'000'000;
  const std::string old = cosigned({by(one, now_s), by(two, now_s - 2 * 3'600)});
  expect(verify(old, policy(kBoth)), 0, "; cosigned by A at ");
  expect(verify(old, policy(kBoth) + " --max-age 3h"), 0, "; cosigned by A at ");
  expect(verify(old, policy(kBoth) + " --max-age 1h"), 11,
         "did not cosign the checkpoint within --max-age: A at ");
  expect(verify(old, policy("quorum A\n") + " --max-age 1h"), 0, "B at ");
  expect(verify(old, policy("quorum B\n") + " --max-age 1h"), 11, "");
  expect(verify(old, policy("quorum B\n") + " --max-age 1d"), 0, "");
  expect(verify(cosigned({by(two)}), policy(kBoth) + " --max-age 1d"), 11, "only B");
  // A witness whose clock is ahead would be late for years.
  for (const std::uint64_t ahead_s :
       {std::uint64_t{3'600}, std::uint64_t{315'360'000}, std::uint64_t{1} << 62}) {
    const std::string early = cosigned({by(one), by(two, now_s + ahead_s)});
    expect(verify(early, policy("quorum B\n") + " --max-age 1d"), 11, "ahead of this machine's");
    expect(verify(early, policy("quorum B\n")), 0, "B at ");
  }
  const std::string nearly = cosigned({by(one), by(two, now_s + 240)});
  expect(verify(nearly, policy("quorum B\n") + " --max-age 1d"), 0, "B at ");
  for (const char* age : {"3", "3m", "-1h", "h"})
    EXPECT_NE(verify(old, policy(kBoth) + " --max-age " + age).exit, 0) << age;
  EXPECT_NE(verify(old, " --max-age 3h").exit, 0) << "of whose cosignatures?";
}

// Whose names stand under a record, the log says; who they are, only a policy does.
TEST_F(Policy, IsMetByARecordOrByTheCheckpointItselfWhereTheWholeLogIsRead) {
  const Cosigned made = Cosigned::good();
  FakeServer server;
  server.serve(made.log);
  const std::string check = "check " + server.url() + " --vkey " + vkey_of(made.log.first);
  const auto by = [&](const std::string& quorum, const std::string& before = "") {
    return " --policy " +
           directory.write("policy", before + "witness A " + made.witness.vkey() + "\nwitness B " +
                                         two.vkey() + "\n" + quorum);
  };
  const std::string newest = std::to_string(made.second);
  expect(run(check), 0,
         "2 records of checkpoints that name others as signers, the newest in " + newest +
             "; not verified: give --policy");
  expect(run(check + by("quorum A\n")), 0,
         "; 2 by a quorum of the policy, the newest in " + newest);
  expect(run("--json " + check + by("quorum A\n")), 0, "\"newest_by_quorum\":" + newest);
  expect(run(check + by("quorum B\n")), 11, "intact, but none of them is a checkpoint");
  expect(run(check + by("quorum none\n")), 0, "; 0 by a quorum of the policy");
  const std::string other = "log " + vkey_of(SigningKey::make(made.log.origin, "other")) + "\n";
  expect(run(check + by("quorum A\n", other)), 11, "none of them");
  const std::string now = made.log.checkpoint(made.log.records.size());
  format::Note note = *format::parse_note(now);
  note.signatures.push_back(two.cosign(note.text, 1'795'256'100));
  server.replace("checkpoint", to_buffer(bytes_of(format::format_note(note))));
  expect(run(check + by("quorum B\n")), 0, "the checkpoint itself; cosigned by B at ");
}

TEST_F(Policy, IsNotMetByRecordsThatWereReadWithoutIt) {
  const Cosigned made = Cosigned::good();
  FakeServer server;
  server.serve(made.log);
  const std::string check = "check " + server.url() + " --vkey " + vkey_of(made.log.first) +
                            " --state " + directory.file("state");
  std::filesystem::create_directory(directory.file("state"));
  const std::string by =
      " --policy " + directory.write("policy", "witness A " + made.witness.vkey() + "\nquorum A\n");
  expect(run(check), 0, "not verified");
  expect(run(check + by), 11, "2 older ones were read before and not held to this policy");
}

// A key of the log may sign what is none: that stops nobody's program.
TEST_F(Policy, OrNoneAProofOfWhatIsNoRecordIsRefused) {
  const std::string bytes = "\1\1 begins as an event, and the rest is no record";
  log.records.push_back(to_buffer(bytes_of(bytes)));
  const std::size_t at = log.records.size() - 1;
  const std::string proof = directory.write("proof", proof_file(log, at, at + 1));
  const std::string said = "is in the tree that the log signed, and is no record";
  expect(run("verify " + proof + vkey), 13, said);
  const format::Checkpoint tree =
      *format::parse_checkpoint_text(format::parse_note(log.checkpoint(at + 1))->text);
  const Buffer signature = log.first.sign(format::cose_signed_bytes(log.first.verifier, tree));
  const auto path =
      *merkle::prove_inclusion(LeafIndex{at}, tree.size, LeafReader(log, log.records.size()));
  const Buffer receipt = format::inclusion_receipt(
      *format::make_signed_root(tree, log.first.verifier, signature), LeafIndex{at}, path);
  expect(run("verify " + directory.write("cose", std::string(text_of(receipt))) + vkey +
             " --record " + directory.write("record", bytes)),
         13, said);
}

}  // namespace
}  // namespace varve::audit
