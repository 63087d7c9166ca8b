// Hashes that rot on disk while the server runs: whatever is asked, the answer verifies against
// what was signed or is an error that names the log. Never a wrong proof.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "ledger/base/text.h"
#include "ledger/format/json.h"
#include "tests/api/site.h"

namespace varve::api {
namespace {

using format::Json;

/// Changes one byte of a file, and changes it back.
class Rot {
 public:
  Rot(const std::string& path, std::uint64_t at) : path_(path), at_(at) { flip(); }
  ~Rot() { flip(); }
  Rot(const Rot&) = delete;
  Rot& operator=(const Rot&) = delete;

 private:
  void flip() const {
    std::fstream file(path_, std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(static_cast<std::streamoff>(at_));
    const int was = file.get();
    file.seekp(static_cast<std::streamoff>(at_));
    file.put(static_cast<char>(was ^ 0x10));
    CHECK(file.good());
  }
  std::string path_;
  std::uint64_t at_;
};

class RottenHashes : public ::testing::Test {
 protected:
  RottenHashes() {
    while (size() < 600) CHECK(site.world.append_events(varve::testing::events(61)).has_value());
    newest = site.world.log->latest()->checkpoint;
  }
  [[nodiscard]] std::uint64_t size() const {
    return site.world.log->latest()->checkpoint.size.value;
  }
  [[nodiscard]] std::string tree(const char* height) const {
    return site.world.directory + "/tree/" + height;
  }
  static std::vector<Hash> proof(const Json& json) {
    std::vector<Hash> out;
    const auto texts = json.texts("proof");
    for (const std::string& text : *texts) out.push_back(*decode_base64_hash(text));
    return out;
  }
  static Hash hash(const Json& json, const char* key) {
    return *decode_base64_hash(*json.text(key));
  }
  /// The answer; nothing when it is the error that it has to be.
  std::optional<Json> ask(const std::string& target, const std::string& token = "") {
    const Response response = site.get("/logs/open/" + target, token);
    if (response.status == 200) return *Json::parse(body_of(response));
    EXPECT_EQ(response.status, 500) << target << body_of(response);
    EXPECT_NE(body_of(response).find("/problems/corrupt"), std::string::npos) << body_of(response);
    EXPECT_NE(body_of(response).find("log open: "), std::string::npos) << body_of(response);
    EXPECT_NE(body_of(response).find("varved audit"), std::string::npos) << body_of(response);
    ++refused;
    return std::nullopt;
  }

  void expect_inclusion(std::uint64_t index) {
    const Hash leaf = merkle::leaf_hash(site.world.log->records({index}, 1)->front());
    const std::string query = "proof/inclusion?index=" + std::to_string(index);
    if (const auto answer = ask(query)) {
      EXPECT_EQ(hash(*answer, "leaf_hash"), leaf);
      EXPECT_TRUE(
          merkle::verify_inclusion(leaf, {index}, newest.size, proof(*answer), newest.root));
    }
    if (const auto answer = ask("events/" + std::to_string(index), "read")) {
      EXPECT_TRUE(
          merkle::verify_inclusion(leaf, {index}, newest.size, proof(*answer), newest.root));
    }
    for (const std::uint64_t older : {signed_size(index + 1), index + 1, (index + size()) / 2 + 1})
      if (const auto answer = ask(query + "&size=" + std::to_string(older))) {
        EXPECT_EQ(hash(*answer, "root"), root_of(older));
        EXPECT_TRUE(
            merkle::verify_inclusion(leaf, {index}, {older}, proof(*answer), root_of(older)));
      }
  }

  void expect_consistency(std::uint64_t from, std::uint64_t to) {
    const auto answer =
        ask("proof/consistency?from=" + std::to_string(from) + "&to=" + std::to_string(to));
    if (!answer) return;
    EXPECT_EQ(hash(*answer, "from_root"), root_of(from));
    EXPECT_EQ(hash(*answer, "to_root"), root_of(to));
    EXPECT_TRUE(
        merkle::verify_consistency({from}, {to}, proof(*answer), root_of(from), root_of(to)));
  }

