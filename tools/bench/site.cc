// Sets up with varve-keys, as an operator would.
#include "tools/bench/site.h"

#include <sys/stat.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "ledger/base/text.h"
#include "ledger/merkle/tree.h"

namespace varve::bench {
namespace {

namespace fs = std::filesystem;

void write_text(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
}

std::string read_text(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string module_of(TokenSpeed speed) {
  if (speed == TokenSpeed::kFull) return kSoftHsm;
  return fs::path(program("varve-bench")).parent_path() / "slow_token.so";
}

// The journal is JSON, a line an event; the last "listening" is the running server's.
std::uint16_t listening_port(const std::string& log) {
  const std::size_t at = log.rfind("\"listening\"");
  const std::size_t number = at == std::string::npos ? at : log.find("\"port\":", at);
  if (number == std::string::npos) return 0;
  return static_cast<std::uint16_t>(std::strtoul(log.c_str() + number + 7, nullptr, 10));
}

Result<std::string> make_directory(const fs::path& in) {
  std::string path = (in / "varve-bench-XXXXXX").string();
  if (::mkdtemp(path.data()) == nullptr)
    return io_error("no directory can be made in " + in.string());
  return path;
}

std::string numbered(const std::string& name, unsigned log) {
  return log == 0 ? name : name + "-" + std::to_string(log + 1);
}

}  // namespace

std::string log_name(unsigned log) {
  return numbered("main", log);
}
std::string log_origin(unsigned log) {
  return numbered(kOrigin, log);
}
std::string log_key(unsigned log) {
  return numbered("first", log);
}

Result<Site> Site::make(TokenSpeed speed, unsigned logs) {
  Site site;
  site.speed_ = speed;
  ASSIGN_OR_RETURN(site.directory_, make_directory(fs::temp_directory_path()));
  // A token does not write to the log's disk. SoftHSM does, several times a key, and each of its
  // syncs would hold up the log's.
  const fs::path memory = "/dev/shm";
  ASSIGN_OR_RETURN(site.token_directory_,
                   make_directory(fs::is_directory(memory) ? memory : fs::path(site.directory_)));
  RETURN_IF_ERROR(site.set_up(logs));
  return site;
}

Site::~Site() {
  server_.reset();
  if (directory_.empty()) return;
  static_cast<void>(run({"chattr", "-R", "-i", path("data")}, "/dev/null"));  // sealed segments
  std::error_code ignored;
  fs::remove_all(token_directory_, ignored);
  fs::remove_all(directory_, ignored);
}

Result<void> Site::set_up(unsigned logs) {
  fs::create_directory(path("data"));
  write_text(path("softhsm2.conf"), "directories.tokendir = " + token_directory_ +
                                        "\nobjectstore.backend = file\nlog.level = ERROR\n"
                                        "library.reset_on_fork = true\n");
  ::setenv("SOFTHSM2_CONF", path("softhsm2.conf").c_str(), 1);
  for (const auto& [name, pin] :
       {std::pair{"pin", "bench-pin-4711\n"}, {"so-pin", "bench-so-pin-0815\n"}}) {
    write_text(path(name), pin);
    fs::permissions(path(name), fs::perms::owner_read);
  }
  const std::string pin = "file:" + path("pin");
  write_text(path("bearer"), kToken);
  RETURN_IF_ERROR(run({program("varve-keys"), "init-token", "--module", kSoftHsm, "--label",
                       "bench", "--so-pin", "file:" + path("so-pin"), "--pin", pin},
                      path("setup.log")));
  for (unsigned log = 0; log < logs; ++log)
    RETURN_IF_ERROR(
        run({program("varve-keys"), "create", "--module", kSoftHsm, "--token", kTokenUri, "--pin",
             pin, "--label", log_key(log), "--origin", log_origin(log)},
            path("setup.log")));
  const Hash token = merkle::sha256(bytes_of(kToken));
  write_text(path("access"), "bench append,read,operate * sha256:" + hex(token.view()) + "\n");
  serve(logs);
  return {};
}

void Site::serve(unsigned logs) const {
  std::string text =
      "[server]\nlisten = \"127.0.0.1:0\"\nplain_http = true\n"
      "requests_per_client_max = 4096\ndata = \"" +
      path("data") + "\"\ntokens = \"" + path("access") + "\"\n\n[hsm]\nmodule = \"" +
      module_of(speed_) + "\"\ntoken = \"" + std::string(kTokenUri) +
      "\"\npin = \"file:" + path("pin") + "\"\n";
  for (unsigned log = 0; log < logs; ++log)
    text += "\n[[log]]\nname = \"" + log_name(log) + "\"\norigin = \"" + log_origin(log) +
            "\"\nkey = \"pkcs11:object=" + log_key(log) + "\"\n";
  write_text(path("varved.toml"), text);
}

Words Site::token_words() const {
  return {"--module", kSoftHsm, "--token", "pkcs11:token=bench", "--pin", "file:" + path("pin")};
}

Words Site::server_words() const {
  return {"--server",      "http://127.0.0.1:" + std::to_string(port_),
          "--log",         "main",
          "--bearer-file", path("bearer")};
}

Result<void> Site::start() {
  const std::string log = path("server.log");
  write_text(log, "");
  ASSIGN_OR_RETURN(Process process,
                   Process::start({program("varved"), "--config", path("varved.toml")}, log));
  server_.emplace(std::move(process));
  constexpr int kTries = 600'000;
  for (int i = 0; i < kTries; ++i) {
    port_ = listening_port(read_text(log));
    if (port_ != 0) return {};
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return io_error("varved does not listen: " + read_text(log));
}

Result<void> Site::stop() {
  server_->send(SIGTERM);
  const int code = server_->wait();
  server_.reset();
  if (code != 0) return io_error("varved ended with " + std::to_string(code));
  return {};
}

void Site::kill_9() {
  server_.reset();
}

std::uint64_t Site::stored_bytes() const {
  std::uint64_t bytes = 0;
  for (const auto& entry : fs::recursive_directory_iterator(path("data"))) {
    struct stat st {};
    if (entry.is_regular_file() && ::stat(entry.path().c_str(), &st) == 0)
      bytes += static_cast<std::uint64_t>(st.st_blocks) * 512;
  }
  return bytes;
}

}  // namespace varve::bench
