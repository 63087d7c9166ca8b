// Holding batches that came too early.
#include "ledger/log/holding.h"

namespace varve::log {

std::optional<Item> HoldingArea::hold(Item item, std::uint64_t until_ms) {
  const format::Seal& seal = std::get<format::SealedBatch>(item.what).seal;
  const std::pair key(seal.source, seal.sequence);
  if (held_.size() >= kMost || held_.contains(key)) return item;
  held_.emplace(key, Held{std::move(item), until_ms});
  return std::nullopt;
}

std::optional<Item> HoldingArea::take(SourceId source, std::uint64_t sequence) {
  auto node = held_.extract({source, sequence});
  if (node.empty()) return std::nullopt;
  return std::move(node.mapped().item);
}

std::vector<Item> HoldingArea::expired(std::uint64_t now_ms) {
  std::vector<Item> out;
  for (auto it = held_.begin(); it != held_.end();) {
    if (it->second.until_ms > now_ms) {
      ++it;
      continue;
    }
    out.push_back(std::move(it->second.item));
    it = held_.erase(it);
  }
  return out;
}

}  // namespace varve::log
