// A witness over HTTP without its sockets, with its key and those of its logs in memory: what it promises when the
// token, the disk or its own past fail.
#include "api/witness/witness_routes.h"

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <future>
#include <thread>

#include "api/service.h"
#include "ledger/format/checkpoint.h"
#include "ledger/store/mark_file.h"
#include "tests/api/answered.h"
#include "tests/env/temporary_directory.h"
#include "tests/log/world.h"
#include "witness_requests.h"

namespace varve::api {
namespace {

using testing::SoftKey;

constexpr std::uint64_t kNowUs = 1'900'000'000'000'000;
constexpr std::uint64_t kMinuteUs = 60'000'000;

struct WitnessRoutes : ::testing::Test {
  env::TemporaryDirectory directory;
  SoftKey witness_key{"w.example"};
  SoftKey log_key{"log.example"};
  testing::SoftSigner signer;
  testing::SetClock clock;
  std::unique_ptr<env::Filesystem> files = *env::open_posix(directory.path());
  std::unique_ptr<env::HighWaterMark> mark = store::mark_file(*files, "mark");
  std::vector<std::string> notices;
  Journal journal{Level::kError};
  std::unique_ptr<witness::Witness> opened;
  std::unique_ptr<WitnessSite> site;
  std::vector<Route> routes;
  std::unique_ptr<Access> access;
  std::unique_ptr<Service> service;
  AskingLog log{log_key};

  WitnessRoutes() {
    signer.add(witness_key);
    clock.now = kNowUs;
    EXPECT_TRUE(open());
  }
  ~WitnessRoutes() override { close(); }

  [[nodiscard]] format::CosignerKey cosigner() const {
    return *format::make_cosigner_key("w.example", witness_key.key.key);
  }
  Result<void> open() {
    witness::WitnessOptions options;
    options.key = cosigner();
    options.signer = &signer;
    options.clock = &clock;
    options.mark = mark.get();
    options.notice = [this](std::string_view event, std::string_view, const std::string&) {
      notices.emplace_back(event);
    };
    ASSIGN_OR_RETURN(opened, witness::Witness::open(*files, std::move(options)));
    RETURN_IF_ERROR(list("qpd 100000000\n"));
    site = std::make_unique<WitnessSite>(WitnessSite{*opened, "https://w.example", "1.0"});
    routes = witness_routes(*site);
    access = std::make_unique<Access>(AccessOptions{}, Tokens{}, journal);
    service = std::make_unique<Service>(*access, env::posix_clock(), routes);
    return {};
  }
  void close() {
    if (opened) opened->stop();
    if (access) access->stop();
    service.reset();
    access.reset();
    opened.reset();
  }
  Result<void> list(const std::string& more) const {
    return opened->set_logs(
        *format::parse_log_list("logs/v0\nvkey " + format::format_vkey(log_key.key) + "\n" + more));
  }

