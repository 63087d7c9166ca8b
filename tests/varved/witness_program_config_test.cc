// The configuration of varve-witness: what is refused, and that its page has every key.
#include <gtest/gtest.h>

#include <fstream>

#include "tests/directories.h"
#include "tools/witness/config.h"

namespace varve::tools {
namespace {

std::string table(const std::string& witness, const std::string& server) {
  return "[witness]\nname = \"w.example/1\"\nkey = \"pkcs11:object=w\"\ndata = \"/d\"\n"
         "logs = \"/l\"\nurl = \"https://w.example\"\n" +
         witness + "[server]\n" + server +
         "[hsm]\nmodule = \"m\"\ntoken = \"pkcs11:token=t\"\npin = \"file:/p\"\n";
}

const std::string kTls = "tls_certificate = \"c\"\ntls_key = \"k\"\n";

std::string why(const std::string& text) {
  const auto config = parse_witness_config(text, "w.toml");
  return config ? "it is right" : config.error().message;
}

TEST(WitnessProgramConfig, EveryKeyIsInTheDocumentAndNoOther) {
  std::ifstream file(source_file("docs/operating/running-a-witness.md"));
  std::vector<std::string> documented;
  std::string section;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("| key of `["))
      section = line.substr(line.find('[') + 1, line.find(']') - line.find('[') - 1);
    else if (line.empty())
      section.clear();
    else if (!section.empty() && line.starts_with("| `"))
      documented.push_back(section + "." + line.substr(3, line.find('`', 3) - 3));
  }
  std::vector<std::string> keys = witness_config_keys();
  std::erase_if(keys, [](const std::string& key) { return key.starts_with("hsm."); });
  std::ranges::sort(keys);
  std::ranges::sort(documented);
  EXPECT_EQ(documented, keys);
}

TEST(WitnessProgramConfig, IsRefusedWithItsReason) {
  EXPECT_EQ(why(table("", kTls)), "it is right");
  EXPECT_EQ(why(table("", "plain_http = true\n")), "it is right");
  const struct {
    std::string text;
    std::string part;
  } cases[] = {
      {table("", ""), "set tls_certificate and tls_key"},
      {table("", kTls + "plain_http = true\n"), "set tls_certificate and tls_key"},
      {table("", "tls_key = \"k\"\n"), "go together"},
      {table("high_water_mark = \"/d\"\n", kTls), "a directory apart from data"},
      {table("quota = 5\n", kTls), "quota"},
      {table("", kTls + "listen = \"localhost\"\n"), "listen is an IP address"},
  };
  for (const auto& one : cases)
    EXPECT_NE(why(one.text).find(one.part), std::string::npos) << why(one.text);
}

}  // namespace
}  // namespace varve::tools
