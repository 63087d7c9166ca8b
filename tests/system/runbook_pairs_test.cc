// Every runbook after every other one: a server lives for years, and what one runbook takes away,
// another must not ask for.
#include <gtest/gtest.h>

#include <filesystem>
#include <set>

#include "runbook.h"

namespace varve::system {
namespace {

namespace fs = std::filesystem;

class RunbookPairs : public Runbook, public ::testing::WithParamInterface<int> {
 protected:
  struct Named {
    const char* name;
    void (RunbookPairs::*run)();
  };
  static const std::vector<Named>& runbooks() {
    static const std::vector<Named> all = {
        {"First ceremony", &RunbookPairs::ceremony},
        {"Yearly rotation", &RunbookPairs::yearly_rotation},
        {"Compromised key", &RunbookPairs::compromised_key},
        {"Renewal to another hash function", &RunbookPairs::renewal},
        {"Lost token", &RunbookPairs::lost_token},
        {"Lost store", &RunbookPairs::lost_store},
        {"Change of HSM vendor", &RunbookPairs::change_of_vendor},
        {"Restore drill", &RunbookPairs::restore_drill},
        {"Lost tail", &RunbookPairs::lost_tail},
    };
    return all;
  }
  /// A log that has ended has no further runbook, and people are named once.
  static bool applies(std::size_t first, std::size_t second) { return first != 0 || second != 0; }

  ~RunbookPairs() override { fs::remove_all(kept()); }

  [[nodiscard]] std::string kept() const {
    std::string directory = varve_.path("");
    directory.pop_back();
    return directory + "-kept";
  }
  /// The whole site as it is, server stopped.
  void keep() {
    do_commands("systemctl stop varved; chattr -R -f -i . || true");
    kept_site_ = site_;
    must_run({"cp", "-a", varve_.path(""), kept()});
  }
  void put_back() {
    do_commands("[ ! -e varved.pid ] || systemctl stop varved; chattr -R -f -i . || true");
    for (const auto& entry : fs::directory_iterator(varve_.path(""))) fs::remove_all(entry.path());
    must_run({"cp", "-a", kept() + "/.", varve_.path("")});
    site_ = kept_site_;
    do_commands("systemctl start varved");
  }

  Site kept_site_;
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

INSTANTIATE_TEST_SUITE_P(First, RunbookPairs, ::testing::Range(0, 8));

}  // namespace
}  // namespace varve::system
