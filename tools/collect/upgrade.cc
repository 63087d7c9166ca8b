// Nothing that the log gives is believed: a tile that is false makes no receipt, and accuses nobody.
#include "tools/collect/upgrade.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "ledger/base/trouble.h"
#include "ledger/env/durable.h"
#include "ledger/format/receipt.h"
#include "ledger/merkle/checked.h"
#include "ledger/verify/checkpoints.h"
#include "ledger/verify/quorum.h"
#include "tools/client/problem.h"
#include "tools/collect/layout.h"
#include "tools/collect/receipts.h"
#include "tools/collect/spool.h"

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

/// By a key of which nothing is known, good or bad.
bool is_by_an_unknown_key(std::string_view note, const rules::KeyTimeline& keys) {
  const auto parsed = format::parse_note(note);
  if (!parsed) return false;
  const auto is_one_of = [](const std::vector<format::VerifierKey>& known, std::uint32_t id) {
    return std::ranges::count(known, id, &format::VerifierKey::id) != 0;
  };
  bool is_unknown = false;
  for (const format::NoteSignature& line : parsed->signatures) {
    if (line.name != keys.origin()) continue;
    if (is_one_of(keys.history().all(), line.id)) return false;
    is_unknown = is_unknown || !is_one_of(keys.history().witness_keys(), line.id);
  }
  return is_unknown;
}

/// Of a checkpoint that the keys of its size did not sign. Keys come and go in an honest log, too: whose signature is
/// not known to be false, is no liar.
Error explained(Error why, std::string_view note, const rules::KeyTimeline& keys) {
  if (why.code != Code::kCorrupt) return why;
  if (is_by_an_unknown_key(note, keys))
    return not_found("it is signed by a key that the log has not shown: run the command again");
  if (verify::open_older_checkpoint(note, keys))
    return not_found(
        "only a key that was revoked for a tree of this size signed it: run the command again when "
        "witnesses have cosigned a newer one");
  return why;
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
    if (!stored) return refuse(batch, corrupt(stored.error().message));
    const format::Receipt& receipt = stored->receipt;
    if (receipt.tree_size > tree_.size) {
      done_.newer.push_back(batch);
      return {};
    }
    if (auto holds = is_sound(receipt, stored->leaves, keys_.active_at(receipt.tree_size)); !holds)
      return refuse(batch, explained(std::move(holds).error().during("verifying it"),
                                     receipt.checkpoint, keys_));
    ASSIGN_OR_RETURN(const bool is_lifted, was_lifted(batch, *stored));
    if (is_lifted) return {};
    ASSIGN_OR_RETURN(const bool is_one_history, begins_with(receipt));
    return is_one_history ? write(batch, *stored) : keep_evidence(batch, *stored);
  }
  /// The newest that was lifted before, for all: has whoever cosigned since seen the same history?
  Result<void> compare_with_before() {
    if (!newest_before_ || newest_before_->second.tree_size > tree_.size) return {};
    const auto& [batch, lifted] = *newest_before_;
    ASSIGN_OR_RETURN(const bool is_one_history, begins_with(lifted));
    if (is_one_history) return {};
    RETURN_IF_ERROR(
        env::write_durably(files_, refused_witnessed_path(batch), bytes_of(under_.note)));
    return refuse(batch, corrupt("it was lifted under another history than witnesses cosigned "
                                 "since: give " +
                                 witnessed_path(batch) + " and " + refused_witnessed_path(batch) +
                                 " to varve-audit compare"));
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
    return is_sound(receipt, leaves, keys_.keys_at(receipt.tree_size));
  }
  Result<void> refuse(std::uint64_t batch, Error why) {
    done_.refused.push_back({batch, std::move(why)});
    return {};
  }

  /// Whether what stands beside the receipt holds by this policy. What does not is written again.
  Result<bool> was_lifted(std::uint64_t batch, const StoredReceipt& stored) {
    const auto bytes = env::read_whole(files_, witnessed_path(batch), kWitnessedReceiptMax);
    if (!bytes && bytes.error().code == Code::kNotFound) return false;
    if (!bytes && is_trouble(bytes.error())) return bytes.error();
    if (!bytes) return false;
    auto there = format::parse_receipt(text_of(*bytes));
    const bool holds = there && there->first_index == stored.receipt.first_index &&
                       counts(*there, stored.leaves) &&
                       open_witnessed(there->checkpoint, keys_, policy_);
    if (!holds) return false;
    ++done_.before;
    if (!newest_before_ || there->tree_size > newest_before_->second.tree_size)
      newest_before_ = {batch, std::move(*there)};
    return true;
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
    const std::string text = format::format_receipt(lifted);
    RETURN_IF_ERROR(expect_space(text.size()));
    RETURN_IF_ERROR(env::write_durably(files_, witnessed_path(batch), bytes_of(text)));
    ++done_.lifted;
    return {};
  }

  /// What the collector needs to go on is not for this.
  Result<void> expect_space(std::size_t bytes) const {
    ASSIGN_OR_RETURN(const std::uint64_t free, files_.free_bytes());
    if (free >= bytes + SpoolOptions{}.reserve_bytes) return {};
    return full("the disk has " + std::to_string(free) + " bytes left, and " +
                std::to_string(SpoolOptions{}.reserve_bytes) +
                " are kept for the collector: make space, and run the command again");
  }

  /// What a key signed that was revoked for it says nothing about the log: its thief may have.
  Result<void> keep_evidence(std::uint64_t batch, const StoredReceipt& stored) {
    if (!counts(stored.receipt, stored.leaves))
      return refuse(
          batch,
          not_found("it is of another tree than witnesses cosigned, by a key that was revoked"));
    RETURN_IF_ERROR(
        env::write_durably(files_, refused_witnessed_path(batch), bytes_of(under_.note)));
    return refuse(batch, corrupt("it is of another history than witnesses cosigned: give " +
                                 receipt_path(batch) + " and " + refused_witnessed_path(batch) +
                                 " to varve-audit compare"));
  }

  env::Filesystem& files_;
  const rules::KeyTimeline& keys_;
  const format::WitnessPolicy& policy_;
  const WitnessedTree& under_;
  const merkle::SignedTree tree_;
  const merkle::TileHashReader hashes_;
  Upgraded done_;
  std::optional<std::pair<std::uint64_t, format::Receipt>> newest_before_;  // batch, as lifted
};

}  // namespace

