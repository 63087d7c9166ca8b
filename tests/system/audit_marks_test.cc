// varved audit of two logs, by the program's exit code, where the mark of the first is another
// log's.
#include <gtest/gtest.h>

#include <filesystem>

#include "installation.h"

namespace varve::system {
namespace {

namespace fs = std::filesystem;

struct TwoMarkedLogs : ::testing::Test {
  Installation varve;

  TwoMarkedLogs() {
    fs::create_directory(varve.path("marks"));
    const std::string marks = "high_water_mark = \"" + varve.path("marks") + "\"\n";
    varve.start();  // chooses the port, and makes the first log
    EXPECT_EQ(varve.stop(), 0);
    write_text(varve.path("varved.toml"),
               read_text(varve.path("varved.toml")) + marks +
                   "\n[[log]]\nname = \"two\"\norigin = \"audit.example.org/two\"\n"
                   "key = \"pkcs11:object=first\"\n" +
                   marks);
    varve.start();
    EXPECT_EQ(varve.stop(), 0);
  }
  void expect_audit(int exit_code, const Words& said) const {
    const Outcome audited =
        run({Installation::program("varved"), "audit", "--config", varve.path("varved.toml")},
            varve.variables());
    EXPECT_EQ(audited.exit_code, exit_code) << audited.output;
    for (const std::string& text : said)
      EXPECT_NE(audited.output.find(text), std::string::npos) << text << ": " << audited.output;
  }
};

TEST_F(TwoMarkedLogs, AreBothAuditedThoughTheMarkOfTheFirstIsAnotherLogs) {
  expect_audit(0, {"main: intact", "two: intact"});
  fs::copy_file(varve.path("marks/two.mark"), varve.path("marks/main.mark"),
                fs::copy_options::overwrite_existing);
  const std::string unknown = "log main cannot be compared with its high-water mark";
  expect_audit(10, {"main: intact", unknown, "two: intact"});

  run({"chattr", "-R", "-i", varve.path("data/two")});
  const fs::path segment = fs::directory_iterator(varve.path("data/two/segments"))->path();
  std::string bytes = read_text(segment);
  bytes.replace(bytes.size() / 2, 7, "damaged");
  write_text(segment, bytes);
  expect_audit(13, {"main: intact", unknown, "two: DAMAGED"});
}

}  // namespace
}  // namespace varve::system
