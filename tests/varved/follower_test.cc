// A witness asks a log's server for its keys while it goes on cosigning that log.
#include "tools/witness/follower.h"

#include <gtest/gtest.h>
#include <httplib.h>

#include <chrono>
#include <functional>
#include <future>
#include <thread>

#include "ledger/base/text.h"
#include "ledger/env/posix.h"
#include "tests/access/journal_lines.h"
#include "tests/env/temporary_directory.h"
#include "tests/log/world.h"
#include "tests/verify/log_builder.h"

namespace varve::tools {
namespace {

using verify::LeafReader;
using verify::LogBuilder;
using verify::SigningKey;
using witness::Means;

/// A log, its server, and a witness that follows it.
class AskedForKeys : public ::testing::Test {
 protected:
  AskedForKeys() {
    signer_.add(key_);
    grow();
    listen();
    witness::WitnessOptions options;
    options.key = *format::make_cosigner_key("w.example", key_.key.key);
    options.signer = &signer_;
    options.clock = &env::posix_clock();
    options.notice = [](std::string_view, std::string_view, const std::string&) {};
    witness_ = *witness::Witness::open(*files_, std::move(options));
    format::LogList list;
    list.logs[log_.origin] = {{log_.first.verifier},
                              format::kRequestsPerDay,
                              "http://127.0.0.1:" + std::to_string(port_) + "/logs/main"};
    EXPECT_TRUE(witness_->set_logs(std::move(list)));
  }
  ~AskedForKeys() override {
    server_.stop();
    thread_.join();
  }

  void grow() { log_.event(format::kLogItself, log_.records.size(), "event"); }
  /// The log gets a cosignature of all that it has.
  void cosign() {
    const std::uint64_t old = witness_->cosigned_size(id())->value;
    const std::size_t size = log_.records.size();
    std::string body = "old " + std::to_string(old) + "\n";
    if (old != 0)
      for (const Hash& hash : proof(old, size)) body += base64(hash.view()) + "\n";
    std::promise<Means> means;
    witness_->add(body + "\n" + log_.checkpoint(size),
                  [&means](const witness::Answer& answer) { means.set_value(answer.means); });
    EXPECT_EQ(means.get_future().get(), Means::kCosigned);
  }
  /// Asks once; what the journal says then.
  std::string asked() {
    api::JournalLines lines;
    api::Journal journal(api::Level::kInfo);
    Follower follower("", env::posix_clock(), journal);
    follower.start(*witness_);
    follower.ask(log_.origin, witness::Urgency::kNow);
    return lines.next();
  }
  [[nodiscard]] Hash id() const { return witness::log_id(log_.origin); }

 private:
  [[nodiscard]] merkle::Proof proof(std::uint64_t from, std::uint64_t to) const {
    return *merkle::prove_consistency(TreeSize{from}, TreeSize{to}, LeafReader(log_, to));
  }
  static std::string texts_of(const merkle::Proof& proof) {
    std::string json;
    for (const Hash& hash : proof)
      json += (json.empty() ? "\"" : ",\"") + base64(hash.view()) + "\"";
    return json;
  }
  void listen() {
    server_.Get("/logs/main/keys", [this](const httplib::Request&, httplib::Response& response) {
      response.set_content(std::string(text_of(log_.files().at("keys"))), "application/json");
      behind_keys_();
    });
    server_.Get("/logs/main/proof/consistency",
                [this](const httplib::Request& request, httplib::Response& response) {
                  const auto shown = proof(std::stoull(request.get_param_value("from")),
                                           std::stoull(request.get_param_value("to")));
                  response.set_content("{\"proof\":[" + texts_of(shown) + "]}", "application/json");
                  behind_proof_();
                });
    server_.Get("/logs/main/proof/inclusion", [this](const httplib::Request& request,
                                                     httplib::Response& response) {
      if (request.get_param_value("index") != "0") return;
      const std::uint64_t size = std::stoull(request.get_param_value("size"));
      const auto path =
          *merkle::prove_inclusion(LeafIndex{0}, TreeSize{size}, LeafReader(log_, size));
      response.set_content("{\"leaf_hash\":\"" + base64(verify::leaves_of(log_, 1).front().view()) +
                               "\",\"proof\":[" + texts_of(path) + "]}",
                           "application/json");
    });
    port_ = server_.bind_to_any_port("127.0.0.1");
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    while (!server_.is_running()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }

  env::TemporaryDirectory directory_;
  std::unique_ptr<env::Filesystem> files_ = *env::open_posix(directory_.path());
  testing::SoftKey key_{"w.example"};
  testing::SoftSigner signer_;
  httplib::Server server_;
  int port_ = 0;
  std::thread thread_;

 protected:
  LogBuilder log_;
  std::function<void()> behind_keys_ = [] {};  // once the answer is made
  std::function<void()> behind_proof_ = [] {};
  std::unique_ptr<witness::Witness> witness_;
};

// The log's server answered before, so it showed less than was cosigned then. That is no older tree.
TEST_F(AskedForKeys, ALogThatIsCosignedMeanwhileIsAskedAgainAndCalledNothing) {
  for (const bool behind_proof : {false, true}) {
    SCOPED_TRACE(behind_proof);
    unsigned times = 0;
    const auto once = [&] {
      if (times++ > 0) return;
      grow();
      cosign();
      grow();
    };
    EXPECT_NE(asked().find("keys_followed"), std::string::npos);
    cosign();
    (behind_proof ? behind_proof_ : behind_keys_) = once;
    log_.rotate_key(SigningKey::make(log_.origin, behind_proof ? "third" : "second"));
    const std::string line = asked();
    EXPECT_NE(line.find("keys_followed"), std::string::npos) << line;
    EXPECT_EQ(times, 2U);
    behind_keys_ = behind_proof_ = [] {};
    log_.rotate_key(SigningKey::make(log_.origin, "one more " + std::to_string(times)));
  }
}

TEST_F(AskedForKeys, ALogThatIsCosignedEachTimeIsToldAsThat) {
  EXPECT_NE(asked().find("keys_followed"), std::string::npos);
  cosign();
  unsigned times = 0;
  behind_keys_ = [&] {
    ++times;
    grow();
    cosign();
  };
  const std::string line = asked();
  EXPECT_NE(line.find("keys_not_followed"), std::string::npos) << line;
  EXPECT_NE(line.find("more of it was cosigned while its server was asked"), std::string::npos)
      << line;
  EXPECT_EQ(times, 3U);
}

TEST_F(AskedForKeys, ALogWhoseServerWentBackIsTold) {
  EXPECT_NE(asked().find("keys_followed"), std::string::npos);
  grow();
  cosign();
  log_.records.pop_back();
  const std::string line = asked();
  EXPECT_NE(line.find("shows an older tree than the one that was cosigned"), std::string::npos)
      << line;
}

// The proof does not hold the root of the second history's beginning.
TEST_F(AskedForKeys, ALogWhoseServerShowsASecondHistoryIsEvidenceAlsoAtAPowerOfTwo) {
  EXPECT_NE(asked().find("keys_followed"), std::string::npos);
  while (log_.records.size() < 4) grow();
  cosign();
  log_.records.pop_back();
  log_.event(format::kLogItself, log_.records.size(), "another");
  grow();
  const std::string line = asked();
  EXPECT_NE(line.find("does not prove that its tree begins with the one"), std::string::npos)
      << line;
  EXPECT_TRUE(witness_->contradiction(id())->has_value());
}

}  // namespace
}  // namespace varve::tools