  Response call(Method method, const std::string& target, const std::string& body = "") {
    return answer_of(*service, {method, target, {}, to_buffer(bytes_of(body))});
  }
  int add(const std::string& body) { return call(Method::kPost, "/add-checkpoint", body).status; }
  std::string get(const std::string& target) {
    const Response response = call(Method::kGet, target);
    return response.status == 200 ? std::string(text_of(response.body)) : "";
  }
  [[nodiscard]] std::string of_log(const std::string& what) const {
    return "/" + hex(witness::log_id("log.example").view()) + "/" + what;
  }
  static bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
  }
};

TEST_F(WitnessRoutes, CosignAndShowMonitorsWhatTheyCosigned) {
  EXPECT_EQ(call(Method::kGet, of_log("checkpoint")).status, 404);
  const Response answer = call(Method::kPost, "/add-checkpoint", log.request(0, 0, 5));
  ASSERT_EQ(answer.status, 200) << text_of(answer.body);
  const std::string kept = get(of_log("checkpoint"));
  EXPECT_EQ(kept, log.note(0, 5) + std::string(text_of(answer.body)));
  const auto key = *format::make_cosigner_key("w.example", witness_key.key.key);
  EXPECT_TRUE(format::cosignature_of(*format::parse_note(kept), key).value().has_value());
  EXPECT_EQ(call(Method::kGet, "/nothing/checkpoint").status, 404);
  EXPECT_EQ(call(Method::kGet, of_log("contradiction")).status, 404);
}

TEST_F(WitnessRoutes, AnswerAConflictWithTheSizeAndItsMediaType) {
  ASSERT_EQ(add(log.request(0, 0, 5)), 200);
  const Response answer = call(Method::kPost, "/add-checkpoint", log.request(0, 3, 7));
  EXPECT_EQ(answer.status, 409);
  EXPECT_EQ(text_of(answer.body), "5\n");
  EXPECT_EQ(answer.headers.at(0).second, "text/x.tlog.size");
}

// An honest log's older checkpoint that comes late says nothing against it.
TEST_F(WitnessRoutes, CallNoLogALiarForACheckpointThatComesLateOrWithAFalseProof) {
  ASSERT_EQ(add(log.request(0, 0, 6)), 200);
  EXPECT_EQ(add(log.request(0, 0, 3)), 409);
  std::string false_proof = log.request(0, 6, 9);
  false_proof.replace(false_proof.find('\n') + 1, 4, "AAAA");
  EXPECT_EQ(add(false_proof), 422);
  EXPECT_EQ(add(log.request(0, 6, 9)), 200);
  EXPECT_TRUE(notices.empty());
}

TEST_F(WitnessRoutes, CosignALogThatSignedTwoHistoriesNeverAgainAndKeepTheEvidence) {
  ASSERT_EQ(add(log.request(0, 0, 6)), 200);
  EXPECT_EQ(add(log.request(1, 6, 7)), 422);
  EXPECT_EQ(add(log.request(0, 6, 7)), 422) << "the first history neither";
  const std::string evidence = get(of_log("contradiction"));
  const auto parsed = format::parse_contradiction(evidence);
  ASSERT_TRUE(parsed) << evidence;
  EXPECT_TRUE(has(parsed->older, "\n6\n") && has(parsed->newer, "\n7\n"));
  EXPECT_EQ(notices, std::vector<std::string>{"log_contradicts"});
  EXPECT_TRUE(has(get("/readyz"), R"("contradicted":["log.example"])"));
  EXPECT_TRUE(has(get("/metrics"), "varve_cosigning_contradiction{origin=\"log.example\"} 1\n"));
  close();
  ASSERT_TRUE(open());
  EXPECT_EQ(add(log.request(0, 6, 7)), 422) << "a restart forgives nothing";
  EXPECT_EQ(get(of_log("contradiction")), evidence);
}

TEST_F(WitnessRoutes, TakeTwoTreesOfOneSizeAsEvidenceWhateverTheRequestSaysOfTheOldSize) {
  ASSERT_EQ(add(log.request(0, 0, 6)), 200);
  EXPECT_EQ(add(log.request(1, 0, 6)), 409);
  EXPECT_EQ(add(log.request(0, 6, 7)), 422);
  EXPECT_TRUE(format::parse_contradiction(get(of_log("contradiction"))));
}

TEST_F(WitnessRoutes, HaveCosignedNothingWhereTheTokenDoesNotSign) {
  ASSERT_EQ(add(log.request(0, 0, 5)), 200);
  signer.down = true;
  EXPECT_EQ(add(log.request(0, 5, 6)), 503);
  EXPECT_EQ(call(Method::kGet, "/readyz").status, 503);
  signer.down = false;
  signer.lies = true;
  EXPECT_EQ(add(log.request(0, 5, 6)), 503);
  signer.lies = false;
  EXPECT_TRUE(has(get(of_log("checkpoint")), "\n5\n"));
  EXPECT_EQ(add(log.request(0, 5, 6)), 200);
  EXPECT_EQ(call(Method::kGet, "/readyz").status, 200);
  EXPECT_EQ(notices,
            (std::vector<std::string>{"does_not_cosign", "does_not_cosign", "cosigns_again"}));
}

TEST_F(WitnessRoutes, DoNotOpenWithAStateThatIsOlderThanItsMark) {
  namespace fs = std::filesystem;
  ASSERT_EQ(add(log.request(0, 0, 5)), 200);
  close();
  fs::copy(directory.path() + "/state", directory.path() + "/older", fs::copy_options::recursive);
  ASSERT_TRUE(open());
  ASSERT_EQ(add(log.request(0, 5, 6)), 200);
  close();
  fs::remove_all(directory.path() + "/state");
  fs::rename(directory.path() + "/older", directory.path() + "/state");
  const auto older = open();
  ASSERT_FALSE(older);
  EXPECT_EQ(older.error().code, Code::kWorm);
  fs::remove_all(directory.path() + "/state");
  EXPECT_FALSE(open()) << "an empty one neither";
}

TEST_F(WitnessRoutes, AreOneProcessADirectory) {
  witness::WitnessOptions options;
  options.key = *format::make_cosigner_key("w.example", witness_key.key.key);
  const auto second = witness::Witness::open(*files, std::move(options));
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Code::kWorm);
}

