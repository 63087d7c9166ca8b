// An HTTP server that does nothing: the ceiling of the loopback device and of the generator.
#pragma once

#include <cstdint>
#include <memory>

namespace varve::bench {

/// Takes each write of a peer for a whole request, and answers it with a receipt's worth of bytes.
class EchoServer {
 public:
  EchoServer();
  ~EchoServer();
  [[nodiscard]] std::uint16_t port() const;

 private:
  struct Core;
  std::unique_ptr<Core> core_;
};

}  // namespace varve::bench
