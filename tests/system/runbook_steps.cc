// The runbooks, each with what its prose asks of a person between the commands.
#include <algorithm>
#include <filesystem>
#include <sstream>

#include "runbook.h"

namespace varve::system {
namespace {

namespace fs = std::filesystem;

std::string word(const std::string& text, const std::string& before, const std::string& behind) {
  const std::size_t at = text.find(before);
  if (at == std::string::npos) return "";
  const std::size_t begin = at + before.size();
  return text.substr(begin, text.find(behind, begin) - begin);
}

}  // namespace

void Runbook::ceremony() {
  do_section("First ceremony", 1);
  do_section("First ceremony", 2);
  do_section("First ceremony", 3);
  site_.approvers = true;
  expect_appended();
}

void Runbook::yearly_rotation() {
  do_section("Yearly rotation", 0);
  expect_appended();
  do_section("Yearly rotation", 1);
  ++site_.current;
  name_the_vkey();
  expect_appended();
}

void Runbook::compromised_key() {
  do_section("Compromised key", 0);
  ++site_.current;
  name_the_vkey();
  expect_appended();
}

void Runbook::renewal() {
  const std::string section = "Renewal to another hash function";
  do_commands(
      "varve-audit proof $log_url 1 --vkey \"$(cat first.vkey)\" --out old.tlog-proof --ca "
      "ca.pem --bearer-file read-token\n");
  const Outcome renewed = shell(block(section, 0));
  ASSERT_EQ(renewed.exit_code, 0) << renewed.output;
  const std::size_t newest = renewed.output.rfind("\nrecord ");  // of several renewals
  ASSERT_NE(newest, std::string::npos) << renewed.output;
  const std::string record = word(renewed.output.substr(newest), "record ", " renews the first");
  do_commands(replaced(block(section, 1), "renewal=3", "renewal=" + record));
  const Outcome verified = shell(block(section, 2));
  ASSERT_EQ(verified.exit_code, 0) << verified.output;
  EXPECT_NE(verified.output.find("bound under sha3-256 by the renewal in record " + record),
            std::string::npos)
      << verified.output;
  expect_appended();
}

// The configuration cannot name the token before it exists: the first two commands, then the
// rest.
void Runbook::add_spare_token() {
  const std::string& prepare = block("Lost token", 0);
  const std::size_t restart = prepare.find("systemctl");
  do_commands(prepare.substr(0, restart));
  configure(site_.config + further("pkcs11:token=spare", varve_.path("spare-pin")));
  do_commands(prepare.substr(0, prepare.find('\n') + 1) + prepare.substr(restart));
}

void Runbook::lost_token() {
  const std::string without = site_.config;
  add_spare_token();
  expect_appended();
  do_commands("softhsm2-util --delete-token --token spare; end_varved -KILL");
  configure(without);
  name_the_vkey();
  do_section("Lost token", 1);
  expect_appended();
}

void Runbook::lost_store() {
  varve_.wait_for_reads();  // of others
  do_section("Lost store", 0);
  do_section("Lost store", 1);
  expect_appended();
}

// The newest segment that is sealed: whatever was destroyed, its key is there.
void Runbook::damaged_segment() {
  do_commands("systemctl stop varved; rm -rf backup; cp -a data/main backup");
  std::string newest;
  for (const auto& entry : fs::directory_iterator(varve_.path("data/main/segments")))
    newest = std::max(newest, entry.path().filename().string());
  const std::string path = varve_.path("data/main/segments/" + newest);
  do_commands("chattr -f -i " + path + " || true; chmod u+w " + path);
  std::string bytes = read_text(path);
  bytes[bytes.size() / 2] ^= 1;
  write_text(path, bytes);
  do_commands("chmod u-w " + path);
  const std::string commands = replaced(block("Damaged segment", 0), "00000003.seg", newest);
  const Outcome repaired =
      shell(replaced(commands, "/mnt/backup/cardiology", varve_.path("backup")));
  ASSERT_EQ(repaired.exit_code, 0) << repaired.output;
  EXPECT_NE(repaired.output.find("segments/" + newest), std::string::npos) << repaired.output;
  EXPECT_TRUE(fs::exists(path + ".damaged"));
  expect_appended();
}

void Runbook::move_to_another_host() {
  const std::string section = "Move to another host";
  do_section(section, 0);
  const Outcome old_host = shell("systemctl start varved");
  EXPECT_NE(old_host.exit_code, 0) << "it must not start again";
  EXPECT_NE(old_host.output.find("high-water mark"), std::string::npos) << old_host.output;
  do_commands("rm -r data/main");  // empty: the new host has none
  do_section(section, 1);
  expect_appended();
}

void Runbook::restore_drill() {
  const Outcome drilled = shell(block("Restore drill", 0));
  ASSERT_EQ(drilled.exit_code, 0) << drilled.output;
  EXPECT_NE(drilled.output.find("is a beginning of what the server has"), std::string::npos)
      << drilled.output;
  EXPECT_FALSE(fs::exists(varve_.path(".varve-drill-main.varve-new")));
  expect_appended();
}

void Runbook::lost_tail() {
  const std::string before = site_.config;
  const std::string unlock = "chattr -R -f -i data || true; ";
  do_commands("systemctl stop varved; " + unlock + "cp -a data/main older; systemctl start varved");
  expect_appended();  // and lost
  do_commands("systemctl stop varved; " + unlock + "rm -r data/main; mv older data/main");
  EXPECT_NE(shell("systemctl start varved").exit_code, 0);
  const Outcome seen = shell(block("Lost tail", 0));
  ASSERT_EQ(seen.exit_code, 0) << seen.output;
  EXPECT_NE(seen.output.find("older than its high-water mark"), std::string::npos) << seen.output;

  configure(replaced(before, "\norigin = ", "\nended = true\norigin = "));
  do_section("Lost tail", 1);
  EXPECT_EQ(append_status("lost"), 409);
  do_commands("systemctl stop varved");
  configure(before);
  EXPECT_NE(shell("systemctl start varved").exit_code, 0) << "the way back is closed";

  configure(replaced(before, "\norigin = ", "\nended = true\norigin = ") +
            "\n[[log]]\nname = \"main-2\"\norigin = \"" + kOrigin +
            "-2\"\nkey = \"pkcs11:object=cardiology-2-1\"\n");
  write_text(varve_.path("statement.json"), "{\"ended\":\"" + std::string(kOrigin) + "\"}");
  const Outcome token = run({Installation::program("varved"), "token", "late", "append", "main-2"});
  std::istringstream lines(token.output);
  std::vector<std::string> words;
  for (std::string line; std::getline(lines, line);) words.push_back(line);
  ASSERT_GT(words.size(), 4U) << token.output;
  write_text(varve_.path("append-token"), words[1] + "\n");
  write_text(varve_.path("access"), read_text(varve_.path("access")) + words[4] + "\n");
  const Outcome begun = shell(block("Lost tail", 2));
  ASSERT_EQ(begun.exit_code, 0) << begun.output;
  // Behind what a log begins with (key, policy, clock record, the month's secret and its seal, grants), and
  // who sends.
  EXPECT_NE(begun.output.find("\"first_index\":7,"), std::string::npos) << begun.output;
}

void Runbook::change_of_vendor() {
  const std::string section = "Change of HSM vendor";
  const std::string name = "vendor-" + std::to_string(site_.current);
  const std::string uri = "pkcs11:token=" + name;
  const auto there = [&](const std::string& commands) {
    return replaced(replaced(commands, "pkcs11:token=new", uri), "/usr/lib/vendor/libpkcs11.so",
                    kSoftHsm);
  };
  do_commands("varve-keys init-token --module $module --label " + name +
              " --so-pin file:so-pin --pin file:new-pin\n");
  const std::string with_old = site_.config;
  configure(with_old + further(uri, varve_.path("new-pin")));
  do_commands(there(block(section, 0)));
  expect_appended();
  const Site old = site_;
  const auto change_to_new = [&] {
    site_.token = name;
    site_.pin = "new-pin";
    site_.current = old.current + 1;
  };
  change_to_new();
  const std::string config =
      replaced(with_old, "token=" + old.token + "\"", "token=" + name + "\"");
  configure(replaced(config, varve_.path(old.pin) + "\"", varve_.path(site_.pin) + "\""));
  name_the_vkey();
  const std::string& assignments = block(section, 0);
  do_commands(there(assignments.substr(0, assignments.find("systemctl")) + block(section, 1)));
  expect_appended();
  site_.token = old.token;  // what a person typed before is still set
  site_.pin = old.pin;
  site_.current = old.current;
  do_commands(block(section, 2) + "softhsm2-util --delete-token --token " + old.token + "\n");
  change_to_new();
  expect_appended();
}

}  // namespace varve::system
