// Reading and writing tree/<height>.
#include "ledger/store/hash_files.h"

#include <algorithm>
#include <array>
#include <utility>

#include "ledger/store/read_derived.h"

namespace varve::store {
namespace {

Result<void> read_bytes(const env::File& file, ByteOffset at, MutableBytes out, env::Wait wait) {
  if (wait == env::Wait::kForTheDisk) return read_derived(file, at, out);
  if (!file.read_at_once(at, out)) return busy("the hashes are not in memory");
  return {};
}

}  // namespace

std::string hash_file_path(std::uint32_t height) {
  const std::string digits = std::to_string(height);
  return "tree/" + std::string(2 - digits.size(), '0') + digits;
}

std::unique_ptr<HashFiles> HashFiles::make(env::Filesystem* files) {
  return std::unique_ptr<HashFiles>(new HashFiles(files));
}

void HashFiles::keep_open(Level& level, std::unique_ptr<env::File> file) {
  level.file = std::move(file);
  level.is_open = true;
}

Result<std::unique_ptr<HashFiles>> HashFiles::open(env::Filesystem& files) {
  auto self = make(&files);
  RETURN_IF_ERROR(files.make_directory("tree"));
  for (std::uint32_t k = 0; k < kHeights; ++k) {
    ASSIGN_OR_RETURN(auto file, files.open_or_create(hash_file_path(k * kStep)));
    ASSIGN_OR_RETURN(const ByteOffset size, file->size());
    if (size.value != 0) keep_open(self->levels_[k], std::move(file));
  }
  RETURN_IF_ERROR(files.sync_directory("tree"));
  return self;
}

Result<std::unique_ptr<HashFiles>> HashFiles::open_to_read(const env::Filesystem& files) {
  auto self = make(nullptr);
  for (std::uint32_t k = 0; k < kHeights; ++k) {
    ASSIGN_OR_RETURN(auto file, files.open_read(hash_file_path(k * kStep)));
    keep_open(self->levels_[k], std::move(file));
  }
  return self;
}

Result<void> HashFiles::open_level(std::uint32_t k) {
  if (levels_[k].is_open) return {};
  ASSIGN_OR_RETURN(auto file, files_->open_or_create(hash_file_path(k * kStep)));
  keep_open(levels_[k], std::move(file));
  return {};
}

Result<void> HashFiles::open_up_to(TreeSize n) {
  for (std::uint32_t k = 0; k < kHeights && n.value >> (k * kStep) != 0; ++k)
    if (auto open = open_level(k); !open)
      return busy(
          "a hash file of the log cannot be opened: " + open.error().message +
          ": repeat the request; LimitNOFILE of the service says how many files it may open");
  return {};
}

/// As a read of an empty file.
Result<const env::File*> HashFiles::level(std::uint32_t k) const {
  if (levels_[k].is_open) return levels_[k].file.get();
  return corrupt(hash_file_path(k * kStep) + " is empty");
}

void HashFiles::completed(merkle::NodeId id, const Hash& hash) {
  if (id.height % kStep != 0) return;
  CHECK(id.height / kStep < kHeights);
  Level& level = levels_[id.height / kStep];
  if (level.pending.empty()) level.first_pending = id.index;
  CHECK(level.first_pending + level.pending.size() / kHashSize == id.index);
  append(level.pending, hash.view());
}

Result<void> HashFiles::flush() {
  for (std::uint32_t k = 0; k < kHeights; ++k) {
    Level& level = levels_[k];
    if (level.pending.empty()) continue;
    RETURN_IF_ERROR(open_level(k));
    RETURN_IF_ERROR(level.file->write(ByteOffset{level.first_pending * kHashSize}, level.pending));
    level.pending.clear();
  }
  return {};
}

Result<void> HashFiles::sync() {
  for (Level& level : levels_)
    if (level.is_open) RETURN_IF_ERROR(level.file->sync());
  return {};
}

Result<void> HashFiles::cut_to(TreeSize n) {
  for (std::uint32_t k = 0; k < kHeights; ++k) {
    Level& level = levels_[k];
    level.pending.clear();
    const ByteOffset want{(n.value >> (k * kStep)) * kHashSize};
    ByteOffset have{0};
    if (level.is_open) {
      ASSIGN_OR_RETURN(have, level.file->size());
    }
    if (have < want)
      return corrupt(hash_file_path(k * kStep) + " has " + std::to_string(have.value) + " of " +
                     std::to_string(want.value) + " bytes");
    if (have > want) RETURN_IF_ERROR(level.file->truncate(want));
  }
  return {};
}

Result<Hash> HashFiles::node(merkle::NodeId id) const {
  const std::uint32_t kept = std::min(id.height / kStep, kHeights - 1);
  const std::uint32_t above = id.height - kept * kStep;
  if (above >= kStep) return not_found("no tree is that high");
  std::array<Hash, 1u << (kStep - 1)> row;  // on the stack: a proof asks for twenty of them
  std::size_t width = std::size_t{1} << above;
  const auto hashes = std::span{row}.first(width);
  ASSIGN_OR_RETURN(const env::File* const file, level(kept));
  RETURN_IF_ERROR(read_derived(*file, ByteOffset{(id.index << above) * kHashSize},
                               std::as_writable_bytes(hashes)));
  for (; width > 1; width /= 2)
    for (std::size_t i = 0; i < width / 2; ++i)
      row[i] = merkle::node_hash(row[2 * i], row[2 * i + 1]);
  return row[0];
}

Result<void> HashFiles::row(merkle::NodeId first, std::span<Hash> out, env::Wait wait) const {
  CHECK(first.height % kStep == 0);
  if (first.height / kStep >= kHeights) return not_found("no tree is that high");
  ASSIGN_OR_RETURN(const env::File* const file, level(first.height / kStep));
  return read_bytes(*file, ByteOffset{first.index * kHashSize}, std::as_writable_bytes(out), wait);
}

Result<Buffer> HashFiles::tile(const merkle::TileId& id, env::Wait wait) const {
  const std::uint32_t kept = id.level * merkle::kTileHeight / kStep;
  if (kept >= kHeights) return not_found("no tree is that high");
  Buffer bytes(std::size_t{id.width} * kHashSize);
  const ByteOffset at{id.index * merkle::kTileWidth * kHashSize};
  ASSIGN_OR_RETURN(const env::File* const file, level(kept));
  RETURN_IF_ERROR(read_bytes(*file, at, bytes, wait));
  return bytes;
}

Result<Buffer> HashFiles::leaves(LeafIndex first, std::uint64_t count) const {
  if (count == 0) return Buffer();
  Buffer bytes(count * kHashSize);
  ASSIGN_OR_RETURN(const env::File* const file, level(0));
  RETURN_IF_ERROR(read_derived(*file, ByteOffset{first.value * kHashSize}, bytes));
  return bytes;
}

}  // namespace varve::store
