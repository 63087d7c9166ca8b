// The document's commands, and the steps that its prose asks of a person between them.
#include "runbook.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <sstream>

#include "ledger/format/checkpoint.h"
#include "tests/directories.h"

namespace varve::system {
namespace {

namespace fs = std::filesystem;

// Plays the service manager: the last words of a server that cannot start are printed. A server that ended is
// no child of this shell, and whoever inherited it may take seconds to collect it: its state is asked for.
constexpr const char* kSystemctl = R"sh(
runs() {
  local state
  read -r _ _ state _ 2>/dev/null <"/proc/$1/stat" && [ "$state" != Z ]
}
end_varved() {
  local server=$(<varved.pid)
  kill $1 "$server" 2>/dev/null || true
  while runs "$server"; do sleep 0.01; done
  rm varved.pid
}
systemctl() {
  if [ "$1" != start ] && [ -e varved.pid ]; then end_varved -TERM; fi
  [ "$1" = stop ] && return 0
  varved --config varved.toml >>server.log 2>&1 &
  echo $! >varved.pid
  for try in $(seq 12000); do
    if curl -s -o /dev/null --cacert ca.pem "$log_url/checkpoint"; then return 0; fi
    [ -n "$(jobs -r)" ] || { tail -3 server.log; return 1; }
    sleep 0.01
  done
  return 1
}
)sh";

/// A command with the lines that it is continued on.
std::vector<std::string> commands_of(const std::string& block) {
  std::istringstream in(block);
  std::vector<std::string> commands;
  bool goes_on = false;
  for (std::string line; std::getline(in, line);) {
    if (!goes_on) commands.emplace_back();
    commands.back().append(line).append("\n");
    goes_on = line.ends_with("\\");
  }
  return commands;
}

bool changes_keys(const std::string& command) {
  for (const char* verb : {"varve-keys rotate", "varve-keys retire", "varve-keys revoke"})
    if (command.starts_with(verb)) return true;
  return false;
}

std::string word(const std::string& text, const std::string& before, const std::string& behind) {
  const std::size_t at = text.find(before);
  if (at == std::string::npos) return "";
  const std::size_t begin = at + before.size();
  return text.substr(begin, text.find(behind, begin) - begin);
}

}  // namespace

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (std::size_t at = text.find(from); at != std::string::npos;
       at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
  return text;
}

Blocks blocks_of(const std::string& page) {
  std::istringstream in(read_text(source_file(page)));
  Blocks blocks;
  std::string section;
  std::size_t indent = 0;  // of a block within a list
  bool inside = false;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("## ")) section = line.substr(3);
    if (!inside) indent = std::min(line.find_first_not_of(' '), line.size());
    const std::string text = line.substr(std::min(indent, line.size()));
    if (text == "```sh") {
      inside = true;
      blocks[section].emplace_back();
    } else if (text == "```") {
      inside = false;
    } else if (inside) {
      blocks[section].back().append(text).append("\n");
    }
  }
  return blocks;
}

// What varved.toml of the example is here: the log is "main", its first key is made by the runbook.
Runbook::Runbook() : blocks_(blocks_of("docs/operating/runbooks.md")) {
  varve_.start();  // chooses the port
  EXPECT_EQ(varve_.stop(), 0);
  run({"chattr", "-R", "-i", varve_.path("data")});
  fs::remove_all(varve_.path("data/main"));
  fs::create_directory(varve_.path("marks"));
  std::string config = read_text(varve_.path("varved.toml"));
  config = replaced(config, "pkcs11:token=system", "pkcs11:token=varve");
  config = replaced(config, "pkcs11:object=first", "pkcs11:object=cardiology-1");
  configure(config + "high_water_mark = \"" + varve_.path("marks") +
            "\"\nhigh_water_mark_on_token = \"if-allowed\"\n");
  for (const char* pin : {"ann-pin", "bob-pin", "eve-pin", "spare-pin", "new-pin"})
    write_text(varve_.path(pin), std::string(pin) + "-4711\n");
  fs::copy_file(varve_.token_file("operate"), varve_.path("operator-token"));
  fs::copy_file(varve_.token_file("read"), varve_.path("read-token"));
}

Runbook::~Runbook() {
  shell("systemctl stop varved");
}

void Runbook::configure(const std::string& config) {
  site_.config = config;
  write_text(varve_.path("varved.toml"), config);
}

