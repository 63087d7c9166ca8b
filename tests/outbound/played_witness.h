// A witness as the specification has it, over TLS, that a test can make slow, forgetful or false.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "ledger/base/text.h"
#include "ledger/format/checkpoint.h"
#include "ledger/merkle/proof.h"
#include "tests/format/test_cosigner.h"
#include "tls_server.h"

namespace varve::api {

class PlayedWitness {
 public:
  using Hang = TlsServer::Play::Hang;

  PlayedWitness(const Certificates& certificates, std::string name, int seed)
      : cosigner(std::move(name), seed),
        server_(certificates.pem("witness"), certificates.key("witness"), [this](int) {
          const std::lock_guard lock(mutex_);
          if (play_) return *play_;
          return TlsServer::Play{Hang::kNever, "", "",
                                 [this](const std::string& body) { return answer(body); }};
        }) {}

  /// What becomes of each connection from now on; nothing: it is honest.
  void play(std::optional<TlsServer::Play> play) {
    const std::lock_guard lock(mutex_);
    play_ = std::move(play);
  }
  void play(const std::string& body, const std::string& status, const std::string& headers = "") {
    play(TlsServer::Play{Hang::kNever, http_answer(body, status, headers), ""});
  }
  [[nodiscard]] std::string line(const std::string& name) const {
    return "witness " + name + " " + cosigner.vkey() + " " + server_.url("") + "\n";
  }
  [[nodiscard]] int connections() const { return server_.connections(); }
  [[nodiscard]] std::vector<std::string> asked() const {  // first lines of what it answered
    const std::lock_guard lock(mutex_);
    return asked_;
  }
  /// What it cosigned last; a test may put it back, or let it have seen another history.
  void stand_at(TreeSize size, const Hash& root) {
    const std::lock_guard lock(mutex_);
    size_ = size;
    root_ = root;
  }
  [[nodiscard]] TreeSize size() const {
    const std::lock_guard lock(mutex_);
    return size_;
  }

  /// Its checks in the specification's order. It trusts whoever asks to be the log.
  std::string answer(const std::string& body) {
    const std::lock_guard lock(mutex_);
    std::string_view rest = body;
    const auto line = [&rest] {
      const std::string text(rest.substr(0, rest.find('\n')));
      rest.remove_prefix(text.size() + 1);
      return text;
    };
    asked_.push_back(line());
    const TreeSize old{*decode_decimal(asked_.back().substr(4))};
    merkle::Proof proof;
    for (std::string hash = line(); !hash.empty(); hash = line())
      proof.push_back(*decode_base64_hash(hash));
    const std::string text = format::parse_note(rest)->text;
    const format::Checkpoint tree = *format::parse_checkpoint_text(text);
    if (old > tree.size) return http_answer("", "400 Bad Request");
    if (old != size_)
      return http_answer(std::to_string(size_.value) + "\n", "409 Conflict",
                         "Content-Type: text/x.tlog.size\r\n");
    const Hash from = size_ == TreeSize{} ? merkle::root_of({}) : root_;
    if (!merkle::verify_consistency(old, tree.size, proof, from, tree.root))
      return http_answer("", "422 Unprocessable Entity");
    size_ = tree.size;
    root_ = tree.root;
    return http_answer(cosigner.answer(text, time_s));
  }

  std::atomic<std::uint64_t> time_s = 1;
  const format::TestCosigner cosigner;

 private:
  mutable std::mutex mutex_;
  std::optional<TlsServer::Play> play_;
  std::vector<std::string> asked_;
  TreeSize size_;
  Hash root_;
  TlsServer server_;  // last: it answers on a thread of its own
};

}  // namespace varve::api
