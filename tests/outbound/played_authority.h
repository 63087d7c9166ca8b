// A time-stamping authority behind HTTPS: `openssl ts` signs, and a test may make it slow, false or somebody else.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "api/outbound/requests.h"
#include "ledger/base/text.h"
#include "tests/format/time_authority.h"
#include "tls_server.h"

namespace varve::api {

class PlayedAuthority {
 public:
  explicit PlayedAuthority(const Certificates& certificates)
      : ca_(certificates.pem("authority")),
        server_(ca_, certificates.key("authority"), [this](int) {
          const std::lock_guard lock(mutex_);
          if (play_) return *play_;
          return TlsServer::Play{
              TlsServer::Play::Hang::kNever, "", "", [this](const std::string& query) {
                ++queries;
                return http_answer(std::string(text_of(engine.reply(bytes_of(query), ahead()))));
              }};
        }) {}

  /// What becomes of each connection from now on; nothing: it is honest.
  void play(std::optional<TlsServer::Play> play) {
    const std::lock_guard lock(mutex_);
    play_ = std::move(play);
  }
  void play(const std::string& answer) {
    play(TlsServer::Play{TlsServer::Play::Hang::kNever, answer, ""});
  }
  /// What it answers to each query.
  void answer(std::function<std::string(const std::string& query)> reply) {
    play(TlsServer::Play{TlsServer::Play::Hang::kNever, "", "", std::move(reply)});
  }
  /// By how much its clock is ahead of the real one: by itself, and with a test's time.
  [[nodiscard]] std::int64_t ahead() const {
    return ahead_s + (passed_ms == nullptr ? 0 : static_cast<std::int64_t>(*passed_ms / 1'000));
  }
  [[nodiscard]] Peer peer() const { return {server_.url("/tsa"), ca_}; }
  [[nodiscard]] std::string request() const { return server_.request(); }
  [[nodiscard]] int connections() const { return server_.connections(); }
  [[nodiscard]] format::TimeSource source(const std::string& name) const {
    return {name, *decode_hex_hash(engine.key_hash())};
  }

  const format::TimeAuthority engine{{.since = "2005-01-01 00:00:00"}};
  std::atomic<std::int64_t> ahead_s = 0;
  const std::atomic<std::uint64_t>* passed_ms = nullptr;  // set before it is asked
  std::atomic<int> queries = 0;                           // that it answered honestly

 private:
  const std::string ca_;
  mutable std::mutex mutex_;
  std::optional<TlsServer::Play> play_;
  TlsServer server_;  // last: it answers on a thread of its own
};

}  // namespace varve::api
