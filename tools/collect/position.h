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

/// What the system calls a file of one directory. A path may come to mean another one, and so may
/// an inode once its file is deleted. Not the device: its number may be another after a restart.
struct FileId {
  std::uint64_t inode = 0;
  std::uint64_t born_ns = 0;  // since 1970 UTC; 0: the file system keeps no such time
  auto operator<=>(const FileId&) const = default;
};
/// Where one of the two has no time of birth, as far as the inode tells.
bool same_file(const FileId& a, const FileId& b);

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

enum class Standing : std::uint8_t {
  kOpen = 0,       // what follows `taken` is still to be taken
  kForgotten = 1,  // nobody will ask for this file again: a change that removes its position
  kFinished = 2,   // rotated away and taken to its end; what is added to it is still to be taken
  kNotOurs = 3,    // rotated away before its path was followed: nothing of it is to be taken
  kFollowed = 4,   // no file (inode 0): the path is followed, and what is rotated away from now on
                   // and has no position was not taken
};

struct Position {
  std::string path;  // absolute
  FileId file;
  ByteOffset taken;         // everything before it is in a batch, or was refused aloud
  std::uint64_t lines = 0;  // line ends before `taken`; for messages
  Fingerprint fingerprint;
  Standing standing = Standing::kOpen;
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

// A u32 count, then each, big-endian:
//   off     size field
//     0        2 length of the path, n
//     2        n path
//   2 + n      8 born, nanoseconds since 1970 UTC, or 0 (in format 1: a device, not used any more)
//  10 + n      8 inode
//  18 + n      8 taken
//  26 + n      8 lines
//  34 + n     32 SHA-256 of the head
//  66 + n     32 SHA-256 of the tail
//  98 + n      1 standing, 0 ... 4 (in format 1: 0 or 1)
void encode_positions(Buffer& out, std::span<const Position> positions);
/// `format` is that of the file around it, 1 or later. Errors: kCorrupt  cut short, or no such
/// standing.
Result<std::vector<Position>> decode_positions(ByteReader& in, unsigned format);

}  // namespace varve::collect
