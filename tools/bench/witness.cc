// varve-witness: a thousand logs that grow and ask for a cosignature each time. One disk and one token serve them
// all, so the ceiling is the token: what is asked while it signs and the disk syncs shares the next transaction.
#include <sodium.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <span>
#include <thread>

#include "ledger/base/text.h"
#include "ledger/format/checkpoint.h"
#include "ledger/merkle/proof.h"
#include "tools/bench/load.h"
#include "tools/bench/scenarios.h"
#include "tools/bench/site.h"

namespace varve::bench {
namespace {

namespace fs = std::filesystem;

constexpr unsigned kAskingLogs = 1'000;
constexpr double kMostASecond = 8'000;  // so many requests are made ready
constexpr double kWarmUpS = 1;

/// The one tree of which all logs show the beginnings.
class SharedTree final : public merkle::HashReader {
 public:
  explicit SharedTree(std::uint64_t size) {
    for (std::uint64_t i = 0; i < size; ++i)
      leaves_.push_back(merkle::leaf_hash(bytes_of("leaf " + std::to_string(i))));
  }
  [[nodiscard]] Result<Hash> node(merkle::NodeId id) const override {
    const std::uint64_t count = std::uint64_t{1} << id.height;
    return merkle::root_of(std::span(leaves_).subspan(id.index * count, count));
  }

 private:
  std::vector<Hash> leaves_;
};

/// A log that asks: its key, in memory.
class AskingLog {
 public:
  explicit AskingLog(unsigned number) {
    Buffer public_key(crypto_sign_PUBLICKEYBYTES);
    ::crypto_sign_keypair(u8(MutableBytes{public_key}), u8(MutableBytes{secret_}));
    key_ = *format::make_verifier_key("log.example/" + std::to_string(number),
                                      format::Algorithm::kEd25519, public_key);
  }
  [[nodiscard]] std::string listed() const {
    return "vkey " + format::format_vkey(key_) + "\nqpd 1000000000\n";
  }
  /// From a tree of size - 1 records to the next one.
  [[nodiscard]] std::string request(std::uint64_t size, const Hash& root,
                                    const merkle::Proof& proof) const {
    const std::string text = format::checkpoint_text({key_.name, TreeSize{size}, root});
    Buffer signature(crypto_sign_BYTES);
    ::crypto_sign_detached(u8(MutableBytes{signature}), nullptr, u8(bytes_of(text)), text.size(),
                           u8(Bytes{secret_}));
    std::string body = "old " + std::to_string(size - 1) + "\n";
    for (const Hash& hash : proof) body.append(base64(hash.view())).append("\n");
    body += "\n" + format::format_note({text, {{key_.name, key_.id, std::move(signature)}}});
    return "POST /add-checkpoint HTTP/1.1\r\nHost: localhost\r\nContent-Length: " +
           std::to_string(body.size()) + "\r\n\r\n" + body;
  }

