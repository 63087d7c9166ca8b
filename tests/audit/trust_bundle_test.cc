// The trust bundle: verified whole or refused, and enough for checkpoints of any age.
#include "ledger/verify/trust_bundle.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "ledger/verify/open_keys.h"
#include "ledger/verify/verify_file.h"
#include "tests/directories.h"
#include "tests/verify/good_log.h"
#include "tests/verify/log_answers.h"
#include "tools/audit/lib/key_report.h"

namespace varve::audit {

using namespace verify;

namespace {

std::string keys_of(const LogBuilder& log) {
  return std::string(text_of(log.files().at("keys")));
}

TEST(TrustBundle, VerifiesCheckpointsOfEveryAgeOffline) {
  const LogBuilder log = good_log();
  const auto text = make_bundle(log.first.verifier, keys_of(log));
  ASSERT_TRUE(text) << text.error().message;
  for (const auto& trusted : {std::optional<format::VerifierKey>{}, {log.first.verifier}}) {
    const auto bundle = open_bundle(*text, trusted);
    ASSERT_TRUE(bundle) << bundle.error().message;
    EXPECT_EQ(bundle->first, log.first.verifier);
    const Trust trust{log.origin, bundle->first, bundle->keys.timeline};
    EXPECT_TRUE(verify_proof_file(proof_file(log, 3, log.records.size()), trust, {}, {}));
    EXPECT_NE(report_keys(bundle->keys).text.find("verified: 1 of 2 keys"), std::string::npos);
  }
}

TEST(TrustBundle, IsAlsoAKeysFile) {
  const LogBuilder log = good_log();
  EXPECT_TRUE(open_keys(*make_bundle(log.first.verifier, keys_of(log)), log.first.verifier));
}

TEST(TrustBundle, HoldsOnlyWhatVerifies) {
  const LogBuilder log = good_log();
  const LogBuilder other("audit.example.org/other");
  EXPECT_FALSE(make_bundle(other.first.verifier, keys_of(log)));
  EXPECT_FALSE(make_bundle(log.first.verifier, "{}"));
  std::string bundle = *make_bundle(log.first.verifier, keys_of(log));
  EXPECT_EQ(open_bundle(bundle, other.first.verifier).error().code, Code::kInvalid);
  const auto thief = SigningKey::make(log.origin, "thief").verifier;
  EXPECT_EQ(open_bundle(bundle, thief).error().code, Code::kCorrupt) << "under the same name";
  EXPECT_EQ(open_bundle(keys_of(log), {}).error().code, Code::kInvalid);
  EXPECT_EQ(open_bundle("", {}).error().code, Code::kInvalid);
  for (std::size_t i = 0; i < bundle.size(); i += 7) {
    std::string bad = bundle;
    bad[i] = static_cast<char>(bad[i] ^ 1);
    if (bad[i] == ' ' && bundle[i] == '\n') continue;
    EXPECT_FALSE(open_bundle(bad, log.first.verifier)) << "byte " << i;
  }
}

// A member twice is no JSON object to many readers, and to this one none at all.
TEST(TrustBundle, HasEachMemberOnceWhateverTheServerPutsBesideThem) {
  const LogBuilder log = good_log();
  const std::string keys = keys_of(log);
  const std::string plain = *make_bundle(log.first.verifier, keys);
  for (const char* member : {R"("bundle":"varve trust bundle v1",)", R"("first":"another",)",
                             R"("bundle":7,)", R"("more":{"first":[]},)"}) {
    SCOPED_TRACE(member);
    const auto bundle = make_bundle(log.first.verifier, "{" + std::string(member) + keys.substr(1));
    ASSERT_TRUE(bundle) << bundle.error().message;
    EXPECT_EQ(*bundle, plain);
    EXPECT_TRUE(open_bundle(*bundle, log.first.verifier));
  }
  for (const char* member : {"origin", "active", "all", "tree_size", "checkpoint", "events"}) {
    std::string renamed = keys;
    renamed.replace(renamed.find("\"" + std::string(member) + "\""), 2, "\"x");
    EXPECT_FALSE(make_bundle(log.first.verifier, renamed)) << member;
  }
}

TEST(TrustBundle, IsWhatTheDocumentShows) {
  const LogBuilder log("audit.example.org/ward");
  std::ifstream in(source_file("docs/format/bundle.md"));
  const std::string document = (std::ostringstream() << in.rdbuf()).str();
  const std::string bundle = *make_bundle(log.first.verifier, keys_of(log));
  EXPECT_NE(document.find("```json bundle\n" + bundle + "```"), std::string::npos) << bundle;
}

}  // namespace
}  // namespace varve::audit
