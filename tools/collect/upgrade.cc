// Nothing that the log gives is believed: a tile that is false makes no receipt, and accuses nobody.
#include "tools/collect/upgrade.h"

#include <algorithm>
#include <map>
#include <utility>

#include "ledger/base/trouble.h"
#include "ledger/env/durable.h"
#include "ledger/format/receipt.h"
#include "ledger/merkle/checked.h"
#include "tools/client/problem.h"
#include "tools/collect/layout.h"
#include "tools/collect/receipts.h"

namespace varve::collect {
namespace {

constexpr std::size_t kTilesKept = 512;  // of 8 KiB
constexpr std::size_t kWitnessedReceiptMax = 16u << 20;

class LogBehind final : public verify::LogSource {
 public:
  explicit LogBehind(client::HttpClient client) : client_(std::move(client)) {}

  [[nodiscard]] Result<Buffer> tile(const merkle::TileId& id) const override {
    const auto known = tiles_.find(id);
    if (known != tiles_.end()) return known->second;
    ASSIGN_OR_RETURN(Buffer bytes, LogSource::tile(id));
    if (tiles_.size() == kTilesKept) tiles_.clear();
    tiles_.emplace(id, bytes);
    return bytes;
  }

 private:
  [[nodiscard]] Result<Buffer> get(const std::string& path) const override {
    ASSIGN_OR_RETURN(const client::HttpResponse answer,
                     client::expect_success(client_.get("/" + path)));
    return to_buffer(bytes_of(answer.body));
  }

  mutable client::HttpClient client_;
  mutable std::map<merkle::TileId, Buffer> tiles_;
};

/// Every key that ever signed, but for those whose signatures on a tree of that size count no more.
std::vector<format::VerifierKey> counting(const rules::KeyTimeline& keys, TreeSize size) {
  std::vector<format::VerifierKey> all = keys.history().all();
  std::erase_if(all, [&](const auto& key) { return !keys.history().counts(key, size); });
  return all;
}

/// Where the policy has lines `log`, one of them signed, and the log announced that key.
Result<void> is_of_the_policys_log(const format::Note& note, const rules::KeyTimeline& keys,
                                   const format::WitnessPolicy& policy) {
  if (policy.logs().empty()) return {};
  std::vector<format::VerifierKey> named;
  const auto& history = keys.history();
  for (const format::LogOfPolicy& log : policy.logs())
    if (std::ranges::count(history.all(), log.key) != 0 ||
        std::ranges::count(history.witness_keys(), log.key) != 0)
      named.push_back(log.key);
  if (format::verify_note(note, named)) return {};
  return not_found(
      "no key of the policy's lines `log` that the log announced signed the witnessed checkpoint");
}

/// One receipt after the other.
class Lifting {
 public:
  Lifting(env::Filesystem& files, const verify::LogSource& log, const rules::KeyTimeline& keys,
          const format::WitnessPolicy& policy, const WitnessedTree& under)
      : files_(files),
        keys_(keys),
        policy_(policy),
        under_(under),
        tree_{under.tree.size, under.tree.root},
        hashes_(under.tree.size, log) {}

  Result<void> lift(std::uint64_t batch) {
    const auto stored = load_receipt(files_, batch);
    if (!stored && is_trouble(stored.error())) return stored.error();
    if (!stored) return refuse(batch, stored.error().message);
    const format::Receipt& receipt = stored->receipt;
    if (auto holds = is_sound(receipt, stored->leaves, keys_.history().all()); !holds)
      return refuse(batch, "it does not hold: " + holds.error().message);
    ASSIGN_OR_RETURN(const bool is_lifted, was_lifted(batch, *stored));
    if (is_lifted) {
      ++done_.before;
      return {};
    }
    if (receipt.tree_size > tree_.size) {
      done_.newer.push_back(batch);
      return {};
    }
    ASSIGN_OR_RETURN(const bool is_one_history, begins_with(receipt));
    return is_one_history ? write(batch, *stored) : keep_evidence(batch, *stored);
  }
  [[nodiscard]] Upgraded take() { return std::move(done_); }

 private:
  [[nodiscard]] Result<void> is_sound(const format::Receipt& receipt,
                                      const std::vector<Hash>& leaves,
                                      const std::vector<format::VerifierKey>& by) const {
    return format::verify_receipt(receipt, keys_.origin(), by, leaves);
  }
  /// By keys whose signatures on a tree of that size count today.
  [[nodiscard]] Result<void> counts(const format::Receipt& receipt,
                                    const std::vector<Hash>& leaves) const {
    return is_sound(receipt, leaves, counting(keys_, receipt.tree_size));
  }
  Result<void> refuse(std::uint64_t batch, std::string why) {
    done_.refused.push_back({batch, std::move(why)});
    return {};
  }

