// varved is killed without warning, again and again, while senders append. Whatever was promised
// before any of the kills is there after all of them, and no checkpoint contradicts another.
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <random>
#include <thread>

#include "ledger/base/text.h"
#include "ledger/format/checkpoint.h"
#include "ledger/format/json.h"
#include "ledger/merkle/proof.h"
#include "sender.h"

namespace varve::system {
namespace {

constexpr unsigned kKills = 20;
constexpr std::size_t kPromisesARound = 10;
constexpr unsigned kCollectedEvents = 6'000;

unsigned elapsed_ms(std::chrono::steady_clock::time_point since) {
  return static_cast<unsigned>(std::chrono::duration_cast<std::chrono::milliseconds>(
                                   std::chrono::steady_clock::now() - since)
                                   .count());
}

std::vector<Hash> hashes_in(const format::Json& json, const char* key) {
  std::vector<Hash> hashes;
  const std::vector<std::string> texts = json.texts(key).value();
  for (const std::string& text : texts) hashes.push_back(decode_base64_hash(text).value());
  return hashes;
}

class KillNine : public ::testing::Test {
 protected:
  void SetUp() override { std::filesystem::create_directory(varve_.path("remembered")); }

  // What an auditor does: remembers the checkpoint, demands that it extends the last one.
  void expect_consistent() {
    const Outcome outcome =
        run({Installation::program("varve-audit"), "checkpoint", varve_.url(), "--vkey",
             varve_.vkey(), "--ca", varve_.path("ca.pem"), "--state", varve_.path("remembered")});
    EXPECT_EQ(outcome.exit_code, 0) << outcome.output;
  }

  // The receipt verifies by itself; its tree is a beginning of today's; repeating the request
  // gets the same receipt and appends nothing.
  void expect_kept(const Promise& promise, const format::Checkpoint& today) {
    const auto receipt = check_promise(promise, known_);
    ASSERT_TRUE(receipt) << promise.key << ": " << receipt.error().message;
    const auto consistency =
        client_.get("/proof/consistency?from=" + std::to_string(receipt->tree_size.value) +
                    "&to=" + std::to_string(today.size.value));
    ASSERT_EQ(consistency->status, 200) << consistency->body;
    const auto json = format::Json::parse(consistency->body).value();
    EXPECT_TRUE(merkle::verify_consistency(receipt->tree_size, today.size, hashes_in(json, "proof"),
                                           receipt->root, today.root));
    const auto repeated = post_events(client_, promise.key, promise.events);
    EXPECT_EQ(repeated->status, 200) << promise.key;
    EXPECT_EQ(repeated->body, promise.receipt) << promise.key;
  }

  format::Checkpoint checkpoint() {
    return format::open_checkpoint(client_.get("/checkpoint")->body, kOrigin, known_).value();
  }

