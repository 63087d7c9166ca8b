// Sealed batches that came before the ones they follow: a source that pipelines over several
// connections may see them overtake each other. They are held for a moment, within bounds.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "ledger/log/group.h"

namespace varve::log {

/// Thread: one.
class ReorderBuffer {
 public:
  static constexpr std::size_t kMost = 256;                       // batches, over all sources
  static constexpr std::uint64_t kMostBytes = 16u * 1024 * 1024;  // of them together

  /// Takes the batch. Returns it when there is no room, or its place is taken.
  std::optional<Item> hold(Item item, std::uint64_t until_ms);
  /// The batch `sequence` of `source`, if it is here.
  std::optional<Item> take(SourceId source, std::uint64_t sequence);
  /// Everything whose moment has passed.
  std::vector<Item> expired(std::uint64_t now_ms);
  [[nodiscard]] bool empty() const { return held_.empty(); }
  /// Of the batches that wait, together.
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

 private:
  struct Held {
    Item item;
    std::uint64_t until_ms = 0;
  };
  Item let_go(Held held);

  std::map<std::pair<SourceId, std::uint64_t>, Held> held_;
  std::uint64_t bytes_ = 0;
};

}  // namespace varve::log
