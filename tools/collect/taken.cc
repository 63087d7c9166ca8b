// The head and the tail of what was taken.
#include "tools/collect/taken.h"

#include <algorithm>

#include "ledger/merkle/tree.h"

namespace varve::collect {
namespace {

Result<Buffer> read_exactly(const InputFile& file, ByteOffset at, std::size_t length) {
  Buffer bytes(length);
  ASSIGN_OR_RETURN(const std::size_t got, file.read(at, bytes));
  if (got < length) return not_found("the file is shorter than what was taken of it");
  return bytes;
}

}  // namespace

Result<Taken> Taken::of(const InputFile& file, ByteOffset taken) {
  Taken made;
  made.size_ = taken;
  const auto head = static_cast<std::size_t>(std::min<std::uint64_t>(taken.value, kHeadSize));
  const auto tail = static_cast<std::size_t>(std::min<std::uint64_t>(taken.value, kTailSize));
  ASSIGN_OR_RETURN(made.head_, read_exactly(file, ByteOffset{0}, head));
  ASSIGN_OR_RETURN(made.tail_, read_exactly(file, ByteOffset{taken.value - tail}, tail));
  return made;
}

void Taken::feed(Bytes bytes) {
  size_.value += bytes.size();
  append(head_, bytes.first(std::min(bytes.size(), kHeadSize - head_.size())));
  if (bytes.size() >= kTailSize) {
    tail_ = to_buffer(bytes.last(kTailSize));
    return;
  }
  append(tail_, bytes);
  if (tail_.size() > kTailSize)
    tail_.erase(tail_.begin(), tail_.end() - static_cast<std::ptrdiff_t>(kTailSize));
}

Fingerprint Taken::fingerprint() const {
  return {merkle::sha256(head_), merkle::sha256(tail_)};
}

Result<bool> Taken::still_ends(const InputFile& file) const {
  Buffer now(tail_.size());
  ASSIGN_OR_RETURN(const std::size_t got, file.read(ByteOffset{size_.value - tail_.size()}, now));
  return got == now.size() && now == tail_;
}

Result<bool> Taken::begins_with(const InputFile& file) const {
  ASSIGN_OR_RETURN(const ByteOffset size, file.size());
  Buffer head(head_.size());
  ASSIGN_OR_RETURN(const std::size_t got, file.read(ByteOffset{0}, head));
  return size <= size_ && std::ranges::equal(Bytes{head}.first(got), Bytes{head_}.first(got));
}

Result<bool> begins_as_taken(const InputFile& file, const Position& position) {
  const Result<Taken> taken = Taken::of(file, position.taken);
  if (taken) return taken->fingerprint() == position.fingerprint;
  if (taken.error().code == Code::kNotFound) return false;
  return taken.error();
}

}  // namespace varve::collect
