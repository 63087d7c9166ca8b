// Reading and writing the two slots.
#include "ledger/store/mark_file.h"

#include <utility>

#include "ledger/base/codec.h"
#include "ledger/base/later_format.h"
#include "ledger/base/mutex.h"
#include "ledger/base/trouble.h"
#include "ledger/env/durable.h"
#include "ledger/merkle/tree.h"

namespace varve::store {
namespace {

constexpr std::string_view kMagic = "VARVEMRK";
constexpr char kLastLetter = 'Z';

/// The format of a slot that begins like this, as its last letter counts it; 0: it is no such magic.
std::uint64_t format_of(std::string_view magic) {
  const std::size_t letter = kMagic.size() - 1;
  if (magic.size() != kMagic.size() || !magic.starts_with(kMagic.substr(0, letter))) return 0;
  const char last = magic[letter];
  if (last < kMagic[letter] || last > kLastLetter) return 0;
  return static_cast<std::uint64_t>(last - kMagic[letter]) + 1;
}

class MarkFile final : public env::HighWaterMark {
 public:
  MarkFile(env::Filesystem& files, std::string path) : files_(files), path_(std::move(path)) {}

  [[nodiscard]] Result<std::vector<env::Mark>> read() const override {
    const MutexLock lock(mutex_);
    ASSIGN_OR_RETURN(const auto newest, newest_slot());
    std::vector<env::Mark> marks;
    if (newest) marks.push_back(newest->mark);
    return marks;
  }

  Result<void> write(const env::Mark& mark) override {
    const MutexLock lock(mutex_);
    ASSIGN_OR_RETURN(const auto newest, newest_slot());
    // The first slot comes whole or not at all: a file without a good slot is damaged, not new.
    if (!newest) return env::write_durably(files_, path_, encode_mark_slot({0, mark}));
    RETURN_IF_ERROR(env::may_replace(newest->mark, mark, "the mark file " + path_));
    const MarkSlot next{newest->number + 1, mark};
    ASSIGN_OR_RETURN(auto file, files_.open_or_create(path_));
    const ByteOffset at{next.number % 2 * kMarkSlotStride};
    RETURN_IF_ERROR(file->write(at, encode_mark_slot(next)));
    return file->sync();
  }

 private:
  [[nodiscard]] Result<std::optional<MarkSlot>> newest_slot() const REQUIRES(mutex_) {
    const auto file = files_.open_read(path_);
    if (!file && file.error().code == Code::kNotFound) return std::optional<MarkSlot>{};
    if (!file) return file.error();
    std::optional<MarkSlot> newest;
    for (const std::uint64_t at : {std::uint64_t{0}, kMarkSlotStride}) {
      Buffer bytes(kMarkSlotSize);
      const auto ok = (*file)->read(ByteOffset{at}, bytes);
      if (!ok && ok.error().code != Code::kCorrupt) return ok.error();
      const auto slot = decode_mark_slot(bytes);
      if (!slot && is_trouble(slot.error())) return in_file(slot.error(), path_);
      if (ok && slot && (!newest || newest->number < slot->number)) newest = *slot;
    }
    if (!newest)
      return corrupt("the high-water mark " + path_ +
                     " is damaged: put back a copy of it; remove "
                     "it only when it is known otherwise that the store is complete");
    return newest;
  }

  env::Filesystem& files_;
  const std::string path_;
  mutable Mutex mutex_;  // one read or write at a time
};

}  // namespace

Buffer encode_mark_slot(const MarkSlot& slot) {
  Buffer bytes;
  ByteWriter out(bytes);
  out.text(kMagic).u64(slot.number).hash(slot.mark.log).u64(slot.mark.size.value);
  out.hash(slot.mark.root);
  const Hash check = merkle::sha256(bytes);
  out.hash(check);
  return bytes;
}

Result<MarkSlot> decode_mark_slot(Bytes bytes) {
  ByteReader in(bytes);
  const Bytes magic = in.take(kMagic.size());
  const std::uint64_t format = format_of(text_of(magic));
  MarkSlot slot;
  slot.number = in.u64();
  slot.mark.log = in.hash();
  slot.mark.size = TreeSize{in.u64()};
  slot.mark.root = in.hash();
  const Hash check = in.hash();
  if (!in.at_end() || format == 0 ||
      merkle::sha256(bytes.first(kMarkSlotSize - kHashSize)) != check)
    return corrupt("not a high-water mark of format 1");
  if (format > 1) return later_format(format, 1);
  return slot;
}

std::unique_ptr<env::HighWaterMark> mark_file(env::Filesystem& files, std::string path) {
  return std::make_unique<MarkFile>(files, std::move(path));
}

}  // namespace varve::store
