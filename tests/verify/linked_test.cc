// What verifies is small enough to be read because nothing else is linked to it. The linked
// programs and the libraries that CMake would give them say so themselves.
#include <gtest/gtest.h>

#include <set>
#include <sstream>
#include <string>

#include "tests/audit/run_program.h"
#include "tests/command.h"
#include "tests/directories.h"

namespace varve::verify {
namespace {

const std::string kThisProgram = built_file("tests/verify_test");

std::string symbols_of(const std::string& program) {
  const Ran symbols = run_command("nm -C " + program);
  EXPECT_EQ(symbols.exit, 0) << symbols.text;
  EXPECT_NE(symbols.text.find("varve::verify::"), std::string::npos) << program;
  return symbols.text;
}

TEST(Programs, ThatVerifyLinkNeitherTheDatabaseNorTheToken) {
  for (const std::string& program : {kThisProgram, built_file("tools/audit/varve-audit"),
                                     built_file("tools/collect/varve-collect")}) {
    SCOPED_TRACE(program);
    const Ran needed = run_command("readelf -d " + program);
    audit::expect(needed, 0, "libcrypto");
    for (const char* foreign : {"lmdb", "p11", "zstd", "softhsm"})
      EXPECT_EQ(needed.text.find(foreign), std::string::npos) << foreign;
    const std::string symbols = symbols_of(program);
    for (const char* foreign :
         {"mdb_env_open", "C_GetFunctionList", "varve::store", "varve::hsm", "varve::state",
          "varve::recovery", "varve::upkeep", "varve::log::", "varve::api"})
      EXPECT_EQ(symbols.find(foreign), std::string::npos) << foreign;
  }
}

// This program is what a test links that needs the two floors alone: neither files nor a network.
TEST(Programs, ThatVerifyNeedNoFileNoClockAndNoTool) {
  const std::string symbols = symbols_of(kThisProgram);
  for (const char* foreign : {"varve::env::", "varve::tools::", "varve::client::"})
    EXPECT_EQ(symbols.find(foreign), std::string::npos) << foreign;
}

// Also what this program happens not to use.
TEST(Libraries, ThatVerifyStandOnTheFloorsBelowAndOnParsersAndHashes) {
  std::istringstream linked(VARVE_VERIFY_LINKS);
  std::set<std::string> libraries;
  for (std::string name; std::getline(linked, name, ' ');) libraries.insert(name);
  EXPECT_EQ(libraries, (std::set<std::string>{"varve_rules", "varve_format", "varve_merkle",
                                              "varve_base", "OpenSSL::Crypto", "PkgConfig::SODIUM",
                                              "Boost::json", "PkgConfig::SIMDJSON"}));
}

}  // namespace
}  // namespace varve::verify
