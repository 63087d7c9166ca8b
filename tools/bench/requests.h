// Requests, ready to be sent: appends sealed and signed before any clock starts, and reads.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tools/bench/site.h"

namespace varve::bench {

std::string get_request(const std::string& path, unsigned log = 0);
std::string post_request(const std::string& path, std::string_view media_type,
                         std::string_view body, unsigned log = 0);

/// What each connection sends: a source's batches in order, or any events.
class Requests {
 public:
  /// Sources are registered, one for each connection; each seals `batches` batches of `batch` events.
  /// Errors: kIo  the server did not take a source.
  static Result<Requests> sealed(const Site& site, unsigned connections, std::uint64_t batches,
                                 unsigned batch, std::size_t event_bytes);
  /// Single events that the log seals; sent again and again.
  static Requests events(std::size_t event_bytes, unsigned log = 0);
  /// These, each sent once and again.
  static Requests repeated(std::vector<std::string> requests);

  /// The connection's next request; empty when there are no more. Thread: one.
  std::string_view next(unsigned connection);

 private:
  struct Queue {
    std::vector<std::string> requests;
    std::size_t next = 0;
  };
  bool repeats_ = false;
  std::vector<Queue> queues_;  // one for each connection, or one for all
};

}  // namespace varve::bench
