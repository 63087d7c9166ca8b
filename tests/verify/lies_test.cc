// A malicious log: what it can say, each with the verdict it must get. In the first half it lies in
// one value of one answer; in the second it holds the log's key and signs whatever size it likes.
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "good_log.h"
#include "json_lies.h"
#include "ledger/base/text.h"
#include "ledger/format/batch.h"
#include "ledger/format/checkpoint.h"
#include "ledger/verify/answers.h"
#include "ledger/verify/open_keys.h"
#include "ledger/verify/trust_bundle.h"
#include "ledger/verify/verify_file.h"
#include "log_answers.h"

namespace varve::verify {
namespace {

/// No lie of `json` verifies, and each is reported as what it is: malformed, or not what was signed.
/// Values that nobody reads, `unread`, may be anything.
template <class Open>
void expect_every_lie_found(const std::string& json, const std::vector<std::string>& unread,
                            Open open) {
  ASSERT_TRUE(open(json)) << open(json).error().message;
  const std::vector<Lie> lies = lies_of(json);
  EXPECT_GT(lies.size(), 50U);
  for (const Lie& lie : lies) {
    const bool is_unread = std::ranges::count(unread, lie.where) != 0;
    const auto opened = open(lie.json);
    const bool twice =
        lie.what.ends_with(lie.where + "\"") && lie.what.find(":0,") != lie.what.npos;
    if (is_unread && !twice) continue;
    ASSERT_FALSE(opened) << lie.where << " as " << lie.what << " was believed";
    EXPECT_TRUE(opened.error().code == Code::kInvalid || opened.error().code == Code::kCorrupt)
        << lie.where << " as " << lie.what << ": " << opened.error().message;
  }
}

struct Lying : ::testing::Test {
  LogBuilder log = good_log();
  std::size_t size = log.records.size();
  std::string keys_json = std::string(text_of(log.files().at("keys")));
  VerifiedKeys keys = must(open_keys(keys_json, log.first.verifier));
  Trust trust{log.origin, log.first.verifier, keys.timeline, keys.under.checkpoint};

  template <class T>
  static T must(Result<T> result) {
    CHECK(result.has_value());
    return std::move(*result);
  }
};

TEST_F(Lying, AboutKeysIsFound) {
  expect_every_lie_found(
      keys_json, {}, [&](const std::string& json) { return open_keys(json, log.first.verifier); });
}

TEST_F(Lying, InATrustBundleIsFound) {
  expect_every_lie_found(
      must(make_bundle(log.first.verifier, keys_json)), {},
      [&](const std::string& json) { return open_bundle(json, log.first.verifier); });
}

TEST_F(Lying, AboutTheInclusionOfARecordIsFound) {
  const Hash leaf = merkle::leaf_hash(log.records[7]);
  for (const LeafQuestion& asked : {LeafQuestion{LeafIndex{7}, {}}, LeafQuestion{{}, leaf}})
    expect_every_lie_found(inclusion_json(log, 7, size), {}, [&](const std::string& json) {
      return open_inclusion(json, asked, keys.timeline);
    });
}

TEST_F(Lying, AboutAnEventIsFound) {
  expect_every_lie_found(
      event_json(log, 3, size), {"kind", "source"},
      [&](const std::string& json) { return open_event(json, LeafIndex{3}, keys.timeline); });
}

TEST_F(Lying, AboutConsistencyIsFound) {
  const auto checkpoint = [&](std::size_t n) {
    return format::Checkpoint{log.origin, TreeSize{n}, merkle::root_of(leaves_of(log, n))};
  };
  expect_every_lie_found(consistency_json(log, 13, size), {"from", "to", "from_root", "to_root"},
                         [&](const std::string& json) {
                           return open_consistency(json, checkpoint(13), checkpoint(size));
                         });
}

TEST_F(Lying, InAReceiptOfASealedBatchIsFound) {
  const std::size_t first = find_record(log, format::Kind::kEvent, id_of(lab()), 1);
  Buffer batch;
  for (std::size_t i = first; i < first + 6; ++i) format::append_to_bundle(batch, log.records[i]);
  const std::string json = receipt_json(log, first, 6, size, false);
  expect_every_lie_found(
      json, {}, [&](const std::string& lie) { return verify_batch_receipt(lie, trust, batch); });
}

TEST_F(Lying, InAReceiptOfServerSealedEventsIsFound) {
  const std::size_t first = find_record(log, format::Kind::kEvent, format::kLogItself, 0);
  std::string body;
  for (std::size_t i = first; i < first + 4; ++i)
    body.append(text_of(must(format::decode_record(log.records[i])).payload)).append("\n");
  const std::string json = receipt_json(log, first, 4, size, true);
  expect_every_lie_found(json, {}, [&](const std::string& lie) {
    return verify_events_receipt(lie, trust, bytes_of(body));
  });
}

TEST_F(Lying, ByCuttingOrGrowingAnyFileOfTheLogIsFound) {
  const Files good = log.files();
  for (const auto& [path, bytes] : good) {
    for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
      Files files = good;
      files.at(path).resize(cut);
      if (cut == bytes.size()) files.at(path).push_back(std::byte{'\n'});
      const Outcome outcome = audit(files, log.first.verifier);
      const bool harmless = path == "keys" && cut == bytes.size();  // white space behind JSON
      ASSERT_EQ(outcome.finding.has_value(), !harmless) << path << " cut to " << cut;
    }
  }
}

// ---- signed lies

constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();

/// Gives every full tile and bundle that is asked for, and counts what is asked for.
class EndlessLog final : public LogSource {
 public:
  explicit EndlessLog(Files files) : files_(std::move(files)) {}
  [[nodiscard]] std::size_t asked() const { return asked_; }

