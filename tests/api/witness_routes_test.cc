// A witness over HTTP without its sockets, with its key and those of its logs in memory: what it promises when the
// token, the disk or its own past fail.
#include "api/witness/witness_routes.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <future>

#include "api/service.h"
#include "ledger/format/checkpoint.h"
#include "ledger/store/mark_file.h"
#include "tests/env/temporary_directory.h"
#include "tests/log/world.h"
#include "witness_requests.h"

namespace varve::api {
namespace {

using testing::SoftKey;

struct WitnessRoutes : ::testing::Test {
  env::TemporaryDirectory directory;
  SoftKey witness_key{"w.example"};
  SoftKey log_key{"log.example"};
  testing::SoftSigner signer;
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
    EXPECT_TRUE(open());
  }
  ~WitnessRoutes() override { close(); }

  Result<void> open() {
    witness::WitnessOptions options;
    options.key = *format::make_cosigner_key("w.example", witness_key.key.key);
    options.signer = &signer;
    options.clock = &env::posix_clock();
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
    Request head{method, target, {}, {}};
    Admission admission = service->admit(std::move(head), body.size(), "127.0.0.1");
    if (admission.refusal) return *admission.refusal;
    admission.exchange->request.body = to_buffer(bytes_of(body));
    const auto promise = std::make_shared<std::promise<Response>>();
    auto future = promise->get_future();
    service->answer(admission.exchange,
                    Reply{[promise](const Reply::Make& make) { promise->set_value(make()); }});
    return future.get();
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

TEST_F(WitnessRoutes, LetALogAskOnlySoOftenAndOthersCannotUseUpItsShare) {
  ASSERT_TRUE(list("qpd 1\n"));
  ASSERT_EQ(add(log.request(0, 0, 1)), 200);
  int again = 0;
  while (add(log.request(0, 1, 1)) == 200) ++again;  // everybody can send it once more
  EXPECT_EQ(again, 10);
  const Response refused = call(Method::kPost, "/add-checkpoint", log.request(0, 1, 1));
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(add(log.request(0, 1, 2)), 200) << "what is new has a share of its own";
}

TEST_F(WitnessRoutes, ForgetNothingOfALogThatLeavesTheListAndComesBack) {
  ASSERT_EQ(add(log.request(0, 0, 5)), 200);
  ASSERT_TRUE(opened->set_logs({}));
  EXPECT_EQ(add(log.request(0, 5, 6)), 404);
  ASSERT_TRUE(list(""));
  EXPECT_EQ(add(log.request(0, 0, 6)), 409);
  EXPECT_EQ(add(log.request(0, 5, 6)), 200);
}

TEST_F(WitnessRoutes, KeepNoKeyOfTheirOwnAsALogs) {
  const std::string vkey = format::format_vkey(
      *format::make_verifier_key("x", format::Algorithm::kEd25519, witness_key.key.key));
  const auto set = opened->set_logs(*format::parse_log_list("logs/v0\nvkey " + vkey + "\n"));
  ASSERT_FALSE(set);
  EXPECT_EQ(set.error().code, Code::kInvalid);
  EXPECT_EQ(add(log.request(0, 0, 5)), 200) << "the list before stays";
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
