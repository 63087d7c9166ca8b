// Every runbook after every other one: a server lives for years, and what one runbook takes away,
// another must not ask for.
#include <gtest/gtest.h>

#include <set>

#include "runbook.h"

namespace varve::system {
namespace {

class RunbookPairs : public Runbook, public ::testing::WithParamInterface<int> {
 protected:
  static bool applies(std::size_t first, std::size_t second) { return first != 0 || second != 0; }
};

TEST_P(RunbookPairs, EveryOneWorksAfterThisOne) {
  const auto first = static_cast<std::size_t>(GetParam());
  std::set<std::string> named;
  for (const Named& runbook : runbooks()) named.insert(runbook.name);
  ASSERT_EQ(named, sections()) << "a runbook that is not here, or not there";
  begin();
  (this->*runbooks()[first].run)();
  ASSERT_FALSE(HasFatalFailure()) << runbooks()[first].name;
  keep();
  for (std::size_t second = 0; second < runbooks().size(); ++second) {
    if (!applies(first, second)) continue;
    SCOPED_TRACE(std::string(runbooks()[first].name) + ", then " + runbooks()[second].name);
    put_back();
    (this->*runbooks()[second].run)();
  }
}

INSTANTIATE_TEST_SUITE_P(First, RunbookPairs, ::testing::Range(0, 10));

}  // namespace
}  // namespace varve::system