TEST_F(WitnessRoutes, LetALogAskOnlySoOften) {
  ASSERT_TRUE(list("qpd 1\n"));
  std::uint64_t size = 0;
  while (add(log.request(0, size, size + 1)) == 200) ++size;
  EXPECT_EQ(size, 10U);
  EXPECT_EQ(call(Method::kPost, "/add-checkpoint", log.request(0, 10, 11)).status, 429);
  EXPECT_EQ(add(log.request(0, 10, 10)), 200) << "what was cosigned is answered to everybody";
}

// A token that is away takes nothing from what a log may ask.
TEST_F(WitnessRoutes, CountNoRequestThatTheyDidNotSign) {
  ASSERT_TRUE(list("qpd 1\n"));
  signer.down = true;
  for (int i = 0; i < 20; ++i) EXPECT_EQ(add(log.request(0, 0, 1)), 503);
  signer.down = false;
  EXPECT_EQ(add(log.request(0, 0, 1)), 200);
}

// Everybody can send a log's newest checkpoint again: that costs the token nothing.
TEST_F(WitnessRoutes, SignTheSameCheckpointOnceAMinute) {
  const std::string first(
      text_of(call(Method::kPost, "/add-checkpoint", log.request(0, 0, 5)).body));
  for (int i = 0; i < 50; ++i)
    EXPECT_EQ(text_of(call(Method::kPost, "/add-checkpoint", log.request(0, 5, 5)).body), first);
  EXPECT_EQ(signer.asked, 1);
  clock.now = kNowUs + kMinuteUs;
  EXPECT_NE(text_of(call(Method::kPost, "/add-checkpoint", log.request(0, 5, 5)).body), first);
  EXPECT_EQ(signer.asked, 2);
}

// One line each, however often a stranger repeats it: else what is kept could not be read again.
TEST_F(WitnessRoutes, KeepOneSignatureOfEachKeyOfTheLog) {
  ASSERT_EQ(add(log.request(0, 0, 5)), 200);
  clock.now = kNowUs + kMinuteUs;
  std::string repeated = log.request(0, 5, 5);
  const std::string line = repeated.substr(repeated.rfind("\xe2\x80\x94"));
  for (std::size_t i = 1; i < format::kNoteSignaturesMax; ++i) repeated += line;
  EXPECT_EQ(add(repeated), 200);
  EXPECT_EQ(format::parse_note(get(of_log("checkpoint")))->signatures.size(), 2U);
  EXPECT_EQ(add(log.request(0, 5, 6)), 200);
}

