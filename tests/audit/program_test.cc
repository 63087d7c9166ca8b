// varve-audit itself: what it links, what it says and how it ends, against a server and offline.
#include <gtest/gtest.h>

#include "fake_server.h"
#include "ledger/base/codec.h"
#include "ledger/base/text.h"
#include "ledger/format/batch.h"
#include "ledger/verify/trust_bundle.h"
#include "run_program.h"
#include "temporary_directory.h"
#include "tests/verify/buried.h"
#include "tests/verify/good_log.h"
#include "tests/verify/log_answers.h"

namespace varve::audit {

using namespace verify;

namespace {

std::string hex_of(SourceId source) {
  Buffer id;
  ByteWriter(id).u64(source.value);
  return hex(id);
}

struct Program : ::testing::Test {
  TemporaryDirectory directory;
  LogBuilder log = good_log();
  FakeServer server;
  std::string vkey = " --vkey " + format::format_vkey(log.first.verifier);

  Program() { server.serve(log); }
};

TEST_F(Program, ChecksAGoodLogOverHttp) {
  expect(run("check " + server.url() + vkey), 0,
         "intact: 35 records, 8 batches, 2 sources, size 35, root ");
  expect(run("--json check " + server.url() + vkey), 0, R"("records":35,"batches":8,"sources":2)");
}

TEST_F(Program, ListsWhoSentAndNamesThemWhereSomethingIsWrong) {
  LogBuilder sent = sender_log();
  FakeServer other;
  other.serve(sent);
  expect(run("sources " + other.url() + vkey), 0,
         "client/_45_48_52_40ward-7, client: 3 events, none missing, none twice, the last in "
         "record 43");
  expect(run("sources " + other.url() + vkey), 0, "listener/relay, listener: 3 events");
  expect(run("sources " + other.url() + vkey), 0, "ward-7/printer, sealing: 9 events");
  expect(
      run("--json sources " + other.url() + vkey), 0,
      R"("name":"listener/relay","id":"7b1560c10ce484c2","kind":"listener","events":3,"gaps":0)");
  sent.event(id_of(ehr()), 7, "{}");
  other.serve(sent);
  expect(
      run("check " + other.url() + vkey), 13,
      "corrupt: record 45 (client/_45_48_52_40ward-7): event: the event's number is 7, expected 3");
}

TEST_F(Program, NamesTheRecordThatIsWrong) {
  LogBuilder altered = log;
  const std::size_t index = find_record(log, format::Kind::kEvent, id_of(ward()), 1);
  altered.records[index].back() ^= std::byte{1};
  const std::string bundle = "tile/entries/000.p/35";
  server.replace(bundle, altered.files().at(bundle));
  const std::string record = "record " + std::to_string(index) + " (ward-7/printer): leaf hash";
  expect(run("check " + server.url() + vkey), 13, "corrupt: " + record);
  expect(run("--json check " + server.url() + vkey), 13, "\"index\":" + std::to_string(index));
}

TEST_F(Program, SaysWhatItCouldNotRead) {
  server.remove("tile/0/000.p/35");
  expect(run("check " + server.url() + vkey), 14, "tile/0/000");
  expect(run("check " + directory.path() + vkey), 14,
         "open checkpoint: No such file or directory while reading the export " + directory.path());
}

TEST_F(Program, IsPatientWithABusyServer) {
  server.be_busy(2);
  expect(run("check " + server.url() + vkey), 0, "intact");
}

TEST_F(Program, TellsWrongUseFromAWrongKeyAndFromAnotherLogsKey) {
  EXPECT_EQ(run("").exit, 2);
  EXPECT_EQ(run("check " + server.url()).exit, 2);
  EXPECT_EQ(run("inclusion " + server.url() + vkey).exit, 2);
  EXPECT_EQ(run("inclusion --index 1 --leaf 00 " + server.url() + vkey).exit, 2);
  EXPECT_EQ(run("--help").exit, 0);
  EXPECT_EQ(run("check " + server.url() + " --vkey x").exit, 10);
  const SigningKey other = SigningKey::make(log.origin, "another first key");
  expect(run("check " + server.url() + " --vkey " + format::format_vkey(other.verifier)), 13,
         "keys");
  EXPECT_EQ(run("checkpoint http://varve.example/logs/a" + vkey).exit, 10);
}

TEST_F(Program, RemembersCheckpointsAndRefusesALogThatWasCut) {
  const std::string command = "checkpoint " + server.url() + vkey + " --state " + directory.path();
  expect(run(command), 0, "35 records, root");
  LogBuilder grown = log;
  grown.server_batch(2);
  server.serve(grown);
  expect(run(command), 0, "it extends the 35 records that were remembered");
  server.serve(log);
  expect(run(command), 13, "the log was cut");
  expect(run("check " + server.url() + vkey + " --state " + directory.path()), 13,
         "both checkpoints are in");
}

TEST_F(Program, ContinuesAnAuditWhereTheLastOneEnded) {
  const std::string command = "check " + server.url() + vkey + " --state " + directory.path();
  for (int i = 0; i < 4; ++i) {
    log.server_batch(300);
    server.serve(log);
    expect(run(command), 0, "intact: " + std::to_string(log.records.size()) + " records");
  }
  const int before = server.requests();
  expect(run(command), 0, "intact");
  EXPECT_LE(server.requests() - before, 5) << "nothing new: checkpoint, keys, one upper tile";
}

TEST_F(Program, ChecksAgainstAnOlderCheckpoint) {
  LogBuilder other = log;
  const std::string since =
      " --since " + directory.write("old", log.checkpoint(log.records.size()));
  log.server_batch(2);
  server.serve(log);
  expect(run("check " + server.url() + vkey + since), 0, "intact");
  other.records.pop_back();
  other.batch(lab(), 1);
  server.serve(other);
  EXPECT_EQ(run("check " + server.url() + vkey + since).exit, 13);
}

TEST_F(Program, ExportsALogAndCatchesUpAndTheExportIsChecked) {
  const std::string exported = directory.file("export");
  const std::string fetch = "fetch " + server.url() + " " + exported + vkey;
  expect(run(fetch), 0, "fetched: 35 records, 2 of 2 files were new");
  const Ran fetched = run(fetch);
  const std::size_t advice = fetched.text.find("varve-audit check ");
  ASSERT_NE(advice, std::string::npos) << fetched.text;
  expect(run(fetched.text.substr(advice + 12)), 0, "intact: 35 records");
  log.server_batch(600);
  server.serve(log);
  expect(run(fetch), 0, "files were new");
  EXPECT_FALSE(std::filesystem::exists(exported + "/tile/entries/000.p/35"))
      << "what is full now needs no part";
  expect(run("check " + exported + vkey), 0, "intact: " + std::to_string(log.records.size()));
  expect(run(fetch), 0, " 0 of 7 files were new");

  std::filesystem::remove(exported + "/tile/entries/001");  // as if it had been interrupted
  expect(run("check " + exported + vkey), 14, "001");
  expect(run(fetch), 0, " 1 of 7 files were new");
  expect(run("check " + exported + vkey), 0, "intact");
}

// A log can be intact although events are gone: a script can see this by the exit code.
TEST_F(Program, EndsWithACodeOfItsOwnWhenAllIsIntactButEventsAreGone) {
  Files files = log.files();
  bury(files, all_events(log, log.records.size()));
  server.replace("tile/entries/000.p/35", files.at("tile/entries/000.p/35"));
  const std::string count = std::to_string(all_events(log, log.records.size()).size());
  expect(run("check " + server.url() + vkey), 18,
         "intact, but " + count + " events are gone: 35 records");
  std::filesystem::create_directory(directory.file("state"));
  const std::string again = "check " + server.url() + vkey + " --state " + directory.file("state");
  for (int twice = 0; twice < 2; ++twice)
    expect(run(again), 18, "\n" + count + " events of 2026-01 are gone");
  expect(
      run("renew " + server.url() + vkey + " --hash sha3-256 --out " + directory.file("statement")),
      18, count + " events of 2026-01 are gone");
}

TEST_F(Program, ExportsNoTombstoneInPlaceOfAnEventThatTheExportHas) {
  const std::string exported = directory.file("export");
  const std::string fetch = "fetch " + server.url() + " " + exported + vkey;
  ASSERT_EQ(run(fetch).exit, 0);
  const std::set<std::size_t> events = all_events(log, 35);
  log.server_batch(2);
  server.serve(log);
  const std::string grown = "tile/entries/000.p/38";
  Files lie = log.files();
  bury(lie, events, {0, 0, kNowUs, {}});
  server.replace(grown, lie.at(grown));
  for (int twice = 0; twice < 2; ++twice) expect(run(fetch), 13, "tombstone: it names the month 0");
  expect(run("check " + exported + vkey), 0, "intact: 35 records");
  Files files = log.files();
  bury(files, events);
  server.replace(grown, files.at(grown));
  expect(run(fetch), 18, "kept here: " + std::to_string(events.size()) + " events of 2026-01");
  expect(run("check " + exported + vkey), 0, "intact: 38 records");
}

TEST_F(Program, NamesTheRecordOfAnExportWhereOneByteWasChanged) {
  const std::string exported = directory.file("export");
  ASSERT_EQ(run("fetch " + server.url() + " " + exported + vkey).exit, 0);
  std::string bundle = directory.read("export/tile/entries/000.p/35");
  const std::size_t at = bundle.find(R"({"n":5})");
  ASSERT_NE(at, std::string::npos);
  bundle[at + 5] = '6';
  directory.write("export/tile/entries/000.p/35", bundle);
  expect(run("check " + exported + vkey), 13, "corrupt: record 5 (ward-7/printer): leaf hash");
}

TEST_F(Program, ProvesRecordsOnlineAndOffline) {
  const std::string record = directory.write("record", std::string(text_of(log.records[5])));
  const std::string leaf = hex(merkle::leaf_hash(log.records[5]).view());
  expect(run("inclusion " + server.url() + vkey + " --index 5"), 0, leaf);
  expect(run("inclusion " + server.url() + vkey + " --leaf " + leaf), 0, "record 5");
  expect(run("inclusion " + server.url() + vkey + " --record " + record), 0, "record 5");
  expect(run("inclusion " + server.url() + vkey + " --index 35"), 11, "there is no such thing");

  const std::string out = directory.file("payload");
  expect(run("event " + server.url() + " 5" + vkey + " --out " + out), 0, "verified: record 5");
  EXPECT_EQ(directory.read("payload"), R"({"n":5})");

  const std::string explain = "event " + server.url() + " 5" + vkey + " --explain";
  expect(run(explain), 0, "\nformat: json, extractor version 2\nnot understood: n: no field");
  expect(run("--json " + explain), 0, R"("explanation":"format: json, extractor version 2\n)");

  const std::string proof = directory.file("5.tlog-proof");
  expect(run("proof " + server.url() + " 5" + vkey + " --out " + proof), 0, "verified: record 5");
  const std::string keys =
      directory.write("keys.json", std::string(text_of(log.files().at("keys"))));
  const std::string verify = "verify " + proof + vkey + " --keys " + keys;
  expect(run(verify), 0, "verified: 1 record from 5 on");
  expect(run(verify + " --payload " + out), 0, "verified");
  expect(run(verify + " --payload " + record), 13, "another payload");
  expect(run("verify " + proof + vkey), 11, "--bundle");  // the first key is retired
}

// Whoever runs the server and has stolen the key that left long ago: all is signed, and another log.
TEST_F(Program, TakesNoRecordOfATreeThatAKeyWhichLeftSignedAlone) {
  LogBuilder forged = log;
  forged.records.resize(log.key_events.back());
  for (std::size_t i = 1; i < 7; ++i) forged.records[i].back() ^= std::byte{1};
  forged.active = {log.first};
  const std::string out = directory.file("out");
  for (const LogBuilder* serving : {&log, &forged}) {
    server.serve(*serving);
    server.replace("keys", log.files().at("keys"));
    const bool honest = serving == &log;
    for (const std::string& command :
         {"inclusion " + server.url() + " --index 6", "event " + server.url() + " 6 --out " + out,
          "proof " + server.url() + " 6 --out " + out, "checkpoint " + server.url()}) {
      const Ran ran = run(command + vkey);
      EXPECT_EQ(ran.exit == 0, honest) << command << ran.text;
      EXPECT_EQ(ran.text.find("verified") != std::string::npos, honest) << command << ran.text;
    }
  }
}

TEST_F(Program, VerifiesACheckpointByItself) {
  const std::string now = directory.write("now", log.checkpoint(log.records.size()));
  const std::string bundle =
      " --bundle " +
      directory.write("bundle", *make_bundle(log.first.verifier, text_of(log.files().at("keys"))));
  const std::string by = format::key_id_text(log.active.front().verifier);
  expect(run("verify " + now + bundle), 0,
         "verified: the checkpoint of 35 records of " + log.origin);
  expect(run("verify " + now + bundle), 0, "signed by " + by);
  expect(run("--json verify " + now + bundle), 0, "\"size\":35");
  expect(run("verify " + now + vkey), 11, "--bundle");  // the first key is retired
  expect(run("verify " + now + bundle + " --payload " + now), 10, "a checkpoint says nothing");
}

TEST_F(Program, VerifiesReceiptsOfBothKinds) {
  LogBuilder fresh;
  fresh.register_source(ward());
  fresh.batch(ward(), 2);
  fresh.server_batch(2);
  Buffer sealed;
  for (std::size_t i = 2; i < 5; ++i) format::append_to_bundle(sealed, fresh.records[i]);
  const std::string batch = directory.write("batch", std::string(text_of(sealed)));
  const std::string body = directory.write("body", "{\"n\":5}\n{\"n\":6}\n");
  const std::string one = directory.write("one.json", receipt_json(fresh, 2, 3, 8, false));
  const std::string two = directory.write("two.json", receipt_json(fresh, 5, 2, 8, true));
  expect(run("verify " + one + vkey + " --batch " + batch), 0, "verified: 3 records from 2 on");
  expect(run("verify " + two + vkey + " --payload " + body), 0, "verified: 2 records from 5 on");
  expect(run("verify " + one + vkey + " --batch " + batch), 0,
         "events 0 to 1 of source " + hex_of(id_of(ward())) +
             ", application/json, of 2023-11-14T22:13:20Z");
  expect(run("verify " + one + vkey + " --batch " + batch), 0, "; batch-seal 0 of source ");
  expect(run("verify " + two + vkey + " --payload " + body), 0,
         "events 0 to 1 of the log itself, application/json, of 2023-11-14T22:13:20Z");
  expect(run("--json verify " + two + vkey + " --payload " + body), 0,
         R"({"index":6,"kind":"event","source":"0000000000000000","sequence":1,)"
         R"("time_us":1700000000000006,"media_type":"application/json"}])");
  expect(run("verify " + one + vkey), 10, "--batch");
  directory.write("body", "{\"n\":5}\n{\"n\":7}\n");
  const Ran altered = run("verify " + two + vkey + " --payload " + body);
  expect(altered, 13, "another root");
  EXPECT_EQ(altered.text.find("key"), std::string::npos) << "not the key's fault: " << altered.text;
  EXPECT_EQ(run("verify " + two + vkey + " --payload " + body + " --batch " + batch).exit, 2);
}

// The renewal is signed by the log's second key; the old proof by its first, which has left since.
TEST_F(Program, AsksForTheTrustBundleWhereTheKeyGivenHasLeftTheLog) {
  const std::string leaves = directory.file("leaves"), statement = directory.file("statement");
  const std::string renewal = directory.file("renewal"), proven = directory.file("proven");
  expect(run("renew " + server.url() + vkey + " --hash sha3-256 --out " + statement + " --leaves " +
             leaves),
         0, "renewed: the first 35 records");
  log.control(format::Kind::kRenewal, sign_note(directory.read("statement"), {log.active.front()}));
  server.serve(log);
  expect(run("proof " + server.url() + " 35" + vkey + " --out " + renewal), 0,
         "verified: record 35");
  LogBuilder before = log;
  before.active = {log.first};
  const std::string old = directory.write("old", proof_file(before, 11, 12));
  const std::string bundle =
      " --bundle " +
      directory.write("bundle", *make_bundle(log.first.verifier, text_of(log.files().at("keys"))));
  const std::string prove = " --receipt " + old + " --renewal " + renewal + " --out " + proven;
  const std::string hint = "and the one given is another: give the log's trust bundle";
  expect(run("renewal-proof " + leaves + vkey + prove), 11, hint);
  expect(run("renewal-proof " + leaves + bundle + prove), 0, "proven: the first 35 records");
  expect(run("verify " + old + vkey), 0, "verified");
  expect(run("verify " + old + vkey + " --renewal " + proven), 11, hint);
  expect(run("verify " + old + bundle + " --renewal " + proven), 0, "by the renewal in record 35");
  expect(run("--json verify " + old + bundle + " --renewal " + proven), 0,
         R"("renewed":true,"renewal":{"hash":"sha3-256","index":35}})");
  const std::string to_bundle =
      directory.write("consistency", consistency_json(log, 12, log.records.size()));
  const std::string elsewhere = directory.write("elsewhere", consistency_json(log, 11, 30));
  expect(run("verify " + old + bundle), 10, "proof/consistency?from=12&to=36");
  expect(run("verify " + old + bundle + " --consistency " + to_bundle), 0, "verified: 1 record");
  expect(run("verify " + old + bundle + " --consistency " + elsewhere), 10,
         "is of the sizes 11 and 30");
  expect(run("verify " + old + vkey + " --consistency " + to_bundle), 10, "--bundle");
}

TEST_F(Program, PrintsTheKeyHistory) {
  const Ran ran = run("keys " + server.url() + vkey);
  expect(ran, 0, "record 0: " + format::format_vkey(log.first.verifier) + " created");
  expect(ran, 0, " joined");
  expect(ran, 0, " retired");
  expect(ran, 0, "verified: 1 of 2 keys");
}

}  // namespace
}  // namespace varve::audit
