// Positions in memory and as bytes.
#include "tools/collect/position.h"

#include <algorithm>

namespace varve::collect {
namespace {

void encode_position(ByteWriter& to, const Position& position) {
  CHECK(position.path.size() <= 0xffff);
  to.u16(static_cast<std::uint16_t>(position.path.size())).text(position.path);
  to.u64(position.file.born_ns).u64(position.file.inode);
  to.u64(position.taken.value).u64(position.lines);
  to.hash(position.fingerprint.head).hash(position.fingerprint.tail);
  to.u8(static_cast<std::uint8_t>(position.standing));
}

Result<Position> decode_position(ByteReader& in, unsigned format) {
  Position position;
  position.path = text_of(in.take(in.u16()));
  position.file.born_ns = in.u64();
  if (format == 1) position.file.born_ns = 0;  // it was the device
  position.file.inode = in.u64();
  position.taken.value = in.u64();
  position.lines = in.u64();
  position.fingerprint.head = in.hash();
  position.fingerprint.tail = in.hash();
  const std::uint8_t standing = in.u8();
  if (standing > static_cast<std::uint8_t>(Standing::kFollowed))
    return corrupt("an input position has the unknown standing " + std::to_string(standing));
  position.standing = static_cast<Standing>(standing);
  return position;
}

}  // namespace

bool same_file(const FileId& a, const FileId& b) {
  return a.inode == b.inode && (a.born_ns == b.born_ns || a.born_ns == 0 || b.born_ns == 0);
}

void Positions::apply(std::span<const Position> changes) {
  for (const Position& change : changes) {
    std::vector<Position>& known = by_path_[change.path];
    // An inode is one file at a time: the position of an earlier one is of no use any more.
    std::erase_if(known, [&](const Position& p) { return p.file.inode == change.file.inode; });
    if (change.standing != Standing::kForgotten) known.push_back(change);
    if (known.empty()) by_path_.erase(change.path);
  }
}

std::vector<Position> Positions::of(const std::string& path) const {
  const auto found = by_path_.find(path);
  return found == by_path_.end() ? std::vector<Position>{} : found->second;
}

std::vector<Position> Positions::all() const {
  std::vector<Position> all;
  for (const auto& [path, positions] : by_path_)
    all.insert(all.end(), positions.begin(), positions.end());
  return all;
}

void encode_positions(Buffer& out, std::span<const Position> positions) {
  ByteWriter to(out);
  to.u32(static_cast<std::uint32_t>(positions.size()));
  for (const Position& position : positions) encode_position(to, position);
}

Result<std::vector<Position>> decode_positions(ByteReader& in, unsigned format) {
  std::vector<Position> positions;
  const std::uint32_t count = in.u32();
  for (std::uint32_t i = 0; i < count && in.ok(); ++i) {
    ASSIGN_OR_RETURN(Position position, decode_position(in, format));
    positions.push_back(std::move(position));
  }
  if (!in.ok()) return corrupt("the list of input positions is cut short");
  return positions;
}

}  // namespace varve::collect
