// Holding batches that came too early.
#include "ledger/log/reorder_buffer.h"

namespace varve::log {

std::optional<Item> ReorderBuffer::hold(Item item, std::uint64_t until_ms) {
  const format::Seal& seal = std::get<format::SealedBatch>(item.what).seal;
  const std::pair key(seal.source, seal.sequence);
  const bool room = held_.size() < kMost && bytes_ + item.size_bytes <= kMostBytes;
  if (!room || held_.contains(key)) return item;
  bytes_ += item.size_bytes;
  held_.emplace(key, Held{std::move(item), until_ms});
  return std::nullopt;
}

Item ReorderBuffer::let_go(Held held) {
  bytes_ -= held.item.size_bytes;
  return std::move(held.item);
}

std::optional<Item> ReorderBuffer::take(SourceId source, std::uint64_t sequence) {
  auto node = held_.extract({source, sequence});
  if (node.empty()) return std::nullopt;
  return let_go(std::move(node.mapped()));
}

std::vector<Item> ReorderBuffer::expired(std::uint64_t now_ms) {
  std::vector<Item> out;
  for (auto it = held_.begin(); it != held_.end();) {
    if (it->second.until_ms > now_ms) {
      ++it;
      continue;
    }
    out.push_back(let_go(std::move(it->second)));
    it = held_.erase(it);
  }
  return out;
}

}  // namespace varve::log
