// What a log asks others beside its appends, where the system gives no thread for it: it says so, and the log goes on.
#include "tests/env/few_threads.h"

#include <gtest/gtest.h>

#include "api/access/reads.h"
#include "api/outbound/time_stamps.h"
#include "api/outbound/witnesses.h"
#include "tests/env/sanitized.h"
#include "tests/format/test_cosigner.h"
#include "tests/log/world.h"

namespace varve::api {
namespace {

class AskingWithoutAThread : public ::testing::Test {
 protected:
  void SetUp() override {
    if (VARVE_SANITIZED) GTEST_SKIP() << "a sanitizer has threads of its own";
    if (::geteuid() != 0) GTEST_SKIP() << "only root can become a user who has no other process";
  }
};

bool is_said(const std::string& trouble) {
  return trouble.find("TasksMax") != std::string::npos;
}

TEST_F(AskingWithoutAThread, OthersIsLeftUndoneAndSaid) {
  EXPECT_TRUE(testing::on_its_own([] {
    testing::World world;
    if (!world.open()) return false;
    Journal journal{Level::kError};
    testing::limit_threads(1);
    WitnessOptions witnesses;
    const format::TestCosigner cosigner("w.example", 1);
    witnesses.policy = *format::WitnessPolicy::parse("witness A " + cosigner.vkey() +
                                                     " https://127.0.0.1:1\nquorum A\n");
    witnesses.log = "main";
    witnesses.kept_name = "main+witnessed";
    witnesses.alarms_name = "main+alarms";
    Witnesses asks_witnesses(witnesses, *world.log, *world.files, journal);
    TimeStampOptions stamps;
    stamps.log = "main";
    stamps.kept_name = "main+stamped";
    stamps.authorities = {Peer{"https://127.0.0.1:1", ""}};
    TimeStamps asks_authorities(stamps, *world.log, *world.files, journal);
    const bool said = is_said(asks_witnesses.status().witnesses.front().trouble) &&
                      is_said(asks_authorities.status().trouble);
    testing::limit_threads(100);
    return said && world.append_events(testing::events(1)).has_value();
  }));
}

// What nobody would put on record is not answered: the server does not start.
TEST_F(AskingWithoutAThread, IsNoReasonToServeReadsThatNobodyPutsOnRecord) {
  EXPECT_TRUE(testing::on_its_own([] {
    testing::World world;
    if (!world.open()) return false;
    Journal journal{Level::kError};
    const HostedLogs logs({{"main", world.options.origin, false, world.log.get()}});
    Reads reads(logs, env::posix_clock(), journal);
    testing::limit_threads(1);
    const auto refused = reads.start();
    testing::limit_threads(100);
    return !refused && refused.error().code == Code::kBusy && is_said(refused.error().message) &&
           reads.start().has_value();
  }));
}

}  // namespace
}  // namespace varve::api