 private:
  [[nodiscard]] Result<Buffer> get(const std::string& path) const override {
    ++asked_;
    if (const auto file = files_.find(path); file != files_.end()) return file->second;
    if (path.starts_with("tile/entries/")) {
      Buffer bundle;
      for (std::uint32_t k = 0; k < merkle::kTileWidth; ++k)
        format::append_to_bundle(bundle, bytes_of("no record"));
      return bundle;
    }
    return Buffer(merkle::kTileWidth * kHashSize);
  }
  Files files_;
  mutable std::size_t asked_ = 0;
};

struct SignedLies : ::testing::Test {
  LogBuilder log;
  std::size_t size = 0;

  SignedLies() {
    log.register_source(ward());
    log.batch(ward(), 3);
    log.server_batch(2);
    size = log.records.size();
  }
  /// Signed by the log's own key.
  [[nodiscard]] std::string checkpoint(std::uint64_t of, const Hash& root) const {
    return sign_note(format::checkpoint_text({log.origin, TreeSize{of}, root}), log.active);
  }
  [[nodiscard]] Hash root(std::size_t of) const { return merkle::root_of(leaves_of(log, of)); }
  [[nodiscard]] Files with_checkpoint(const std::string& note) const {
    Files files = log.files();
    files.at("checkpoint") = to_buffer(bytes_of(note));
    return files;
  }
};

TEST_F(SignedLies, OfAnySizeUpToTheLogsOwnAreFoundAndTheTruthIsNot) {
  for (std::size_t of = 0; of <= size; ++of) {
    const auto truth = audit(with_checkpoint(checkpoint(of, root(of))), log.first.verifier);
    EXPECT_TRUE(truth.intact) << truth.text();
    const auto lie = audit(with_checkpoint(checkpoint(of, Hash{})), log.first.verifier);
    ASSERT_TRUE(lie.finding) << of;
    EXPECT_EQ(lie.finding->check, of < size ? "older checkpoint" : "root");
  }
}

TEST_F(SignedLies, OfMoreRecordsThanThereAreNeitherVerifyNorExhaust) {
  for (const std::uint64_t of : {std::uint64_t{size} + 1, std::uint64_t{255}, std::uint64_t{256},
                                 std::uint64_t{257}, std::uint64_t{1} << 63, kMost - 1, kMost}) {
    SCOPED_TRACE(of);
    const Files files = with_checkpoint(checkpoint(of, root(size)));
    const auto cannot_be_read = audit(files, log.first.verifier);
    EXPECT_FALSE(cannot_be_read.intact);
    EXPECT_FALSE(cannot_be_read.finding) << "what is not there is no damage";

    EndlessLog endless(files);
    LogCheck check(log.first.verifier, endless, kNowUs);
    ASSERT_TRUE(check.begin());
    const auto step = check.step();
    ASSERT_FALSE(step);
    EXPECT_TRUE(check.finding()) << step.error().message;
    EXPECT_LE(endless.asked(), 8U);
  }
}

TEST_F(SignedLies, InTheKeysOwnCheckpointAreFound) {
  const std::string json(text_of(log.files().at("keys")));
  const std::string true_size = "\"tree_size\":" + std::to_string(size);
  for (const std::uint64_t of :
       {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{1} << 63, kMost}) {
    std::string lie = json;
    const std::string note = checkpoint(of, of == 0 ? merkle::empty_root() : Hash{});
    std::string quoted = "\"" + note + "\"";
    for (std::size_t at = 0; (at = quoted.find('\n', at)) != std::string::npos;)
      quoted.replace(at, 1, "\\n");
    const std::size_t begin = lie.find("\"checkpoint\":") + 13;
    lie.replace(begin, lie.find(",\"events\"") - begin, quoted);
    lie.replace(lie.find(true_size), true_size.size(), "\"tree_size\":" + std::to_string(of));
    const auto opened = open_keys(lie, log.first.verifier);
    ASSERT_FALSE(opened) << of;
    EXPECT_EQ(opened.error().code, Code::kCorrupt) << "a key event that is not in the tree";
  }
}

TEST_F(SignedLies, AreNotesInEverySpellingButOne) {
  const std::string good = checkpoint(size, root(size));
  const std::string text = good.substr(0, good.find("\n\n") + 1);
  const std::string signature = good.substr(good.find("\n\n") + 2);
  const SigningKey thief = SigningKey::make(log.origin, "thief");
  const std::string by_thief = sign_note(text, {thief});
  const std::string of_other = checkpoint(size, Hash{});
  EXPECT_TRUE(audit(with_checkpoint(good), log.first.verifier).intact);
  EXPECT_TRUE(audit(with_checkpoint(good + signature), log.first.verifier).intact) << "twice";
  EXPECT_TRUE(
      audit(with_checkpoint(good + by_thief.substr(by_thief.find("\n\n") + 2)), log.first.verifier)
          .intact)
      << "a witness that nobody knows";
  for (const std::string& bad :
       {by_thief, good + of_other.substr(of_other.find("\n\n") + 2), text + "\n", text,
        "\n" + signature, good + good, text + "extension\n\n" + signature, std::string(),
        log.origin + "\n" + std::string("x\n") + text.substr(text.rfind('\n', text.size() - 2) + 1),
        std::string(format::kNoteMax + 1, 'x')})
    EXPECT_TRUE(audit(with_checkpoint(bad), log.first.verifier).finding) << bad.substr(0, 200);
}

}  // namespace
}  // namespace varve::verify