// The larger tree is the later one, whatever the host's clock says.
TEST_F(WitnessRoutes, SignNothingWhileTheClockIsBehindTheirLastCosignature) {
  ASSERT_EQ(add(log.request(0, 0, 5)), 200);
  clock.now = kNowUs - kMinuteUs;
  EXPECT_EQ(add(log.request(0, 5, 6)), 503);
  EXPECT_EQ(add(log.request(0, 5, 5)), 200) << "as it was answered before";
  EXPECT_EQ(signer.asked, 1);
  EXPECT_EQ(notices, std::vector<std::string>{"clock_set_back"});
  clock.now = kNowUs;
  EXPECT_EQ(add(log.request(0, 5, 6)), 200);
}

// Each request that waits for a token would else wait for its timeout.
TEST_F(WitnessRoutes, AskATokenThatFailedNoMoreInTheSameRound) {
  std::vector<std::promise<witness::Means>> answers(20);
  {
    const std::lock_guard slow(signer.pause);
    signer.down = true;
    for (std::size_t i = 0; i < answers.size(); ++i) {
      opened->add(log.request(0, 0, 1 + i), [&answers, i](const witness::Answer& answer) {
        answers[i].set_value(answer.means);
      });
      while (signer.asked == 0) std::this_thread::yield();  // the others come in the next round
    }
  }
  for (auto& answer : answers) EXPECT_EQ(answer.get_future().get(), witness::Means::kTrouble);
  EXPECT_EQ(signer.asked, 2) << "once a round";
}

// A server that stops waits for no token that is slow, once for each of those who wait.
TEST_F(WitnessRoutes, FinishTheirRoundAtAStopAndRefuseWhatWaits) {
  std::promise<witness::Means> first;
  std::promise<std::string> waits;
  std::thread stops;
  std::atomic<bool> stopping = false;
  {
    const std::lock_guard slow(signer.pause);
    opened->add(log.request(0, 0, 1),
                [&](const witness::Answer& answer) { first.set_value(answer.means); });
    while (signer.asked == 0) std::this_thread::yield();
    opened->add(log.request(0, 1, 2),
                [&](const witness::Answer& answer) { waits.set_value(answer.text); });
    stops = std::thread([this] { opened->stop(); });
    while (!stopping)
      opened->add(log.request(0, 1, 1), [&stopping](const witness::Answer& answer) {
        if (has(answer.text, "stops")) stopping = true;
      });
  }
  stops.join();
  EXPECT_EQ(first.get_future().get(), witness::Means::kCosigned);
  EXPECT_TRUE(has(waits.get_future().get(), "stops"));
  EXPECT_EQ(signer.asked, 1);
}

TEST_F(WitnessRoutes, AnswerNothingThatHasWaitedForTooLong) {
  std::promise<witness::Means> first;
  std::promise<witness::Means> waits;
  {
    const std::lock_guard slow(signer.pause);
    opened->add(log.request(0, 0, 1),
                [&](const witness::Answer& answer) { first.set_value(answer.means); });
    while (signer.asked == 0) std::this_thread::yield();
    opened->add(log.request(0, 1, 2),
                [&](const witness::Answer& answer) { waits.set_value(answer.means); });
    clock.now = kNowUs + kMinuteUs;
  }
  EXPECT_EQ(first.get_future().get(), witness::Means::kCosigned);
  EXPECT_EQ(waits.get_future().get(), witness::Means::kTrouble);
}

TEST_F(WitnessRoutes, LetNoLogFillTheQueue) {
  std::size_t refused = 0;
  std::vector<std::promise<witness::Means>> answers(100);
  {
    const std::lock_guard slow(signer.pause);
    opened->add(log.request(0, 0, 1), [](const witness::Answer&) {});
    while (signer.asked == 0) std::this_thread::yield();
    for (auto& answer : answers)
      opened->add(log.request(0, 1, 1),
                  [&](const witness::Answer& given) { answer.set_value(given.means); });
    EXPECT_EQ(opened->status().waiting, 64U);
  }
  for (auto& answer : answers)
    refused += answer.get_future().get() == witness::Means::kTrouble ? 1 : 0;
  EXPECT_EQ(refused, 36U);
}

