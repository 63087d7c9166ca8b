// A log on a server, read by several connections ahead of an audit that goes front to back: the
// audit then waits for its own hashing and not for the network.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "ledger/base/mutex.h"
#include "tools/audit/remote_log.h"

namespace varve::audit {

/// Memory: at most kAhead bundles and tiles, that is some MB, or 16.8 MB each at the very worst.
class ReadAheadLog final : public verify::LogSource {
 public:
  /// Errors: as RemoteLog::open.
  static Result<std::unique_ptr<ReadAheadLog>> open(const std::string& url,
                                                    const client::HttpOptions& options,
                                                    std::uint32_t connections);
  ~ReadAheadLog() override;

  /// Begins to fetch the tiles of level 0 and the bundles for records [from, to), in the order in
  /// which an audit asks for them. Once; without it everything is fetched when it is asked for.
  void read_ahead(TreeSize from, TreeSize to) override;

 private:
  static constexpr std::uint64_t kAhead = 16;

  ReadAheadLog(std::vector<RemoteLog> connections) : connections_(std::move(connections)) {}
  [[nodiscard]] Result<Buffer> get(const std::string& path) const override;
  [[nodiscard]] std::string path_of(std::uint64_t place) const;
  void fetch_ahead(const RemoteLog& log);

  std::vector<RemoteLog> connections_;  // the first is the audit's own, each other a thread's
  std::vector<std::thread> threads_;
  std::uint64_t first_tile_ = 0;
  std::uint64_t places_ = 0;  // tile, bundle, tile, bundle ...
  TreeSize size_;

  mutable Mutex mutex_;
  mutable CondVar changed_;
  mutable std::map<std::uint64_t, Result<Buffer>> ready_ GUARDED_BY(mutex_);  // by place
  mutable std::uint64_t next_wanted_ GUARDED_BY(mutex_) = 0;
  std::uint64_t next_fetch_ GUARDED_BY(mutex_) = 0;
  bool stopping_ GUARDED_BY(mutex_) = false;
};

}  // namespace varve::audit
