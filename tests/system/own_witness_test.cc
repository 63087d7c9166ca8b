// varve-witness as a process: a client of another make (Go's x/mod) agrees with every answer; a server of logs asks
// it, also after the log's key has changed; the second of two histories is refused, and the evidence is there.
#include <gtest/gtest.h>

#include <filesystem>
#include <memory>

#include "tests/directories.h"
#include "varve_witness.h"

namespace varve::system {
namespace {

namespace fs = std::filesystem;

constexpr const char* kName = "own.example/w1";

class OwnWitness : public ::testing::Test {
 protected:
  static std::string asker() { return built_file("tests/go/ask_witness"); }
  static std::string logs_of_others() {
    const std::string list = must_run({asker(), "list", "1", "2", "3"});
    return list.substr(list.find('\n') + 1);
  }
  [[nodiscard]] Outcome ask(const std::string& what, const std::string& seed,
                            const std::string& count) const {
    return run({asker(), what, seed, count, witness_->url(), varve_.path("ca.pem"),
                witness_->vkey()});
  }
  void make_witness(const std::string& list) {
    witness_ = std::make_unique<VarveWitness>(varve_, "own.example", list);
    witness_->start();
  }
  static bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
  }

  Installation varve_;
  std::unique_ptr<VarveWitness> witness_;
};

TEST_F(OwnWitness, GivesEveryAnswerThatAWitnessOfAnotherMakeGives) {
  make_witness(logs_of_others());
  const Outcome asked = ask("ask", "1", "1500");
  EXPECT_EQ(asked.exit_code, 0) << asked.output << witness_->log();
  for (const char* status : {"200 ", "400 ", "403 ", "404 ", "409 ", "422 ", "caught "})
    EXPECT_TRUE(has("\n" + asked.output, std::string("\n") + status)) << asked.output;
  const Outcome raced = ask("race", "2", "200");
  EXPECT_EQ(raced.exit_code, 0) << raced.output << witness_->log();
  EXPECT_EQ(witness_->stop(), 0);
}

}  // namespace
}  // namespace varve::system
