// What docs/operating/keys.md and retention.md have an operator do now and then, before and after every runbook: month
// keys are exchanged, the old ones destroyed, and a hold is placed. A restore, a lost token and a change of vendor
// come to keys that have other labels then, and an exchange comes to keys that they made.
#include <gtest/gtest.h>

#include "retention_runbook.h"

namespace varve::system {
namespace {

/// Behind the first ceremony, so that a hold can be released, and key events take approvals.
class KeysPairs : public RetentionRunbook {
 protected:
  static constexpr std::size_t kFirst = 1;

  /// A block of keys.md, of this month.
  [[nodiscard]] std::string of_keys(std::size_t number) const {
    std::string commands = keys_.at("").at(0) + keys_.at("Month keys").at(number);
    commands = replaced(commands, "/etc/varve/varved.toml", "varved.toml");
    return replaced(replaced(commands, "2026-11", first_month_), "$VKEY", "$(cat first.vkey)");
  }
  void exchange_month_keys() {
    SCOPED_TRACE("month keys");
    do_commands(of_keys(0));
    do_commands(of_keys(1));
    do_commands(of_keys(3));
    expect_said(must(shell(of_keys(0))), first_month_);
    expect_appended();
  }
  /// By an approver: the log's own key is another one after each runbook.
  void place_a_hold() {
    SCOPED_TRACE("a hold");
    const std::string hold = "A hold for a lawsuit";
    must(type(hold, 0));
    must(shell(replaced(
        typed(hold, 1),
        "$token --key pkcs11:object=cardiology-1 --name audit.example.org/cardiology",
        "--module $module --token pkcs11:token=ann --pin file:ann-pin --key pkcs11:object=ann "
        "--name ann")));
    expect_said(must(type(hold, 2)), "2028-cv-117");
  }
  void all_of_it() {
    exchange_month_keys();
    place_a_hold();
  }

  const Blocks keys_ = blocks_of("docs/operating/keys.md");
};

TEST_F(KeysPairs, EveryRunbookWorksAfterMonthKeysWereExchangedAndAHoldWasPlaced) {
  all_of_it();
  ASSERT_FALSE(HasFailure());
  keep();
  for (std::size_t next = kFirst; next < runbooks().size(); ++next) {
    SCOPED_TRACE(std::string("after all of it: ") + runbooks()[next].name);
    put_back();
    (this->*runbooks()[next].run)();
  }
}

TEST_F(KeysPairs, MonthKeysAreExchangedAndAHoldIsPlacedAfterEveryRunbook) {
  keep();
  for (std::size_t before = kFirst; before + 1 < runbooks().size(); ++before) {
    SCOPED_TRACE(std::string("all of it after: ") + runbooks()[before].name);
    put_back();
    (this->*runbooks()[before].run)();
    all_of_it();
  }
}

}  // namespace
}  // namespace varve::system
