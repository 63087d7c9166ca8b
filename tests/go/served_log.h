// A log in memory behind a small HTTP server: what verify_log verifies, and what can be sabotaged
// to see it refuse.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "ledger/merkle/tile.h"
#include "tests/format/test_keys.h"
#include "tests/merkle/memory_tree.h"

namespace varve {

class ServedLog {
 public:
  /// Records are texts; the checkpoint is signed by both keys.
  explicit ServedLog(std::uint64_t size);

  /// What GET <path> answers, path and query as after "/logs/x". Empty: not found.
  [[nodiscard]] std::string answer(const std::string& path, bool text) const;

  [[nodiscard]] std::vector<std::string> vkeys() const;

  /// Runs verify_log against this log, each answer passed through `sabotage`. Returns its exit
  /// code.
  using Sabotage = std::function<void(const std::string& path, std::string& body)>;
  [[nodiscard]] int verify(const std::string& arguments, const Sabotage& sabotage) const;

 private:
  [[nodiscard]] std::string tile(const merkle::TileId& id) const;
  [[nodiscard]] std::string bundle(const merkle::TileId& id) const;
  [[nodiscard]] std::string inclusion(LeafIndex i, bool text) const;
  [[nodiscard]] std::string consistency(TreeSize m) const;

  format::TestKey old_key_ = format::TestKey::ed25519("log.example/x", 1);
  format::TestKey new_key_ = format::TestKey::p256("log.example/x");
  merkle::MemoryTree tree_;
  std::string checkpoint_;
};

}  // namespace varve
