// The server's behaviour at its edges: a second one on the same store, a wrong PIN, a token that
// goes and comes back, a stop under load, and what its log and its files do not say.
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>

#include "sender.h"

namespace varve::system {
namespace {

constexpr int kExitWorm = 12;
constexpr int kExitIo = 14;

class Server : public ::testing::Test {
 protected:
  Result<client::HttpResponse> append(const std::string& key) {
    client::HttpClient client = varve_.connect("append");
    return post_events(client, key, {"{\"key\":\"" + key + "\"}"});
  }
  int append_status(const std::string& key) {
    const auto response = append(key);
    return response ? response->status : 0;
  }
  int get_status(const std::string& path) {
    const auto response = varve_.connect("read").get(path);
    return response ? response->status : 0;
  }

  Installation varve_;
};

TEST_F(Server, RefusesAStoreThatAnotherOneHas) {
  varve_.start();
  std::string elsewhere =
      read_text(varve_.path("varved.toml"));  // the store of the first, another port
  const std::size_t port = elsewhere.find(':', elsewhere.find("listen")) + 1;
  elsewhere.replace(port, elsewhere.find('"', port) - port, "0");
  write_text(varve_.path("second.toml"), elsewhere);
  const Outcome second =
      run({Installation::program("varved"), "--config", varve_.path("second.toml")},
          varve_.variables());
  EXPECT_EQ(second.exit_code, kExitWorm) << second.output;
  EXPECT_NE(second.output.find("another process"), std::string::npos) << second.output;
  EXPECT_TRUE(varve_.server().running());
  EXPECT_EQ(append_status("after"), 201);
}

TEST_F(Server, DoesNotServeAStoreThatIsBeingAudited) {
  varve_.start();
  const Outcome audit =
      run({Installation::program("varved"), "audit", "--config", varve_.path("varved.toml")},
          varve_.variables());
  EXPECT_EQ(audit.exit_code, kExitWorm) << audit.output;
}

TEST_F(Server, SaysThatThePinIsWrongAndDoesNotRepeatIt) {
  varve_.set_pin("wrong-pin-9999");
  const Outcome outcome = varve_.start_in_vain();
  EXPECT_EQ(outcome.exit_code, kExitIo) << outcome.output;
  EXPECT_NE(outcome.output.find("PIN"), std::string::npos) << outcome.output;
  EXPECT_EQ(outcome.output.find("wrong-pin-9999"), std::string::npos);
}

TEST_F(Server, DoesNotTryARefusedPinAgainWhenItIsStartedAgainUntilAnOperatorSaysSo) {
  const std::string right = varve_.pin();
  varve_.set_pin("wrong-pin-9999");
  ASSERT_EQ(varve_.start_in_vain().exit_code, kExitIo);
  varve_.set_pin(right);  // so that a try would succeed
  const Words audit{Installation::program("varved"), "audit", "--config",
                    varve_.path("varved.toml")};
  for (const Outcome& again : {varve_.start_in_vain(), run(audit, varve_.variables())}) {
    EXPECT_EQ(again.exit_code, kExitIo) << again.output;
    EXPECT_NE(again.output.find("correct the PIN, then remove " + varve_.path("data/PIN-REFUSED.")),
              std::string::npos)
        << again.output;
  }
  varve_.say_the_pin_is_right();
  varve_.start();
  EXPECT_EQ(append_status("after"), 201);
}

TEST_F(Server, AnswersReadsWhileTheTokenIsGoneAndAppendsWhenItIsBack) {
  varve_.start();
  ASSERT_EQ(append_status("before"), 201);
  varve_.move_token_away();
  ASSERT_TRUE(wait_until([&] { return append_status("meanwhile") == 503; }));
  const auto refused = append("meanwhile");
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->status, 503);
  EXPECT_EQ(refused->content_type, "application/problem+json");
  EXPECT_TRUE(refused->retry_after_s()) << refused->body;
  for (const char* path : {"/checkpoint", "/keys", "/events/1", "/proof/inclusion?index=1"})
    EXPECT_EQ(get_status(path), 200) << path;
  const pid_t before = varve_.server().id();
  varve_.bring_token_back();
  EXPECT_TRUE(wait_until([&] {
    const int status = append_status("meanwhile");
    return status == 201 || status == 200;
  }));
  EXPECT_EQ(varve_.server().id(), before);
  EXPECT_TRUE(varve_.server().running());
  EXPECT_EQ(append_status("before"), 200) << "the promise from before is kept";
}

TEST_F(Server, StopsUnderLoadWithoutBreakingAPromise) {
  varve_.start();
  Senders senders(varve_, 4, "stop");
  ASSERT_TRUE(wait_until([&] { return senders.promises() >= 40; }));
  EXPECT_EQ(varve_.stop(), 0) << varve_.server_log();
  senders.stop();
  for (const int status : senders.refusals()) EXPECT_EQ(status, 503);
  const Outcome audit =
      run({Installation::program("varved"), "audit", "--config", varve_.path("varved.toml")},
          varve_.variables());
  EXPECT_EQ(audit.exit_code, 0) << audit.output;
  varve_.start();
  const std::vector<format::VerifierKey> known{format::parse_vkey(varve_.vkey()).value()};
  client::HttpClient client = varve_.connect("append");
  for (const Promise& promise : senders.all()) {
    EXPECT_TRUE(check_promise(promise, known)) << promise.key;
    const auto repeated = post_events(client, promise.key, promise.events);
    EXPECT_EQ(repeated->status, 200) << promise.key;
    EXPECT_EQ(repeated->body, promise.receipt) << promise.key;
  }
}

// Whether any file below `directory` holds `text` as it is.
bool holds(const std::string& directory, const std::string& text) {
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory))
    if (entry.is_regular_file() && read_text(entry.path()).find(text) != std::string::npos)
      return true;
  return false;
}

TEST_F(Server, TellsItsLogNoSecretsAndItsDiskNoPayload) {
  varve_.start();
  client::HttpClient client = varve_.connect("append");
  const std::string good = "patient-GEHEIM-4471", bad = "patient-KAPUTT-4472";
  EXPECT_EQ(post_events(client, "good", {"{\"who\":\"" + good + "\"}"})->status, 201);
  EXPECT_EQ(post_events(client, "bad", {"{\"who\":\"" + bad + "\""})->status, 422);
  EXPECT_EQ(client.post("/batches", "application/vnd.varve.batch", bytes_of(bad))->status, 422);
  EXPECT_EQ(client.post("/sources", "text/plain", bytes_of(bad))->status, 422);
  EXPECT_EQ(varve_.connect("operate").post("/keys", "text/plain", bytes_of(bad))->status, 422);
  EXPECT_EQ(get_status("/events/1"), 200);
  EXPECT_EQ(get_status("/nothing/" + bad), 404);
  EXPECT_EQ(varve_.stop(), 0);
  const std::string log = varve_.server_log();
  EXPECT_FALSE(log.empty());
  std::vector<std::string> secrets = {good, bad, varve_.pin()};
  for (const char* role : {"append", "read", "operate"})
    secrets.push_back(read_text(varve_.token_file(role)).substr(0, 40));
  for (const std::string& secret : secrets) {
    EXPECT_EQ(log.find(secret), std::string::npos) << "the log holds " << secret;
    EXPECT_FALSE(holds(varve_.path("data"), secret)) << "the store holds " << secret;
  }
}

}  // namespace
}  // namespace varve::system
