// A small HTTP server that serves a LogBuilder as varved would serve the log, for tests of the
// whole program. A test can make it busy for a while.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "tests/verify/log_builder.h"

namespace varve::audit {

class FakeServer {
 public:
  FakeServer();
  ~FakeServer();

  [[nodiscard]] std::string url() const;
  /// From now on serves this log, complete and consistent in itself.
  void serve(const verify::LogBuilder& log);
  /// Changes one file of what is served, or adds it. A POST gets the file of its path, and where its body has a
  /// cursor, that of PATH/CURSOR.
  void replace(const std::string& path, Buffer bytes);
  void remove(const std::string& path);
  /// Answers the next `count` requests with 503 and Retry-After: 0.
  void be_busy(int count) { busy_ = count; }
  [[nodiscard]] int requests() const { return requests_; }
  /// Paths of the requests since the last call, in no order; of a POST with its body.
  [[nodiscard]] std::vector<std::string> take_paths();

 private:
  struct Http;
  void note(const std::string& path);
  [[nodiscard]] bool answer(const std::string& path, const std::string& query, bool text,
                            std::string& body) const;

  mutable std::mutex mutex_;
  verify::LogBuilder log_;
  verify::Files files_;
  std::atomic<int> busy_ = 0;
  std::atomic<int> requests_ = 0;
  std::vector<std::string> paths_;  // guarded by mutex_
  std::unique_ptr<Http> http_;
};

}  // namespace varve::audit