// What is stored of one log is wrong in a way that its hash does not show: the others go on.
TEST_F(WitnessRoutes, CosignTheOthersWhereWhatIsStoredOfALogCannotBeRead) {
  const SoftKey other_key{"other.example"};
  const AskingLog other{other_key};
  close();
  {
    const auto state = store::WitnessState::open(*files, format::format_cosigner_vkey(cosigner()));
    auto round = (*state)->begin();
    ASSERT_TRUE(round->put(store::WitnessTable::kCosigned, witness::log_id("other.example"), "?"));
    ASSERT_TRUE(std::move(*round).commit());
  }
  ASSERT_TRUE(open());
  ASSERT_TRUE(list("vkey " + format::format_vkey(other_key.key) + "\n"));
  std::promise<witness::Means> damaged;
  std::promise<witness::Means> sound;
  {
    const std::lock_guard slow(signer.pause);
    opened->add(log.request(0, 0, 5), [](const witness::Answer&) {});
    while (signer.asked == 0) std::this_thread::yield();
    opened->add(other.request(0, 0, 5),
                [&](const witness::Answer& answer) { damaged.set_value(answer.means); });
    opened->add(log.request(0, 5, 6),
                [&](const witness::Answer& answer) { sound.set_value(answer.means); });
  }
  EXPECT_EQ(damaged.get_future().get(), witness::Means::kTrouble);
  EXPECT_EQ(sound.get_future().get(), witness::Means::kCosigned);
  EXPECT_EQ(notices, std::vector<std::string>{"state_damaged"});
}

TEST_F(WitnessRoutes, ForgetNothingOfALogThatLeavesTheListAndComesBack) {
  ASSERT_EQ(add(log.request(0, 0, 5)), 200);
  ASSERT_TRUE(opened->set_logs({}));
  EXPECT_EQ(add(log.request(0, 5, 6)), 404);
  ASSERT_TRUE(list(""));
  EXPECT_EQ(add(log.request(0, 0, 6)), 409);
  EXPECT_EQ(add(log.request(0, 5, 6)), 200);
}

// Whoever lists it must not stop the witness: vkeys are public.
TEST_F(WitnessRoutes, LeaveOutALogThatHasTheirOwnKey) {
  const std::string own = format::format_vkey(
      *format::make_verifier_key("x", format::Algorithm::kEd25519, witness_key.key.key));
  ASSERT_TRUE(list("vkey " + own + "\n"));
  EXPECT_EQ(notices, std::vector<std::string>{"list_item_skipped"});
  EXPECT_EQ(opened->status().logs, 1U);
  EXPECT_EQ(add(log.request(0, 0, 5)), 200);
}

TEST_F(WitnessRoutes, SayWhoTheyAre) {
  EXPECT_EQ(get("/witness.v0.json"),
            "{\"name\":\"w.example\",\"submission_url\":\"https://w.example/\","
            "\"monitoring_url\":\"https://w.example/\",\"verifier_keys\":[\"" +
                format::format_cosigner_vkey(
                    *format::make_cosigner_key("w.example", witness_key.key.key)) +
                "\"],\"software\":{\"name\":\"varve-witness\",\"version\":\"1.0\"}}\n");
  EXPECT_EQ(call(Method::kGet, "/logs").status, 404) << "it is no server of logs";
  EXPECT_EQ(call(Method::kGet, "/add-checkpoint").status, 405);
  EXPECT_EQ(add(std::string(format::kAddCheckpointMax + 1, 'x')), 413);
}

}  // namespace
}  // namespace varve::api
