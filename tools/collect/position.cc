// Positions in memory and as bytes.
#include "tools/collect/position.h"

#include <algorithm>

namespace varve::collect {
namespace {

void encode_position(ByteWriter& to, const Position& position) {
  CHECK(position.path.size() <= 0xffff);
  to.u16(static_cast<std::uint16_t>(position.path.size())).text(position.path);
  to.u64(position.file.device).u64(position.file.inode);
  to.u64(position.taken.value).u64(position.lines);
  to.hash(position.fingerprint.head).hash(position.fingerprint.tail);
  to.u8(position.forgotten ? 1 : 0);
}

Position decode_position(ByteReader& in) {
  Position position;
  position.path = text_of(in.take(in.u16()));
  position.file.device = in.u64();
  position.file.inode = in.u64();
  position.taken.value = in.u64();
  position.lines = in.u64();
  position.fingerprint.head = in.hash();
  position.fingerprint.tail = in.hash();
  position.forgotten = in.u8() != 0;
  return position;
}

}  // namespace

void Positions::apply(std::span<const Position> changes) {
  for (const Position& change : changes) {
    std::vector<Position>& known = by_path_[change.path];
    std::erase_if(known, [&](const Position& p) { return p.file == change.file; });
    if (!change.forgotten) known.push_back(change);
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

Result<std::vector<Position>> decode_positions(ByteReader& in) {
  std::vector<Position> positions;
  const std::uint32_t count = in.u32();
  for (std::uint32_t i = 0; i < count && in.ok(); ++i) positions.push_back(decode_position(in));
  if (!in.ok()) return corrupt("the list of input positions is cut short");
  return positions;
}

}  // namespace varve::collect