  Installation varve_;
  std::vector<format::VerifierKey> known_{format::parse_vkey(varve_.vkey()).value()};
  client::HttpClient client_ = [this] {
    varve_.start();
    return varve_.connect("append");
  }();
};

std::string start_collector(const Installation& varve) {
  std::string lines;
  for (unsigned i = 0; i < kCollectedEvents; ++i)
    lines += "{\"collected\":" + std::to_string(i) + "}\n";
  write_text(varve.path("collected.ndjson"), lines);
  const std::string collect = Installation::program("varve-collect");
  must_run({collect, "init", "--dir", varve.path("collector"), "--source", "clinic/kill",
            "--origin", kOrigin, "--url", varve.url(), "--vkey", varve.vkey(), "--bearer-file",
            varve.token_file("append"), "--ca", varve.path("ca.pem")});
  must_run({collect, "register", "--dir", varve.path("collector"), "--bearer-file",
            varve.token_file("operate")});
  return collect;
}

TEST_F(KillNine, UnderLoadLosesNothingThatWasPromisedAndDoublesNothing) {
  const std::string collect = start_collector(varve_);
  Process collector({collect, "append", "--dir", varve_.path("collector"), "--batch-events", "20",
                     "--patience", "0", varve_.path("collected.ndjson")},
                    varve_.path("collector.log"));
  std::vector<Promise> promises;
  std::mt19937 random(20'261'121);  // when within a round the kill comes
  unsigned slowest_ms = 0;
  for (unsigned round = 0; round < kKills; ++round) {
    SCOPED_TRACE("round " + std::to_string(round));
    Senders senders(varve_, 4, "kill-" + std::to_string(round));
    ASSERT_TRUE(wait_until([&] { return senders.promises() >= kPromisesARound; }));
    pause_ms(static_cast<unsigned>(random() % 50));
    varve_.kill_9();
    senders.stop();
    const auto began = std::chrono::steady_clock::now();
    varve_.start();
    slowest_ms = std::max(slowest_ms, elapsed_ms(began));
    expect_consistent();
    promises.insert(promises.end(), senders.all().begin(), senders.all().end());
  }
  const format::Checkpoint today = checkpoint();
  for (const Promise& promise : promises) expect_kept(promise, today);
  std::cout << kKills << " kills, " << promises.size() << " promises kept, slowest recovery "
            << slowest_ms << " ms, " << checkpoint().size.value << " records\n";

  EXPECT_EQ(collector.wait_ms(2 * kPatienceMs), 0) << read_text(varve_.path("collector.log"));
  EXPECT_EQ(run({collect, "receipts", "verify", "--dir", varve_.path("collector")}).exit_code, 0);
  const auto source = client_.get("/sources/clinic%2Fkill");
  ASSERT_EQ(source->status, 200);
  EXPECT_EQ(format::Json::parse(source->body)->number("next_event").value(), kCollectedEvents);

  const Outcome audit =
      run({Installation::program("varve-audit"), "check", varve_.url(), "--vkey", varve_.vkey(),
           "--ca", varve_.path("ca.pem"), "--bearer-file", varve_.token_file("read")});
  EXPECT_EQ(audit.exit_code, 0) << audit.output;
  EXPECT_EQ(varve_.stop(), 0);
  const Outcome store =
      run({Installation::program("varved"), "audit", "--config", varve_.path("varved.toml")},
          varve_.variables());
  EXPECT_EQ(store.exit_code, 0) << store.output;
}

// Events that do not compress: a segment of 1 MiB, the smallest there is, is full every few requests,
// so that most kills come near a sealing.
TEST_F(KillNine, WhileSegmentsAreSealedOneAfterTheOtherLosesNothing) {
  constexpr unsigned kLargeARound = 3;
  std::mt19937 random(20'261'122);  // when within a round the kill comes
  std::mt19937 bytes(20'261'123);
  const auto large_event = [&bytes] {
    Buffer noise(45'000);
    for (std::byte& b : noise) b = static_cast<std::byte>(bytes());
    return "{\"noise\":\"" + base64(noise) + "\"}";
  };
  std::vector<Promise> promises;
  for (unsigned round = 0; round < 8; ++round) {
    SCOPED_TRACE("round " + std::to_string(round));
    std::atomic<bool> enough = false;
    std::atomic<unsigned> taken = 0;
    std::thread sender([&] {
      client::HttpClient client = varve_.connect("append");
      for (unsigned n = 0; !enough; ++n) {
        Promise promise{"large-" + std::to_string(round) + "-" + std::to_string(n), {}, {}};
        for (int k = 0; k < 16; ++k) promise.events.push_back(large_event());
        const auto response = post_events(client, promise.key, promise.events);
        if (!response || response->status != 201) continue;
        promise.receipt = response->body;
        promises.push_back(std::move(promise));
        ++taken;
      }
    });
    EXPECT_TRUE(wait_until([&] { return taken >= kLargeARound; }));
    pause_ms(static_cast<unsigned>(random() % 300));
    varve_.kill_9();
    enough = true;
    sender.join();
    varve_.start();
  }
  std::size_t segments = 0;
  for (const auto& entry : std::filesystem::directory_iterator(varve_.path("data/main/segments")))
    segments += entry.path().extension() == ".seg" ? 1 : 0;
  EXPECT_GT(segments, 10U) << "each start seals one; the others were full";
  const format::Checkpoint today = checkpoint();
  ASSERT_GT(promises.size(), 10U);
  for (std::size_t k = 0; k < promises.size(); k += 3) expect_kept(promises[k], today);
  EXPECT_EQ(varve_.stop(), 0);
  const Outcome store =
      run({Installation::program("varved"), "audit", "--config", varve_.path("varved.toml")},
          varve_.variables());
  EXPECT_EQ(store.exit_code, 0) << store.output;
}

TEST_F(KillNine, WithNothingDerivedLeftRebuildsTheSame) {
  Senders senders(varve_, 4, "rebuild");
  ASSERT_TRUE(wait_until([&] { return senders.promises() >= 3 * kPromisesARound; }));
  varve_.kill_9();
  senders.stop();
  for (const char* derived : {"tree", "leaves", "appends", "catalogue"})
    std::filesystem::remove_all(varve_.path(std::string("data/main/") + derived));
  varve_.start();
  const format::Checkpoint today = checkpoint();
  for (const Promise& promise : senders.all()) expect_kept(promise, today);
}

// Each flip is in the header of a page. LMDB would believe some of them, and die of it.
TEST_F(KillNine, BitsThatRotInItsCatalogueDoNotKeepItFromStarting) {
  Senders senders(varve_, 4, "rot");
  ASSERT_TRUE(wait_until([&] { return senders.promises() >= kPromisesARound; }));
  senders.stop();
  ASSERT_EQ(varve_.stop(), 0);
  const std::string path = varve_.path("data/main/catalogue/data.mdb");
  constexpr std::size_t kPage = 4'096;
  const std::size_t places[] = {
      41, 137, kPage + 16, 2 * kPage + 12, 3 * kPage + 15, 4 * kPage + 17};
  for (const std::size_t place : places) {
    SCOPED_TRACE(place);
    std::string content = read_text(path);
    ASSERT_GT(content.size(), place);
    content[place] = static_cast<char>(content[place] ^ 64);
    write_text(path, content);
    varve_.start();
    expect_consistent();
    ASSERT_EQ(varve_.stop(), 0);
  }
  EXPECT_NE(varve_.server_log().find("derived_rebuilt"), std::string::npos);
  varve_.start();
  const format::Checkpoint today = checkpoint();
  for (const Promise& promise : senders.all()) expect_kept(promise, today);
}

}  // namespace
}  // namespace varve::system
