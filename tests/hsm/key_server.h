// The two routes of a server that varve-keys uses, over a real key history.
#pragma once

#include <httplib.h>

#include <atomic>
#include <mutex>
#include <string>
#include <thread>

#include "ledger/rules/key_history.h"
#include "tests/hsm/key_log.h"

namespace varve::testing {

class KeyServer {
 public:
  KeyServer(const SoftToken& soft, const std::string& first) : log_(soft, first) {
    server_.Get("/logs/card/keys", [this](const auto&, auto& response) {
      const std::lock_guard lock(mutex_);
      response.set_content(log_.keys_json(), "application/json");
    });
    server_.Post("/logs/card/keys",
                 [this](const auto& request, auto& response) { take(request, response); });
    port_ = server_.bind_to_any_port("127.0.0.1");
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    while (!server_.is_running()) std::this_thread::yield();
  }
  ~KeyServer() {
    server_.stop();
    thread_.join();
  }
  KeyServer(const KeyServer&) = delete;
  KeyServer& operator=(const KeyServer&) = delete;

  [[nodiscard]] std::string arguments() const {
    std::string text = " --log card --bearer-file bearer --server http://127.0.0.1:";
    return text.append(std::to_string(port_));
  }
  [[nodiscard]] std::size_t active() {
    const std::lock_guard lock(mutex_);
    return log_.history().active().size();
  }
  [[nodiscard]] rules::KeyHistory history() {
    const std::lock_guard lock(mutex_);
    return log_.history();
  }
  [[nodiscard]] std::size_t size() {
    const std::lock_guard lock(mutex_);
    return log_.size();
  }
  std::atomic<bool> loses_answers = false;
  std::atomic<int> posts = 0;

 private:
  void take(const httplib::Request& request, httplib::Response& response) {
    const std::lock_guard lock(mutex_);
    ++posts;
    if (request.get_header_value("Authorization") != "Bearer operator-token") {
      response.status = 403;
    } else if (const auto applied = log_.apply(request.body); !applied) {
      response.status = 422;
    } else {
      response.status = loses_answers ? 503 : 201;
    }
  }

  std::mutex mutex_;
  KeyLog log_;
  httplib::Server server_;
  int port_ = 0;
  std::thread thread_;
};

}  // namespace varve::testing