Result<WitnessedTree> open_witnessed(std::string note, const rules::KeyTimeline& keys,
                                     const format::WitnessPolicy& policy) {
  for (const auto* of : {&keys.history().all(), &keys.history().witness_keys()})
    if (const format::Witness* const one = policy.is_the_log_itself(*of))
      return invalid("the witness " + one->name +
                     " has a key of the log itself: its cosignature says nothing");
  auto opened = verify::open_checkpoint_of(note, keys);
  if (!opened) return explained(std::move(opened).error(), note, keys);
  RETURN_IF_ERROR(verify::demand_quorum(note, policy, keys.history()));
  return WitnessedTree{std::move(opened->checkpoint), std::move(note)};
}

std::unique_ptr<verify::LogSource> log_behind(client::HttpClient client) {
  return std::make_unique<LogBehind>(std::move(client));
}

Result<Upgraded> upgrade_receipts(env::Filesystem& files, const verify::LogSource& log,
                                  const rules::KeyTimeline& keys,
                                  const format::WitnessPolicy& policy, const WitnessedTree& under,
                                  const std::vector<std::uint64_t>& batches) {
  Lifting lifting(files, log, keys, policy, under);
  for (const std::uint64_t batch : batches) RETURN_IF_ERROR(lifting.lift(batch));
  RETURN_IF_ERROR(lifting.compare_with_before());
  return lifting.take();
}

}  // namespace varve::collect
