// A month that is disposed of, before and after every runbook: what a log has let go of, nothing may ask for again, and
// whatever was done before, a month can go.
#include <gtest/gtest.h>

#include "retention_runbook.h"

namespace varve::system {
namespace {

/// Behind the first ceremony. The names of runbooks that may follow it.
class DisposalPairs : public RetentionRunbook {
 protected:
  static constexpr std::size_t kFirst = 1;
};

TEST_F(DisposalPairs, EveryRunbookWorksAfterADisposal) {
  disposal();
  ASSERT_FALSE(HasFailure());
  keep();
  for (std::size_t next = kFirst; next < runbooks().size(); ++next) {
    SCOPED_TRACE(std::string("after a disposal: ") + runbooks()[next].name);
    put_back();
    (this->*runbooks()[next].run)();
  }
}

TEST_F(DisposalPairs, AMonthIsDisposedOfAfterEveryRunbook) {
  keep();
  for (std::size_t before = kFirst; before + 1 < runbooks().size(); ++before) {
    SCOPED_TRACE(std::string("a disposal after: ") + runbooks()[before].name);
    put_back();
    (this->*runbooks()[before].run)();
    disposal();
  }
}

}  // namespace
}  // namespace varve::system
