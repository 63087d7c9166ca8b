// The document's commands, as they are typed on this machine and of this log.
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
// no child of this shell, and whoever inherited it may take seconds to collect it: its state is asked for. A
// process that is killed has its sockets until its last thread is gone.
constexpr const char* kSystemctl = R"sh(
runs() {
  local state
  read -r _ _ state _ 2>/dev/null <"/proc/$1/stat" || return 1
  [ "$state" != Z ] || [ "$(ls "/proc/$1/task" 2>/dev/null | wc -l)" -gt 1 ]
}
end_varved() {
  local server=$(<varved.pid)
  kill $1 "$server" 2>/dev/null || true
  while runs "$server"; do sleep 0.01; done
  rm varved.pid
}
systemctl() {
  if [ "$1" = reload ]; then
    kill -HUP "$(<varved.pid)"
    return
  fi
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
  fs::remove_all(kept());
}

const std::vector<Runbook::Named>& Runbook::runbooks() {
  static const std::vector<Named> all = {
      {"First ceremony", &Runbook::ceremony},
      {"Yearly rotation", &Runbook::yearly_rotation},
      {"Compromised key", &Runbook::compromised_key},
      {"Renewal to another hash function", &Runbook::renewal},
      {"Lost token", &Runbook::lost_token},
      {"Lost store", &Runbook::lost_store},
      {"Change of HSM vendor", &Runbook::change_of_vendor},
      {"Damaged segment", &Runbook::damaged_segment},
      {"Move to another host", &Runbook::move_to_another_host},
      {"Restore drill", &Runbook::restore_drill},
      {"Lost tail", &Runbook::lost_tail},
  };
  return all;
}

std::string Runbook::kept() const {
  std::string directory = varve_.path("");
  directory.pop_back();
  return directory + "-kept";
}

void Runbook::keep() {
  do_commands("systemctl stop varved; chattr -R -f -i . || true");
  kept_site_ = site_;
  must_run({"cp", "-a", varve_.path(""), kept()});
}

void Runbook::put_back() {
  do_commands("[ ! -e varved.pid ] || systemctl stop varved; chattr -R -f -i . || true");
  for (const auto& entry : fs::directory_iterator(varve_.path(""))) fs::remove_all(entry.path());
  must_run({"cp", "-a", kept() + "/.", varve_.path("")});
  site_ = kept_site_;
  do_commands("systemctl start varved");
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

/// Where a month was destroyed, as the page says: what audits ends with 18, and a restore is told the month.
std::string Runbook::without_events(const std::string& commands) const {
  if (site_.destroyed.empty()) return commands;
  std::string all;
  for (std::string command : commands_of(commands)) {
    for (const char* audits : {"varve-audit mirror", "varve-audit check", "varve-audit renew "})
      if (command.starts_with(audits)) command.insert(command.size() - 1, " || [ $? = 18 ]");
    for (const char* restores : {"varved restore", "varved drill"})
      if (command.starts_with(restores))
        command.insert(command.size() - 1, " --destroyed " + site_.destroyed);
    all += command;
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
  script += setting + without_events(approved(commands));
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
  for (const char* program : {"varved", "varve-keys", "varve-audit", "varve-collect"})
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

}  // namespace varve::system