void Runbook::name_the_vkey() {
  configure(replaced(site_.config, "pkcs11:object=cardiology-1", first_vkey()));
}

std::string Runbook::further(const std::string& token, const std::string& pin,
                             const std::string& module) {
  return "\n[[further_hsm]]\nmodule = \"" + module + "\"\ntoken = \"" + token +
         "\"\npin = \"file:" + pin + "\"\ntimeout_ms = " + std::to_string(kPatienceMs) + "\n";
}

std::set<std::string> Runbook::sections() const {
  std::set<std::string> names;
  for (const auto& [name, blocks] : blocks_)
    if (!name.empty()) names.insert(name);
  return names;
}

const std::string& Runbook::block(const std::string& section, std::size_t number) {
  return blocks_[section].at(number);
}

/// Where the log has approvers: as the yearly rotation says.
std::string Runbook::approved(const std::string& commands) const {
  if (!site_.approvers) return commands;
  const std::string& signing = blocks_.at("First ceremony").at(2);
  const std::string by_two = signing.substr(signing.find("varve-keys approve"));
  std::string all;
  for (const std::string& command : commands_of(commands)) {
    const bool one = changes_keys(command) && command.find("$operator") != std::string::npos;
    const bool revokes = command.starts_with("varve-keys revoke");
    const char* const into = revokes ? "--out event --bundle cardiology.bundle" : "--out event";
    all += one ? replaced(command, "$operator", into) + by_two : command;
  }
  return all;
}

std::string Runbook::translated(const std::string& commands) {
  std::string setting = blocks_[""].at(0);
  setting = replaced(setting, "cardiology-1", "cardiology-" + std::to_string(site_.current));
  setting = replaced(setting, "next=cardiology-2",
                     "next=cardiology-" + std::to_string(site_.current + 1));
  setting = replaced(setting, "token=varve --pin file:pin",
                     "token=" + site_.token + " --pin file:" + site_.pin);
  std::string script = "set -euo pipefail\ncd " + varve_.path("") + "\n" + kSystemctl;
  script += setting + approved(commands);
  script = replaced(script, "https://audit.example.org:8443", varve_.server_url());
  script = replaced(script, "/logs/cardiology", "/logs/main");
  script = replaced(script, "--log cardiology", "--log main");
  script = replaced(script, "name = \"cardiology\"", "name = \"main\"");
  script = replaced(script, "audit.example.org/cardiology", kOrigin);
  script = replaced(script, "/var/lib/varve/cardiology", varve_.path("data/main"));
  return replaced(script, "varve/cardiology", "varve/main");
}

Outcome Runbook::shell(const std::string& commands) {
  write_text(varve_.path("script"), translated(commands));
  Variables variables = varve_.variables();
  std::string path = first_in_path_ + std::getenv("PATH");
  for (const char* program : {"varved", "varve-keys", "varve-audit"})
    path.append(":").append(fs::path(Installation::program(program)).parent_path().string());
  variables["PATH"] = path;
  return run({"bash", varve_.path("script")}, variables);
}

void Runbook::do_commands(const std::string& commands) {
  const Outcome outcome = shell(commands);
  ASSERT_EQ(outcome.exit_code, 0) << commands << outcome.output;
}

void Runbook::do_section(const std::string& name, std::size_t number) {
  SCOPED_TRACE(name + ", block " + std::to_string(number));
  do_commands(block(name, number));
}

int Runbook::append_status(const std::string& key) {
  client::HttpClient client = varve_.connect("append");
  const auto response = post_events(client, key, {"{\"key\":\"" + key + "\"}"});
  return response ? response->status : 0;
}

void Runbook::expect_appended() {
  ASSERT_EQ(append_status("event-" + std::to_string(appended_++)), 201);
}

std::string Runbook::first_vkey() const {
  return replaced(read_text(varve_.path("first.vkey")), "\n", "");
}

void Runbook::begin() {
  do_section("First ceremony", 0);
  expect_appended();
}

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
void Runbook::lost_token() {
  const std::string without = site_.config;
  const std::string& prepare = block("Lost token", 0);
  const std::size_t restart = prepare.find("systemctl");
  do_commands(prepare.substr(0, restart));
  configure(without + further("pkcs11:token=spare", varve_.path("spare-pin")));
  do_commands(commands_of(prepare).front() + prepare.substr(restart));
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