  /// Whether what stands beside the receipt holds by this policy. What does not is written again.
  Result<bool> was_lifted(std::uint64_t batch, const StoredReceipt& stored) const {
    const auto bytes = env::read_whole(files_, witnessed_path(batch), kWitnessedReceiptMax);
    if (!bytes && bytes.error().code == Code::kNotFound) return false;
    if (!bytes && is_trouble(bytes.error())) return bytes.error();
    if (!bytes) return false;
    const auto there = format::parse_receipt(text_of(*bytes));
    return there && there->first_index == stored.receipt.first_index &&
           counts(*there, stored.leaves) && open_witnessed(there->checkpoint, keys_, policy_);
  }

  /// What the log gives, and no tree of it, is no finding about the log.
  static Error as_trouble(const Error& error) {
    return Error{
        is_trouble(error) ? error.code : Code::kIo,
        "what the log gives as tiles does not lead to the witnessed checkpoint (a proxy?): " +
            error.message};
  }

  Result<bool> begins_with(const format::Receipt& receipt) const {
    const auto root = merkle::checked_root(receipt.tree_size, tree_, hashes_);
    if (!root) return as_trouble(root.error());
    return *root == receipt.root;
  }

  Result<void> write(std::uint64_t batch, const StoredReceipt& stored) {
    format::Receipt lifted = stored.receipt;
    lifted.tree_size = tree_.size;
    lifted.root = tree_.root;
    lifted.checkpoint = under_.note;
    auto proof = merkle::prove_range(lifted.first_index, lifted.count, tree_.size, hashes_);
    if (!proof) return as_trouble(proof.error());
    lifted.range_proof = std::move(*proof);
    // The leaves are in the older tree, and the newer one begins with that: what else it leads to, the tiles are.
    if (auto holds = counts(lifted, stored.leaves); !holds) return as_trouble(holds.error());
    RETURN_IF_ERROR(env::write_durably(files_, witnessed_path(batch),
                                       bytes_of(format::format_receipt(lifted))));
    ++done_.lifted;
    return {};
  }

  /// What a key signed that was revoked for it says nothing about the log: its thief may have.
  Result<void> keep_evidence(std::uint64_t batch, const StoredReceipt& stored) {
    if (!counts(stored.receipt, stored.leaves))
      return refuse(batch,
                    "it is of another tree than witnesses cosigned, by a key that was revoked");
    RETURN_IF_ERROR(
        env::write_durably(files_, refused_witnessed_path(batch), bytes_of(under_.note)));
    return refuse(batch, "it is of another history than witnesses cosigned: give " +
                             receipt_path(batch) + " and " + refused_witnessed_path(batch) +
                             " to varve-audit compare");
  }

  env::Filesystem& files_;
  const rules::KeyTimeline& keys_;
  const format::WitnessPolicy& policy_;
  const WitnessedTree& under_;
  const merkle::SignedTree tree_;
  const merkle::TileHashReader hashes_;
  Upgraded done_;
};

}  // namespace

Result<WitnessedTree> open_witnessed(std::string note, const rules::KeyTimeline& keys,
                                     const format::WitnessPolicy& policy) {
  for (const auto* of : {&keys.history().all(), &keys.history().witness_keys()})
    if (const format::Witness* const one = policy.is_the_log_itself(*of))
      return invalid("the witness " + one->name +
                     " has a key of the log itself: its cosignature says nothing");
  ASSIGN_OR_RETURN(const format::Note parsed, format::parse_note(note));
  ASSIGN_OR_RETURN(const format::Checkpoint claimed, format::parse_checkpoint_text(parsed.text));
  ASSIGN_OR_RETURN(
      format::Checkpoint tree,
      format::open_checkpoint(note, std::string(keys.origin()), counting(keys, claimed.size)));
  RETURN_IF_ERROR(is_of_the_policys_log(parsed, keys, policy));
  ASSIGN_OR_RETURN(const format::Cosigners found, format::cosigners_of(note, policy));
  const auto is_there = [](const auto& cosignature) { return cosignature.has_value(); };
  if (found.is_quorum && std::ranges::any_of(found.by_witness, is_there))
    return WitnessedTree{std::move(tree), std::move(note)};
  return not_found("no quorum of the policy's witnesses has cosigned the checkpoint");
}

std::unique_ptr<verify::LogSource> log_behind(client::HttpClient client) {
  return std::make_unique<LogBehind>(std::move(client));
}

Result<Upgraded> upgrade_receipts(env::Filesystem& files, const verify::LogSource& log,
                                  const rules::KeyTimeline& keys,
                                  const format::WitnessPolicy& policy, const WitnessedTree& under) {
  ASSIGN_OR_RETURN(const std::vector<std::uint64_t> batches, list_receipts(files));
  Lifting lifting(files, log, keys, policy, under);
  for (const std::uint64_t batch : batches) RETURN_IF_ERROR(lifting.lift(batch));
  return lifting.take();
}

}  // namespace varve::collect
