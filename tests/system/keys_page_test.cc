// Runs docs/operating/keys.md: its commands in the order of the page, against one server and its tokens. What a
// month's disposal and an authority's stamp take, other tests bring: kek_test.cc and tests/hsm/clock_test.cc run
// these commands.
#include "ledger/base/month.h"
#include "ledger/env/posix.h"
#include "runbook.h"

namespace varve::system {
namespace {

class KeysPage : public Runbook {
 protected:
  KeysPage() {
    configure(site_.config + "\n[operator]\nserver = \"" + varve_.server_url() + "\"\nca = \"" +
              varve_.path("ca.pem") + "\"\nbearer = \"" + varve_.path("operator-token") + "\"\n");
    write_text(varve_.path("operator-header"),
               "Authorization: Bearer " + read_text(varve_.path("operator-token")));
  }

  /// As it is typed here: names of files are others.
  [[nodiscard]] std::string typed(const std::string& section, std::size_t number) const {
    std::string commands = "export CURL_CA_BUNDLE=ca.pem\n" + page_.at("").at(0);
    for (const char* person : {"ann", "bob", "eve"})
      commands += std::string(person) + "=$(cat " + person + ".vkey 2>/dev/null || true)\n";
    commands += "first=$(cat first.vkey 2>/dev/null || true)\nVKEY=$first\n";
    commands += page_.at(section).at(number);
    commands = replaced(commands, "/var/lib/varve/tokens", varve_.path("softhsm"));
    commands = replaced(commands, "/etc/varve/softhsm2.conf", varve_.path("softhsm2.conf"));
    commands = replaced(commands, "file:/etc/ann/pin", "file:ann-pin");
    commands = replaced(commands, "file:/etc/varve/other-pin", "file:spare-pin");
    return replaced(replaced(commands, "/etc/varve/", ""), "2026-11", month_);
  }
  using Edits = std::vector<std::pair<std::string, std::string>>;
  /// Each edit is of something that is there. `before` is typed in front.
  std::string type(const std::string& section, std::size_t number, const Edits& edits = {},
                   const std::string& before = "") {
    SCOPED_TRACE(section + ", block " + std::to_string(number));
    typed_.emplace(section, number);
    std::string commands = typed(section, number);
    for (const auto& [from, to] : edits) {
      EXPECT_NE(commands.find(from), std::string::npos) << from << " in " << commands;
      commands = replaced(commands, from, to);
    }
    const Outcome outcome = shell(before + commands);
    EXPECT_EQ(outcome.exit_code, 0) << commands << outcome.output;
    return outcome.output;
  }
  /// All blocks of a section from `first` to `last`.
  void type_all(const std::string& section, std::size_t first, std::size_t last) {
    for (std::size_t number = first; number <= last; ++number) type(section, number);
  }

  /// Only blocks that another test types are left. The first of the page stands in front of all.
  void expect_all_typed() {
    typed_.emplace("", 0);
    typed_.emplace("Time stamps",
                   0);  // tests/hsm/clock_test.cc runs these commands with an authority
    typed_.emplace("Month keys", 4);  // of a disposal: kek_test.cc, disposal_pairs_test.cc
    typed_.emplace("Month keys", 5);
    for (const auto& [section, blocks] : page_)
      for (std::size_t number = 0; number < blocks.size(); ++number)
        EXPECT_TRUE(typed_.contains({section, number})) << section << ", block " << number;
  }

  std::set<std::pair<std::string, std::size_t>> typed_;
  const Blocks page_ = blocks_of("docs/operating/keys.md");
  const std::string month_ = month_text(month_of(env::posix_clock().now_us()));
};

TEST_F(KeysPage, EachCommandWorksInTheOrderOfThePage) {
  type_all("Tokens", 0, 4);
  const std::string printed = type("First key of a log", 0);
  write_text(varve_.path("first.vkey"), printed);
  do_commands("systemctl start varved");
  expect_appended();
  type_all("Inspection of keys", 0, 3);

  const std::string changes = "Changes of a log's keys";
  type(changes, 0, {},
       "VARVE_CONFIG=varved.toml varve-keys rotate --key pkcs11:object=cardiology-1 "
       "--label cardiology-2 --out event >second.vkey\n");
  type(changes, 1);
  type(changes, 2, {{"retire", "retire --yes cardiology-1"}});
  name_the_vkey();
  expect_appended();
  type(changes, 3, {{"revoke --key", "revoke --yes cardiology-1 --key"}, {"400853", "5"}});
  type(changes, 4);
  type(changes, 5, {{"\"$vkey\"", "\"$(cat second.vkey)\""}},
       "pkcs11-tool --module $module --token-label varve --login --pin \"$(cat pin)\" "
       "--delete-object --type pubkey --label cardiology-2\n");
  expect_appended();
  do_commands(
      "varve-keys init-token --module $module --label other --so-pin file:so-pin --pin "
      "file:spare-pin\n");
  configure(site_.config + further("pkcs11:token=other", varve_.path("spare-pin")));
  do_commands("systemctl restart varved");
  type(changes, 6);
  expect_appended();

  do_section("First ceremony", 1);  // people make their keys
  type("Approvals", 0, {}, "rm event\n");
  type("Approvals", 1);
  type("Approvals", 1, {{"=ann ", "=bob "}, {"ann-pin", "bob-pin"}, {"--name ann", "--name bob"}});
  type("Approvals", 2);
  type_all("Trust bundle", 0, 1);
  type_all("Month keys", 0, 3);
  expect_appended();
  expect_all_typed();
}

}  // namespace
}  // namespace varve::system
