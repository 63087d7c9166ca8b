// The hashes of the tree on disk: tree/<height>, hash i of that height at byte 32 * i, append-only.
// Heights 0, 4, 8 ... are kept: a C2SP tile is a slice of height 0, 8, 16 ..., a partial tile is a
// prefix of the full one, and every hash between two kept heights is at most 15 node hashes away
// (docs/decisions/0001). Derived: can be deleted and is made again from the segments.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <span>
#include <string>

#include "ledger/base/result.h"
#include "ledger/base/types.h"
#include "ledger/env/filesystem.h"
#include "ledger/merkle/rows.h"
#include "ledger/merkle/tile.h"
#include "ledger/merkle/tree.h"

namespace varve::store {

/// "tree/04"
std::string hash_file_path(std::uint32_t height);

/// Thread: reads from any thread, of subtrees that were complete when the caller learnt of the
/// tree's size; writes from one.
class HashFiles final : public merkle::HashReader, public merkle::NodeSink {
 public:
  static constexpr std::uint32_t kStep = merkle::kRowHeight;  // every 4th height is kept
  static constexpr std::uint32_t kHeights = 11;               // 0 ... 40: 2^44 leaves

  /// Makes what is not there. Opens a file that is empty before the first hash for it comes: most logs
  /// are small. `files` outlives what is returned.
  static Result<std::unique_ptr<HashFiles>> open(env::Filesystem& files);
  /// For reads alone. Errors: kNotFound  names the file.  kIo.
  static Result<std::unique_ptr<HashFiles>> open_to_read(const env::Filesystem& files);

  /// Opens what a tree of `n` leaves has hashes in, so that flush() opens nothing. Errors: kBusy.
  Result<void> open_up_to(TreeSize n);
  /// Buffers the hash when its height is kept. Never fails; flush() does the writing.
  void completed(merkle::NodeId id, const Hash& hash) override;
  /// pwrite of what was buffered. Not durable before sync().
  Result<void> flush();
  Result<void> sync();
  /// Cuts every file to the tree of `n` leaves. Errors: kCorrupt  a file is shorter than that.
  Result<void> cut_to(TreeSize n);

  [[nodiscard]] Result<Hash> node(merkle::NodeId id) const override;
  /// Hashes of a height that is kept. One read. Errors: kNotFound  no tree is that high.  kCorrupt  the
  /// file is too short.  kIo.  kBusy  it would have to wait for what it may not wait for.
  [[nodiscard]] Result<void> row(merkle::NodeId first, std::span<Hash> out, env::Wait wait) const;
  /// The tile's bytes. Errors: as row.
  [[nodiscard]] Result<Buffer> tile(const merkle::TileId& id, env::Wait wait) const;
  /// Leaf hashes [first, first + count), 32 bytes each.
  [[nodiscard]] Result<Buffer> leaves(LeafIndex first, std::uint64_t count) const;

 private:
  struct Level {
    std::unique_ptr<env::File> file;    // null: it is empty, and not open
    std::atomic<bool> is_open = false;  // then `file` stays: readers ask this first
    Buffer pending;                     // hashes not written yet
    std::uint64_t first_pending = 0;    // number of the first of them
  };
  explicit HashFiles(env::Filesystem* files) : files_(files) {}
  static std::unique_ptr<HashFiles> make(env::Filesystem* files);
  static void keep_open(Level& level, std::unique_ptr<env::File> file);
  Result<void> open_level(std::uint32_t k);
  [[nodiscard]] Result<const env::File*> level(std::uint32_t k) const;

  env::Filesystem* const files_;  // null: all are open
  std::array<Level, kHeights> levels_;
};

}  // namespace varve::store
