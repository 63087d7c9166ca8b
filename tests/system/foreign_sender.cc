// Snippets, packages and what arrived.
#include "foreign_sender.h"

#include <filesystem>

#include "ledger/base/text.h"
#include "ledger/format/json.h"
#include "tests/directories.h"

namespace varve::system {
namespace {

constexpr int kExitUnreachable = 77;  // of tests/npm_ci.sh

namespace fs = std::filesystem;

std::string first_line(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

void replace_all(std::string& text, const std::string& from, const std::string& to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
}

std::uint64_t leaves_of(const std::string& checkpoint) {
  const std::size_t begin = checkpoint.find('\n') + 1;
  return *decode_decimal(checkpoint.substr(begin, checkpoint.find('\n', begin) - begin));
}

}  // namespace

std::string snippet(const Installation& varve, const std::string& page,
                    const std::string& language) {
  const std::string text = read_text(source_file("docs/senders/" + page));
  const std::string fence = "\n```" + language + "\n";
  const std::size_t begin = text.find(fence);
  CHECK(begin != std::string::npos);
  const std::size_t from = begin + fence.size();
  std::string out = text.substr(from, text.find("\n```", from) + 1 - from);
  replace_all(out, "https://varve.example.org:8443/logs/cardiology", varve.url());
  replace_all(out, "/etc/varve/append.token", varve.token_file("append"));
  replace_all(out, "/etc/varve/ca.pem", varve.path("ca.pem"));
  replace_all(out, "NAME", "who-append");
  replace_all(out, "TOKEN", first_line(read_text(varve.token_file("append"))));
  replace_all(out, "/var/spool/rsyslog", varve.path("spool"));
  return out;
}

std::string npm_packages(const Installation& varve, const std::string& folder, std::string& why) {
  if (run({"node", "--version"}).exit_code != 0) {
    why = "node is not installed";
    return {};
  }
  const fs::path directory = varve.path(folder);
  fs::create_directory(directory);
  for (const auto& entry : fs::directory_iterator(source_file("tests/" + folder)))
    fs::copy(entry.path(), directory / entry.path().filename());
  const Outcome installed =
      run({source_file("tests/npm_ci.sh"), directory.string(), built_file("npm-cache")});
  if (installed.exit_code == 0) return directory.string();
  // What is there must be right: only a registry that cannot be reached is a reason to skip.
  if (installed.exit_code == kExitUnreachable)
    why = "the registry of npm cannot be reached";
  else
    ADD_FAILURE() << (why = "the packages were not installed: " + installed.output);
  return {};
}

void NpmSender::SetUp() {
  std::string why;
  directory_ = npm_packages(varve_, "senders", why);
  if (directory_.empty()) GTEST_SKIP() << why;
  varve_.start();
  write_text(directory_ + "/" + client_, snippet(varve_, page_, "js"));
}

Words NpmSender::words(const Words& more) const {
  Words out{"env"};
  out.insert(out.end(), environment_.begin(), environment_.end());
  out.insert(out.end(), {"node", directory_ + "/" + script_});
  out.insert(out.end(), more.begin(), more.end());
  return out;
}

std::map<std::string, int> stored_payloads(const Installation& varve,
                                           const std::string& media_type) {
  std::map<std::string, int> found;
  client::HttpClient client = varve.connect("read");
  const std::uint64_t leaves = leaves_of(client.get("/checkpoint")->body);
  for (std::uint64_t index = 0; index < leaves; ++index) {
    const auto answer = client.get("/events/" + std::to_string(index));
    const auto event = format::Json::parse(answer->body);
    if (*event->text("media_type") == media_type)
      ++found[std::string{text_of(*event->base64_bytes("payload"))}];
  }
  return found;
}

}  // namespace varve::system
