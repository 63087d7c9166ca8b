// What a collector and an operator do to a log, as a fixed list of requests made once: register a
// source, append, rotate the log's key, append so much that a segment is sealed, append again.
// Whatever becomes of the server, the list can be sent again until all of it is taken.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "bare_server.h"
#include "ledger/format/checkpoint.h"

namespace varve::system {

class Scenario {
 public:
  /// Makes the second key on the installation's token.
  explicit Scenario(const Installation& where);

  /// What is remembered of one life of a log: promises and checkpoints, over all its servers.
  struct Memory {
    std::vector<std::string> receipts;            // by request; empty: not acknowledged
    std::vector<format::Checkpoint> checkpoints;  // every one that was seen
  };
  [[nodiscard]] Memory nothing() const { return {std::vector<std::string>(requests_.size()), {}}; }

  /// Sends the requests in order, each once, and remembers what was acknowledged. After the first
  /// refusal the rest is sent all the same. Returns how many got no success.
  std::size_t send_all(const BareServer& server, Memory& memory) const;
  /// What must hold of a server that runs well, whatever happened before: what was promised is
  /// there and the same, every checkpoint seen is a beginning of today's, and the rest of the
  /// requests is taken. Returns what is wrong.
  std::optional<std::string> check(const BareServer& server, Memory& memory) const;

 private:
  struct Request {
    std::string role;
    std::string path;
    std::string media_type;
    std::string body;
    std::string idempotency_key;
    std::vector<Hash> leaves;  // of a sealed batch
  };
  [[nodiscard]] Result<client::HttpResponse> send(client::HttpClient& client,
                                                  const Request& request) const;
  [[nodiscard]] std::optional<std::string> check_receipt(std::size_t number,
                                                         const std::string& receipt) const;
  [[nodiscard]] std::optional<std::string> check_request(const BareServer& server,
                                                         std::size_t number, Memory& memory) const;
  [[nodiscard]] std::optional<std::string> check_checkpoints(const BareServer& server,
                                                             Memory& memory) const;
  void remember(const std::string& note, Memory& memory) const;

  std::vector<Request> requests_;
  std::vector<format::VerifierKey> known_;
};

}  // namespace varve::system