 private:
  Buffer secret_ = Buffer(crypto_sign_SECRETKEYBYTES);
  format::VerifierKey key_;
};

/// By connection: those of its logs in turn, each log a record larger each time.
std::vector<std::vector<std::string>> requests_of(const std::vector<AskingLog>& logs,
                                                  unsigned connections, double seconds) {
  const auto turns = 1 + static_cast<std::uint64_t>(kMostASecond * seconds / kAskingLogs);
  const SharedTree tree(turns);
  std::vector<std::vector<std::string>> out(connections);
  for (std::uint64_t size = 1; size <= turns; ++size) {
    const Hash root = *merkle::tree_root(TreeSize{size}, tree);
    const merkle::Proof proof =
        size == 1 ? merkle::Proof{}
                  : *merkle::prove_consistency(TreeSize{size - 1}, TreeSize{size}, tree);
    for (std::size_t log = 0; log < logs.size(); ++log)
      out[log % connections].push_back(logs[log].request(size, root, proof));
  }
  return out;
}

std::string text_in(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

Result<void> set_up_witness(const Site& site, const std::vector<AskingLog>& logs) {
  fs::create_directory(site.path("witness"));
  fs::create_directory(site.path("marks"));
  std::ofstream list(site.path("witness.logs"));
  list << "logs/v0\n";
  for (const AskingLog& log : logs) list << log.listed();
  std::ofstream(site.path("witness.toml"))
      << "[witness]\nname = \"witness.example\"\nkey = \"pkcs11:object=witness\"\ndata = \""
      << site.path("witness") << "\"\nhigh_water_mark = \"" << site.path("marks") << "\"\nlogs = \""
      << site.path("witness.logs")
      << "\"\nurl = \"https://witness.example\"\n[server]\nlisten = \"127.0.0.1:0\"\n"
         "plain_http = true\n[hsm]\nmodule = \""
      << kSoftHsm << "\"\ntoken = \"" << kTokenUri << "\"\npin = \"file:" << site.path("pin")
      << "\"\n";
  return {};
}

Result<std::uint16_t> port_of(const std::string& log) {
  constexpr int kTries = 60'000;
  constexpr std::string_view kPort = "\"port\":";
  for (int i = 0; i < kTries; ++i) {
    const std::string text = text_in(log);
    const std::size_t at = text.find("\"listening\"");
    if (at != std::string::npos && text.find('\n', at) != std::string::npos)
      return static_cast<std::uint16_t>(
          std::strtoul(text.c_str() + text.find(kPort, at) + kPort.size(), nullptr, 10));
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return io_error("varve-witness does not listen: " + text_in(log));
}

void print_witness_row(const Scenario& scenario, Measured& measured, double cpu_us,
                       const Ceilings& ceilings) {
  const double a_second = static_cast<double>(measured.answered) / measured.seconds;
  std::printf("%-18s %9.0f %7s %8.2f %8.2f %8.2f %8.2f %6.2f %-9s %s\n", scenario.name.data(),
              a_second, "", measured.quantile(0.5), measured.quantile(0.99), measured.quantile(1),
              cpu_us, a_second / std::min(ceilings.signatures, ceilings.exchanges),
              ceilings.signatures < ceilings.exchanges ? "token" : "HTTP", scenario.target.data());
  if (measured.refused != 0)
    std::printf("  %llu were refused, one with %d\n",
                static_cast<unsigned long long>(measured.refused), measured.refusal);
  std::fflush(stdout);
}

}  // namespace

Result<void> run_witness(const Scenario& scenario, const Extent& extent, const Ceilings& ceilings) {
  ASSIGN_OR_RETURN(const Site site, Site::make(scenario.token));
  std::vector<AskingLog> logs;
  for (unsigned log = 0; log < kAskingLogs; ++log) logs.emplace_back(log);
  RETURN_IF_ERROR(set_up_witness(site, logs));
  const std::string config = site.path("witness.toml");
  RETURN_IF_ERROR(
      run({program("varve-witness"), "make-key", "--config", config}, site.path("setup.log")));
  const auto requests = requests_of(logs, scenario.connections, extent.seconds + kWarmUpS);
  const std::string log = site.path("witness.log");
  ASSIGN_OR_RETURN(Process witness,
                   Process::start({program("varve-witness"), "--config", config}, log));
  std::vector<std::size_t> next(scenario.connections);
  Load load;
  ASSIGN_OR_RETURN(load.port, port_of(log));
  load.connections = scenario.connections;
  load.seconds = extent.seconds;
  load.warm_up_s = kWarmUpS;
  load.next = [&](unsigned c) -> std::string_view {
    return next[c] == requests[c].size() ? std::string_view{} : requests[c][next[c]++];
  };
  const double cpu_before = witness.cpu_seconds();
  ASSIGN_OR_RETURN(Measured measured, run_load(load));
  const double cpu = witness.cpu_seconds() - cpu_before;
  const double all = static_cast<double>(measured.answered) * (measured.seconds + kWarmUpS) /
                     std::max(measured.seconds, 1e-9);
  print_witness_row(scenario, measured, 1e6 * cpu / all, ceilings);
  witness.send(SIGTERM);
  return witness.wait() == 0 ? Result<void>() : io_error("varve-witness ended: " + text_in(log));
}

}  // namespace varve::bench
