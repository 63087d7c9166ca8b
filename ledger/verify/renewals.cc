// One walk over all records, and what is checked of a statement.
#include "ledger/verify/renewals.h"

#include <algorithm>

#include "ledger/format/batch.h"
#include "ledger/format/record.h"
#include "ledger/rules/renewal_rules.h"

namespace varve::verify {
namespace {

Result<format::RenewedLeaves> add_entry(format::RenewalBuilder& builder, Bytes entry) {
  if (!format::is_tombstone(entry)) return builder.add(entry);
  ASSIGN_OR_RETURN(const format::Tombstone tombstone, format::decode_tombstone(entry));
  return builder.add_destroyed(tombstone.leaf);
}

Result<void> may_be(const std::optional<rules::ImpossibleTombstone>& wrong) {
  if (!wrong) return {};
  return corrupt("record " + std::to_string(wrong->index.value) + ": tombstone: " + wrong->why);
}

}  // namespace

Result<OpenedRenewal> open_renewal(std::string_view statement, const Trust& trust) {
  ASSIGN_OR_RETURN(const ProvenRange range, verify_proof_file(statement, trust, {}, {}));
  ASSIGN_OR_RETURN(const format::Record record, format::decode_record(range.records.front()));
  if (record.kind != format::Kind::kRenewal || record.source != format::kLogItself ||
      record.media_type != format::media_type_of(format::Kind::kRenewal))
    return invalid("record " + std::to_string(range.first.value) + " is not a renewal");
  const auto known = trust.keys ? trust.keys->keys_at(size_before(range.first))
                                : std::vector<format::VerifierKey>{trust.key};
  ASSIGN_OR_RETURN(rules::JudgedRenewal judged,
                   rules::judge_renewal(text_of(record.payload), trust.origin, range.first, known));
  if (judged.breach == rules::RenewalBreach::kOtherLog)
    return corrupt("the renewal is of " + judged.renewal.origin);
  if (judged.breach == rules::RenewalBreach::kOfTheFuture)
    return corrupt("the renewal is of more records than are before it");
  if (judged.breach == rules::RenewalBreach::kUnsigned)
    return or_unknown_key(corrupt("the renewal: " + judged.why), judged.note,
                          size_before(range.first), trust);
  return OpenedRenewal{range.first, std::move(judged.renewal), {range.in, range.note}};
}

Result<format::Renewal> renew(const LogSource& source, TreeSize in, TreeSize size,
                              const std::string& origin, const merkle::HashFunction& function,
                              rules::TombstoneCheck& tombstones, const EachRenewed& each) {
  format::RenewalBuilder builder(origin, function);
  for (std::uint64_t at = 0; at < size.value; at += merkle::kTileWidth) {
    const std::uint64_t tile = at / merkle::kTileWidth;
    const merkle::TileId id{0, tile, merkle::tile_width(0, tile, in)};
    ASSIGN_OR_RETURN(const Buffer bundle, source.bundle(id));
    const auto entries = format::split_bundle(bundle, merkle::kTileWidth);
    if (!entries || entries->size() != id.width)
      return corrupt("the bundle of record " + std::to_string(at) + " does not hold " +
                     std::to_string(id.width) + " records");
    const std::uint64_t wanted = std::min<std::uint64_t>(id.width, size.value - at);
    for (std::uint64_t k = 0; k < wanted; ++k) {
      RETURN_IF_ERROR(may_be(tombstones.take({at + k}, (*entries)[k])));
      ASSIGN_OR_RETURN(const format::RenewedLeaves leaves, add_entry(builder, (*entries)[k]));
      RETURN_IF_ERROR(each(leaves));
    }
  }
  RETURN_IF_ERROR(may_be(tombstones.finish()));
  return builder.renewal();
}

Result<OpenedRenewal> verify_renewal_proof(std::string_view text, const ProvenRange& range,
                                           const Trust& trust) {
  ASSIGN_OR_RETURN(const format::RenewalProof proof, format::parse_renewal_proof(text));
  ASSIGN_OR_RETURN(OpenedRenewal opened, open_renewal(proof.statement, trust));
  if (proof.first != range.first)
    return invalid("the proof of renewal is of record " + std::to_string(proof.first.value) +
                   ", the receipt of record " + std::to_string(range.first.value));
  const std::vector<Bytes> records(range.records.begin(), range.records.end());
  RETURN_IF_ERROR(format::verify_renewed(opened.renewal, proof, records, range.in));
  if (opened.renewal.size == range.in.size && opened.renewal.root != range.in.root)
    return corrupt("the renewal names another root than the checkpoint of the same size");
  return opened;
}

}  // namespace varve::verify
