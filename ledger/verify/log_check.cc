// One pass over a log.
#include "ledger/verify/log_check.h"

#include <utility>

#include "ledger/format/batch.h"
#include "ledger/format/signed_checkpoint.h"
#include "ledger/merkle/checked.h"
#include "ledger/merkle/proof.h"
#include "ledger/verify/checkpoints.h"
#include "ledger/verify/open_keys.h"

namespace varve::verify {
namespace {

using std::to_string;

constexpr std::string_view kStateMagic = "varve audit state v20\n";
constexpr std::string_view kStateWithKindsMagic = "varve audit state v21\n";  // some not understood
static_assert(kStateMagic.size() == kStateWithKindsMagic.size());
static_assert(
    format::kCriticalKindsWritten == 14,
    "raise both versions: an older program then audits all again, and meets the new kind");
constexpr std::string_view kAnyStateMagic = "varve audit state v";

/// The record's own hash, or the one on its tombstone, which the tree and the seal have to confirm.
Result<Hash> leaf_of(Bytes entry) {
  if (!format::is_tombstone(entry)) return merkle::leaf_hash(entry);
  ASSIGN_OR_RETURN(const format::Tombstone tombstone, format::decode_tombstone(entry));
  return tombstone.leaf;
}

}  // namespace

LogCheck::LogCheck(const format::VerifierKey& first, const LogSource& source, std::uint64_t now_us)
    : first_(first), source_(source), fold_(first), tombstones_(now_us) {}

Error LogCheck::found(Finding finding) {
  finding_ = std::move(finding);
  return corrupt(sentence(*finding_));
}

/// What could not be read is an error; anything else that is wrong is a finding.
Error LogCheck::found(Error error, std::string_view check, std::optional<LeafIndex> index) {
  if (error.code == Code::kIo || error.code == Code::kBusy) return error;
  return found({index, "", std::string(check), std::move(error.message)});
}

Error LogCheck::found(rules::ImpossibleTombstone wrong) {
  return found({wrong.index, "", "tombstone", std::move(wrong.why)});
}

Result<void> LogCheck::begin() {
  ASSIGN_OR_RETURN(const std::string note, source_.checkpoint());
  ASSIGN_OR_RETURN(const std::string keys_text, source_.keys());
  auto keys = open_keys(keys_text, first_);
  if (!keys) return found(std::move(keys).error(), "keys");
  auto newest = open_checkpoint_of(note, keys->timeline);
  if (!newest) return found(std::move(newest).error(), "checkpoint");
  keys_ = std::move(*keys);
  const bool keys_are_newer = keys_->under.checkpoint.size > newest->checkpoint.size;
  target_ = keys_are_newer ? keys_->under : *newest;
  prefixes_ = {keys_are_newer ? *newest : keys_->under};
  if (tree_.size() > target_.checkpoint.size)
    return found({{},
                  "",
                  "checkpoint",
                  "the log has " + to_string(target_.checkpoint.size.value) + " records, " +
                      to_string(tree_.size().value) + " were audited before: it was cut"});
  return {};
}

Result<void> LogCheck::must_extend(std::string_view older_note) {
  CHECK(keys_.has_value());
  auto older = open_older_checkpoint(older_note, keys_->timeline);
  if (!older) return found(std::move(older).error(), "older checkpoint");
  if (older->checkpoint.size > target_.checkpoint.size)
    return found({{},
                  "",
                  "older checkpoint",
                  "the log had " + to_string(older->checkpoint.size.value) +
                      " records then and has " + to_string(target_.checkpoint.size.value) +
                      " now: it was cut"});
  prefixes_.push_back(std::move(*older));
  return {};
}

Result<void> LogCheck::step() {
  CHECK(keys_.has_value() && !done());
  const std::uint64_t index = tree_.size().value / merkle::kTileWidth;
  const std::uint64_t start = index * merkle::kTileWidth;
  const merkle::TileId id{0, index, merkle::tile_width(0, index, target_.checkpoint.size)};
  auto hashes = read_tile(source_, id);
  if (!hashes) return found(std::move(hashes).error(), "tile", LeafIndex{start});
  ASSIGN_OR_RETURN(const Buffer bundle, source_.bundle(id));
  const auto entries = format::split_bundle(bundle, merkle::kTileWidth);
  if (!entries) return found({LeafIndex{start}, "", "bundle", entries.error().message});
  if (entries->size() != id.width)
    return found({LeafIndex{start}, "", "bundle",
                  "the bundle of this record has " + to_string(entries->size()) + " records, not " +
                      to_string(id.width)});
  for (std::uint32_t k = 0; k < id.width; ++k)
    RETURN_IF_ERROR(take(LeafIndex{start + k}, (*entries)[k], (*hashes)[k]));
  return {};
}

Result<void> LogCheck::take(LeafIndex index, Bytes record, const Hash& expected) {
  const auto leaf = leaf_of(record);
  if (!leaf) return found({index, "", "tombstone", leaf.error().message});
  RETURN_IF_ERROR(compare_leaf(index, record, *leaf, expected));
  if (index < end_of(tree_.size())) return take_again(index, record);
  if (auto known = format::expect_known(index, record); !known)
    return newer_than_this(index, *leaf, std::move(known).error());
  if (auto wrong = tombstones_.take(index, record)) return found(std::move(*wrong));
  if (auto finding = fold_.apply(index, record, *leaf)) return found(std::move(*finding));
  if (auto ok = tree_.append(*leaf, source_); !ok)
    return found(std::move(ok).error(), "tile", index);
  if (watch_) watch_(index, record);
  return {};
}

/// Whoever altered a record and its hash together has not made the log newer.
Error LogCheck::newer_than_this(LeafIndex index, const Hash& leaf, Error newer) {
  const merkle::SignedTree tree{target_.checkpoint.size, target_.checkpoint.root};
  const merkle::TileHashReader hashes(tree.size, source_);
  const auto proven = merkle::checked_inclusion(leaf, index, tree, hashes);
  return proven ? std::move(newer) : found(proven.error(), "leaf hash", index);
}

/// It was audited before, the last time as now; but its key may have been destroyed since.
Result<void> LogCheck::take_again(LeafIndex index, Bytes record) {
  if (auto wrong = tombstones_.take_again(index, record)) return found(std::move(*wrong));
  return {};
}

/// With the tile's hash and, where an earlier audit ended within this tile, with what it saw.
Result<void> LogCheck::compare_leaf(LeafIndex index, Bytes record, const Hash& leaf,
                                    const Hash& expected) {
  const std::size_t place = index.value % merkle::kTileWidth;
  const bool seen = index < end_of(tree_.size());
  if (leaf == expected && (!seen || leaf == tree_.open_leaves()[place])) return {};
  const auto decoded = format::decode_record(record);
  return found({index, decoded ? fold_.sources().name_of(decoded->source) : "", "leaf hash",
                "the record is not the one that the tree holds: it was altered"});
}

Result<Intact> LogCheck::finish() {
  CHECK(done());
  if (tree_.root() != target_.checkpoint.root)
    return found({{},
                  "",
                  "root",
                  "the " + to_string(tree_.size().value) +
                      " records make another root than the one that was signed: records and "
                      "hashes were altered together"});
  if (auto ok = tree_.compare_partial_tiles(source_); !ok)
    return found(std::move(ok).error(), "tile");
  if (auto finding = fold_.finish()) return found(std::move(*finding));
  if (auto wrong = tombstones_.finish()) return found(std::move(*wrong));
  if (keys_->timeline.events() != fold_.keys().events())
    return found({{}, "", "keys", "the key history that was given is not the one in the log"});
  RETURN_IF_ERROR(prove_prefixes());
  RETURN_IF_ERROR(prove_renewals());
  RETURN_IF_ERROR(prove_stated_trees());
  rules::DestroyedMonths destroyed = tombstones_.months();
  rules::judge(destroyed, fold_.retention());
  return Intact{target_,
                fold_.sources().batches(),
                fold_.sources().chains(),
                fold_.audit_runs(),
                fold_.grants(),
                fold_.reports(),
                fold_.witnessed(),
                std::move(destroyed),
                fold_.not_understood(),
                fold_.renewals(),
                fold_.retention()};
}

Result<void> LogCheck::prove_prefixes() {
  for (const format::SignedCheckpoint& prefix : prefixes_) {
    const format::Checkpoint& then = prefix.checkpoint;
    const auto held = is_prefix(then.size, then.root);
    if (!held) return found(held.error(), "older checkpoint");
    if (!*held)
      return found(
          {{},
           "",
           "older checkpoint",
           "the log's first " + to_string(then.size.value) +
               " records are not the ones that were signed then: there are two histories"});
  }
  return {};
}

/// Each renewal is of this log's tree, whatever else it says.
Result<void> LogCheck::prove_renewals() {
  for (const RenewalAt& at : fold_.renewals())
    RETURN_IF_ERROR(prove_named(at.index, "renewal", "it is of", at.renewal.size, at.renewal.root));
  return {};
}

/// R6: what was stamped is this log's, and not one that somebody had stamped to make records older.
/// R29: what people approved is this history. And so is what witnesses cosigned.
Result<void> LogCheck::prove_stated_trees() {
  for (const rules::StatedTree& at : fold_.stated())
    RETURN_IF_ERROR(prove_named(at.record, format::kind_name(at.kind), "it is over",
                                at.checkpoint.size, at.checkpoint.root));
  fold_.stated_are_proven();
  return {};
}

/// Record `index` names a tree, which has to be that of the log's first `size` records.
Result<void> LogCheck::prove_named(LeafIndex index, const std::string& check, const char* it_is,
                                   TreeSize size, const Hash& root) {
  const auto held = is_prefix(size, root);
  if (!held) return found(held.error(), check, index);
  if (*held) return {};
  return found({index, "", check,
                std::string(it_is) + " another tree than that of the log's first " +
                    to_string(size.value) + " records"});
}

Result<bool> LogCheck::is_prefix(TreeSize size, const Hash& root) const {
  const format::Checkpoint& now = target_.checkpoint;
  const merkle::TileHashReader hashes(now.size, source_);
  ASSIGN_OR_RETURN(const auto proof, merkle::prove_consistency(size, now.size, hashes));
  return merkle::verify_consistency(size, now.size, proof, root, now.root).has_value();
}

Buffer LogCheck::save() const {
  Buffer out;
  ByteWriter writer(out);
  const bool all_understood = fold_.not_understood().empty();
  writer.text(all_understood ? kStateMagic : kStateWithKindsMagic);
  const std::string key = format::format_vkey(first_);
  writer.u32(static_cast<std::uint32_t>(key.size())).text(key);
  tree_.encode(writer);
  fold_.encode(writer);
  tombstones_.encode(writer);
  if (!all_understood) fold_.encode_not_understood(writer);
  const Hash sum = merkle::sha256(out);
  writer.hash(sum);
  return out;
}

Result<void> LogCheck::resume(Bytes saved) {
  const Error damaged = invalid("the saved state is damaged: delete it and audit from the start");
  if (saved.size() < kHashSize) return damaged;
  ByteReader in(saved.first(saved.size() - kHashSize));
  if (ByteReader(saved.last(kHashSize)).hash() != merkle::sha256(in.rest())) return damaged;
  const std::string_view magic = text_of(in.take(kStateMagic.size()));
  const bool with_kinds = magic == kStateWithKindsMagic;
  if (magic != kStateMagic && !with_kinds && magic.starts_with(kAnyStateMagic))
    return invalid(
        "the saved state is of another version of this program: delete it and audit from the "
        "start");
  if (magic != kStateMagic && !with_kinds) return damaged;
  if (text_of(in.take(in.u32())) != format::format_vkey(first_))
    return invalid("the saved state is of another log or another first key");
  RETURN_IF_ERROR(tree_.decode(in));
  RETURN_IF_ERROR(fold_.decode(in));
  const format::Policy& policy = fold_.retention().policy();
  tombstones_.decode(in, format::key_period(policy, 0).minutes);
  if (with_kinds) RETURN_IF_ERROR(fold_.decode_not_understood(in));
  return in.at_end() ? Result<void>() : damaged;
}

}  // namespace varve::verify