  std::uint64_t signed_size(std::uint64_t least) {
    return (*site.world.log->checkpoint_at({least}))->checkpoint.size.value;
  }
  /// From the records, not from the files.
  Hash root_of(std::uint64_t n) {
    while (leaves.size() < n)
      leaves.push_back(merkle::leaf_hash(site.world.log->records({leaves.size()}, 1)->front()));
    return merkle::root_of(std::span{leaves}.first(n));
  }

  Site site;
  format::Checkpoint newest;
  std::vector<Hash> leaves;
  int refused = 0;
};

TEST_F(RottenHashes, MakeNoWrongProof) {
  const std::pair<const char*, std::uint64_t> levels[] = {{"00", 600}, {"04", 37}, {"08", 2}};
  for (const auto& [height, hashes] : levels)
    for (std::uint64_t rotten = 0; rotten < hashes; rotten += 1 + hashes / 12) {
      SCOPED_TRACE(std::string(height) + " " + std::to_string(rotten));
      const Rot rot(tree(height), rotten * kHashSize + rotten % kHashSize);
      const auto shift = static_cast<unsigned>(std::stoi(height));
      const std::uint64_t leaf = rotten << shift;
      const std::uint64_t beside = (rotten ^ 1) << shift;  // its proof has the rotten hash
      refused = 0;
      for (const std::uint64_t index : {beside, leaf, std::uint64_t{0}, size() - 1})
        expect_inclusion(std::min(index, size() - 1));
      expect_consistency(leaf, size());
      expect_consistency(leaf / 2, leaf + 1);
      ask("keys");
      EXPECT_GT(refused, 0);
    }
  refused = 0;
  expect_inclusion(17);
  expect_consistency(17, 333);
  EXPECT_TRUE(ask("keys"));
  EXPECT_EQ(refused, 0);
}

// The log goes on: damage is reported, and does not make it unready.
TEST_F(RottenHashes, AreInReadinessAndMetricsOnceTheScrubFoundThem) {
  LogStatus status = site.world.log->status();
  EXPECT_EQ(body_of(site.get("/readyz")).find("damaged"), std::string::npos);
  status.scrub = {
      1'795'256'100'000'000, 1'797'848'100'000'000, 4'096, {"segments/00000003.seg", "tree/04"}};
  site.log->pretended = status;
  const Response ready = site.get("/readyz");
  EXPECT_EQ(ready.status, 200);
  EXPECT_NE(body_of(ready).find("\"damaged\":[\"segments/00000003.seg\",\"tree/04\"]"),
            std::string::npos)
      << body_of(ready);
  const std::string metrics = body_of(site.get("/metrics"));
  for (const char* line :
       {"varve_log_damaged_files{log=\"open\"} 2", "varve_log_scrub_bytes_total{log=\"open\"} 4096",
        "varve_log_scrub_finished_seconds{log=\"open\"} 1795256100",
        "varve_log_scrub_due_seconds{log=\"open\"} 1797848100"})
    EXPECT_NE(metrics.find(line), std::string::npos) << line;
}

// Whoever repeats a request gets the receipt of then, made from the files: or the error.
TEST_F(RottenHashes, MakeNoWrongReceipt) {
  const Headers key = {{"idempotency-key", "1"}};
  const auto send = [&] {
    return site.post("/logs/open/events", "application/json", "{\"n\":1}", "both", key);
  };
  const Response first = send();
  ASSERT_EQ(first.status, 201);
  const std::uint64_t index = size() - 2;  // then its seal
  ASSERT_TRUE(site.world.append_events(varve::testing::events(1)));
  EXPECT_EQ(send().status, 200);
  for (const std::uint64_t rotten : {index, index - 1}) {
    const Rot rot(tree("00"), rotten * kHashSize);
    const Response again = send();
    EXPECT_EQ(again.status, 500) << rotten;
    EXPECT_NE(body_of(again).find("log open: "), std::string::npos) << body_of(again);
  }
  EXPECT_EQ(body_of(send()), body_of(first));
}

}  // namespace
}  // namespace varve::api
