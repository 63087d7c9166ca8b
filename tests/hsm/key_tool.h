// varve-keys as an operator runs it, against a real token.
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>
#include <string_view>

#include "tests/directories.h"
#include "tests/hsm/command.h"
#include "tests/hsm/soft_token.h"

namespace varve::testing {

/// In the directory of a SoftHSM token of its own.
class KeyTool : public ::testing::Test {
 public:
  static constexpr std::string_view kOrigin = "audit.example.org/cardiology";

 protected:
  /// Runs it in the token's directory, where the file "pin" is. $token and $origin are set.
  [[nodiscard]] Outcome run(std::string_view arguments) const {
    std::string line = "token='--module ";
    line.append(kSoftHsm).append(
        " --token pkcs11:token=varve --pin file:pin --timeout-ms 60000'; ");
    line.append("module='--module ").append(kSoftHsm).append("'; origin='--origin ");
    line.append(kOrigin).append("'; cd ").append(soft_.directory().string());
    line.append(" && ").append(built_file("tools/keys/varve-keys ")).append(arguments);
    return run_command(line);
  }
  [[nodiscard]] std::string made(std::string_view arguments) const {
    std::string command = "create $token $origin ";
    const Outcome outcome = run(command.append(arguments));
    EXPECT_EQ(outcome.exit_code, 0) << outcome.output;
    return first_line(outcome.output);
  }
  static std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }
  [[nodiscard]] std::string contents(const char* name) const {
    std::ifstream in(soft_.directory() / name, std::ios::binary);
    return (std::ostringstream() << in.rdbuf()).str();
  }
  SoftToken soft_;
};

}  // namespace varve::testing
