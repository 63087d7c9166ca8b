// A bounded window of answers, filled by several threads and emptied in order.
#include "ledger/upkeep/keys_ahead.h"

#include <algorithm>
#include <system_error>

#include "ledger/store/data_keys.h"
#include "ledger/store/segment_files.h"
#include "ledger/store/segment_reader.h"

namespace varve::upkeep {

KeysAhead::KeysAhead(const env::Filesystem& files, env::KeyVault& vault,
                     std::vector<std::uint64_t> ordinals, unsigned at_once)
    : files_(files), vault_(vault), ordinals_(std::move(ordinals)) {
  if (at_once == 1) return;
  try {
    while (threads_.size() < std::min<std::size_t>(at_once, kAhead))
      threads_.emplace_back([this] { ask_ahead(); });
  } catch (const std::system_error&) {
    // No more threads: those that are there will do, or take() asks itself.
  }
}

KeysAhead::~KeysAhead() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

Result<KeysAhead::Answer> KeysAhead::ask(std::uint64_t ordinal) {
  ASSIGN_OR_RETURN(const auto file, store::open_segment(files_, ordinal));
  ASSIGN_OR_RETURN(const store::SegmentHeader header, store::read_segment_header(*file));
  return Answer{header.chain, store::unwrap_data_key(files_, vault_, header)};
}

void KeysAhead::ask_ahead() {
  MutexLock lock(mutex_);
  for (;;) {
    while (!stopping_ && next_asked_ < ordinals_.size() && next_asked_ >= next_taken_ + kAhead)
      changed_.wait(mutex_);
    if (stopping_ || next_asked_ == ordinals_.size()) return;
    const std::size_t place = next_asked_++;
    lock.unlock();
    auto answer = ask(ordinals_[place]);
    lock.lock();
    answers_.emplace(place, std::move(answer));
    changed_.notify_all();
  }
}

/// What was asked for is the key of this header, or does not count.
Result<env::SecretBytes> KeysAhead::take(const store::SegmentHeader& header) {
  if (threads_.empty()) return store::unwrap_data_key(files_, vault_, header);
  MutexLock lock(mutex_);
  CHECK(next_taken_ < ordinals_.size() && ordinals_[next_taken_] == header.ordinal);
  while (!answers_.contains(next_taken_)) changed_.wait(mutex_);
  Result<Answer> answer = std::move(answers_.extract(next_taken_++).mapped());
  lock.unlock();
  changed_.notify_all();
  if (answer && answer->header == header.chain) return std::move(answer->key);
  return store::unwrap_data_key(files_, vault_, header);
}

}  // namespace varve::upkeep
