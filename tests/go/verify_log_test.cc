// verify_log, the stranger that judges our server in the system tests: it accepts a good log of any
// shape, and refuses it when any one answer is not right. A judge that never refuses judges
// nothing.
#include <gtest/gtest.h>

#include "tests/go/served_log.h"

namespace varve {
namespace {

void leave_alone(const std::string&, std::string&) {}

TEST(VerifyLog, AcceptsGoodLogsSignedByAnEd25519AndAP256Key) {
  for (const std::uint64_t size : {0U, 1U, 2U, 255U, 256U, 257U, 700U, 70'000U}) {
    SCOPED_TRACE(size);
    EXPECT_EQ(ServedLog(size).verify("-all-keys", leave_alone), 0);
  }
}

TEST(VerifyLog, RefusesALogWhenAnyAnswerIsAltered) {
  const ServedLog log(700);
  for (const char* what :
       {"/checkpoint", "/tile/0/000", "/tile/0/002.p/188", "/tile/1/000.p/2", "/tile/entries/001",
        "/tile/entries/002.p/188", "/proof/inclusion", "/proof/consistency"}) {
    SCOPED_TRACE(what);
    bool asked = false;
    const auto alter = [&](const std::string& path, std::string& body) {
      if (!path.starts_with(what)) return;
      asked = true;
      // In a proof, one of its hashes; elsewhere, anything.
      const std::size_t at = path.starts_with("/proof") ? body.rfind('"') - 10 : body.size() / 2;
      body[at] = body[at] == 'B' ? 'C' : 'B';
    };
    EXPECT_EQ(log.verify("", alter), 1);
    EXPECT_TRUE(asked);
  }
}

TEST(VerifyLog, RefusesALogWhenAnyAnswerIsMissingOrCut) {
  const ServedLog log(300);
  for (const char* what : {"/checkpoint", "/tile/0/000", "/tile/0/001.p/44", "/tile/1/000.p/1",
                           "/tile/entries/001.p/44", "/proof/inclusion", "/proof/consistency"})
    for (const bool cut : {false, true}) {
      SCOPED_TRACE(std::string(what).append(cut ? " cut" : " missing"));
      const auto take_away = [&](const std::string& path, std::string& body) {
        if (path.starts_with(what)) body.resize(cut ? body.size() - 1 : 0);
      };
      EXPECT_EQ(log.verify("", take_away), 1);
    }
}

TEST(VerifyLog, RefusesACheckpointThatAKeyDidNotSignWhenAllMustSign) {
  const ServedLog log(3);
  const auto without_the_last_signature = [](const std::string& path, std::string& body) {
    if (path == "/checkpoint") body.resize(body.rfind("\xe2\x80\x94"));
  };
  EXPECT_EQ(log.verify("", without_the_last_signature), 0);
  EXPECT_EQ(log.verify("-all-keys", without_the_last_signature), 1);
}

}  // namespace
}  // namespace varve
