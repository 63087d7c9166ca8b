// A log that asks a witness: two histories of a few leaves that part behind the fifth, and what it sends.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "ledger/base/text.h"
#include "ledger/format/checkpoint.h"
#include "ledger/merkle/proof.h"
#include "tests/log/world.h"

namespace varve::api {

class AskingLog {
 public:
  explicit AskingLog(const testing::SoftKey& key) : key_(key) {}

  [[nodiscard]] std::string note(int history, std::uint64_t size) const {
    const Leaves leaves(history, size);
    const std::string text = format::checkpoint_text(
        {key_.key.name, TreeSize{size}, *merkle::tree_root(TreeSize{size}, leaves)});
    return format::format_note({text, {key_.note_signature(text)}});
  }
  [[nodiscard]] std::string request(int history, std::uint64_t old, std::uint64_t size) const {
    std::string body = "old " + std::to_string(old) + "\n";
    merkle::Proof proof;
    if (old != 0)
      proof = *merkle::prove_consistency(TreeSize{old}, TreeSize{size}, Leaves(history, size));
    for (const Hash& hash : proof) body += base64(hash.view()) + "\n";
    return body + "\n" + note(history, size);
  }

 private:
  static constexpr std::uint64_t kPartsAt = 5;

  struct Leaves final : merkle::HashReader {
    Leaves(int history, std::uint64_t size) {
      for (std::uint64_t i = 0; i < size; ++i)
        all.push_back(merkle::leaf_hash(
            bytes_of(std::to_string(i) + (i < kPartsAt ? "" : " of " + std::to_string(history)))));
    }
    [[nodiscard]] Result<Hash> node(merkle::NodeId id) const override {
      const std::uint64_t count = std::uint64_t{1} << id.height;
      return merkle::root_of(std::span(all).subspan(id.index * count, count));
    }
    std::vector<Hash> all;
  };

  const testing::SoftKey& key_;
};

}  // namespace varve::api
