// A TLS server that does what a test says, also what no server should.
#pragma once

#include <openssl/ssl.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace varve::api {

/// Certificates that openssl makes, in a directory of their own.
class Certificates {
 public:
  Certificates();
  ~Certificates();
  Certificates(const Certificates&) = delete;
  Certificates& operator=(const Certificates&) = delete;

  /// NAME.pem, which vouches for itself, and NAME.key. `subject`: as "IP:127.0.0.1".
  void make(const std::string& name, const std::string& subject) const;
  [[nodiscard]] std::string pem(const std::string& name) const {
    return directory_ + "/" + name + ".pem";
  }
  [[nodiscard]] std::string key(const std::string& name) const {
    return directory_ + "/" + name + ".key";
  }

 private:
  std::string directory_;
};

class TlsServer {
 public:
  /// What becomes of a connection.
  struct Play {
    enum class Hang { kNever, kBeforeHandshake, kInHandshake, kAfterAnswer };
    Hang hang = Hang::kNever;  // stays open and says nothing more
    std::string answer;        // to whatever is asked; then, unless it hangs, the connection ends
    std::string for_ever;      // after the answer, until the client has had enough
    std::function<std::string(const std::string& body)> reply = {};  // what to answer instead
  };
  /// Given the number of the connection, from 0.
  using Script = std::function<Play(int)>;

  TlsServer(const std::string& pem, const std::string& key, Script script,
            int version_max = TLS1_3_VERSION);
  ~TlsServer();
  TlsServer(const TlsServer&) = delete;
  TlsServer& operator=(const TlsServer&) = delete;

  [[nodiscard]] std::string url(const std::string& path = "/keys") const {
    return "https://127.0.0.1:" + std::to_string(port_) + path;
  }
  [[nodiscard]] int connections() const { return connections_; }
  /// Of the last connection on which anything was asked.
  [[nodiscard]] std::string request() const;

 private:
  void run();
  void serve(int socket, const Play& play);

  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_;
  Script script_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<int> connections_ = 0;
  std::atomic<bool> stopping_ = false;
  std::shared_ptr<const std::string> request_;  // std::atomic_load
  std::vector<int> open_;                       // until the end
  std::thread thread_;
};

/// 200 with this body.
std::string http_answer(const std::string& body, const std::string& status = "200 OK",
                        const std::string& headers = "");

}  // namespace varve::api
