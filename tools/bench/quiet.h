// Connections that do nothing, or send a byte now and then. They must not disturb the others.
#pragma once

#include <cstdint>
#include <memory>

namespace varve::bench {

/// Holds `count` connections open from a thread of its own: half of them are silent, half send the
/// header of a request one byte a second. Those that the server closes are opened again.
class QuietPeers {
 public:
  QuietPeers(std::uint16_t port, unsigned count);
  ~QuietPeers();

 private:
  struct Core;
  std::unique_ptr<Core> core_;
};

}  // namespace varve::bench
