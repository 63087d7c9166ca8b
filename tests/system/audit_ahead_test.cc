// varved audit with a token that takes its time: keys are asked for in several sessions at once.
#include <gtest/gtest.h>

#include <cstdlib>

#include "months.h"
#include "sender.h"
#include "tests/directories.h"

namespace varve::system {
namespace {

// The token gives no key before four are asked for at once; one session would wait for ever.
TEST(AuditAhead, AsksForSeveralKeysAtOnce) {
  Installation varve;
  write_segments(varve, "main", {kJanuary, kJanuary, kJanuary, kJanuary, kFebruary}, 10);
  std::string config = read_text(varve.path("varved.toml"));
  config.replace(config.find(kSoftHsm), std::string(kSoftHsm).size(),
                 built_file("tests/hsm/fault_module.so"));
  write_text(varve.path("varved.toml"), config);
  ::setenv("VARVE_TOKEN_MEETS", "4", 1);
  const Outcome audited =
      run({Installation::program("varved"), "audit", "--config", varve.path("varved.toml")},
          varve.variables());
  ::unsetenv("VARVE_TOKEN_MEETS");
  EXPECT_EQ(audited.exit_code, 0) << audited.output;
  EXPECT_NE(audited.output.find("intact"), std::string::npos) << audited.output;
}

}  // namespace
}  // namespace varve::system
