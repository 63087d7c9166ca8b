// A bounded window of answers, filled by several threads and emptied in order.
#include "tools/audit/read_ahead.h"

namespace varve::audit {

Result<std::unique_ptr<ReadAheadLog>> ReadAheadLog::open(const std::string& url,
                                                         const client::HttpOptions& options,
                                                         std::uint32_t connections) {
  std::vector<RemoteLog> logs;
  for (std::uint32_t i = 0; i <= connections; ++i) {
    ASSIGN_OR_RETURN(RemoteLog log, RemoteLog::open(url, options));
    logs.push_back(std::move(log));
  }
  return std::unique_ptr<ReadAheadLog>(new ReadAheadLog(std::move(logs)));
}

ReadAheadLog::~ReadAheadLog() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void ReadAheadLog::read_ahead(TreeSize from, TreeSize to) {
  CHECK(threads_.empty());
  size_ = to;
  first_tile_ = from.value / merkle::kTileWidth;
  const std::uint64_t end_tile =
      to.value / merkle::kTileWidth + (to.value % merkle::kTileWidth != 0 ? 1 : 0);
  places_ = from < to ? 2 * (end_tile - first_tile_) : 0;
  for (std::size_t i = 1; i < connections_.size(); ++i)
    threads_.emplace_back([this, i] { fetch_ahead(connections_[i]); });
}

std::string ReadAheadLog::path_of(std::uint64_t place) const {
  const std::uint64_t index = first_tile_ + place / 2;
  const merkle::TileId id{0, index, merkle::tile_width(0, index, size_)};
  return place % 2 == 0 ? verify::tile_url_path(id) : verify::bundle_url_path(id);
}

void ReadAheadLog::fetch_ahead(const RemoteLog& log) {
  MutexLock lock(mutex_);
  for (;;) {
    while (!stopping_ && next_fetch_ < places_ && next_fetch_ >= next_wanted_ + kAhead)
      changed_.wait(mutex_);
    if (stopping_ || next_fetch_ == places_) return;
    const std::uint64_t place = next_fetch_++;
    lock.unlock();
    auto answer = log.read(path_of(place));
    lock.lock();
    ready_.emplace(place, std::move(answer));
    changed_.notify_all();
  }
}

Result<Buffer> ReadAheadLog::get(const std::string& path) const {
  MutexLock lock(mutex_);
  if (next_wanted_ == places_ || path != path_of(next_wanted_)) {
    lock.unlock();
    return connections_.front().read(path);
  }
  while (!ready_.contains(next_wanted_)) changed_.wait(mutex_);
  Result<Buffer> answer = std::move(ready_.extract(next_wanted_++).mapped());
  changed_.notify_all();
  return answer;
}

}  // namespace varve::audit
