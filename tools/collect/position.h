// How far each input has been taken. A position is stored together with the batch that holds what
// was taken, so that after a crash nothing is read twice and nothing is skipped.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "ledger/base/codec.h"
#include "ledger/base/result.h"
#include "ledger/base/types.h"

namespace varve::collect {

/// What the system calls a file; a path may come to mean another one.
struct FileId {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  auto operator<=>(const FileId&) const = default;
};

/// What the taken bytes of a file look like: its first kHeadSize bytes and the last kTailSize
/// before the position, each hashed. Tells a file that was replaced, cut or copied from one that
/// only grew. A whole document (at most one record) lies within the head.
inline constexpr std::size_t kHeadSize = 65'536;
inline constexpr std::size_t kTailSize = 4'096;

struct Fingerprint {
  Hash head;
  Hash tail;
  auto operator<=>(const Fingerprint&) const = default;
};

struct Position {
  std::string path;  // absolute
  FileId file;
  ByteOffset taken;         // everything before it is in a batch, or was refused aloud
  std::uint64_t lines = 0;  // line ends before `taken`; for messages
  Fingerprint fingerprint;
  bool forgotten = false;  // the file is finished and gone: nobody will ask for it again
  bool operator==(const Position&) const = default;
};

/// The newest position of each file that has one.
class Positions {
 public:
  void apply(std::span<const Position> changes);
  /// Every file that was read under this path; there are several while a rotated one is drained.
  [[nodiscard]] std::vector<Position> of(const std::string& path) const;
  [[nodiscard]] std::vector<Position> all() const;

 private:
  std::map<std::string, std::vector<Position>> by_path_;
};

// Each: u16 path length, path, u64 device, u64 inode, u64 taken, u64 lines, head, tail,
// u8 forgotten (0 or 1); before them a u32 count. Big-endian.
void encode_positions(Buffer& out, std::span<const Position> positions);
/// Errors: kCorrupt  cut short.
Result<std::vector<Position>> decode_positions(ByteReader& in);

}  // namespace varve::collect
