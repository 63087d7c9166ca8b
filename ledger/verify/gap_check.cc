// Walks the records of a certificate as the log has them: who the source is, then its seals.
#include "ledger/verify/gap_check.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "ledger/format/gap_certificate.h"
#include "ledger/format/record.h"
#include "ledger/format/seal.h"
#include "ledger/merkle/proof.h"
#include "ledger/rules/source_chain.h"
#include "ledger/rules/source_event.h"
#include "ledger/verify/source_chains.h"
#include "ledger/verify/source_text.h"

namespace varve::verify {
namespace {

using std::to_string;

/// One source as the certificate tells of it.
class GapWalk {
 public:
  GapWalk(std::string_view origin, std::string name, SourceId id) : origin_(origin), id_(id) {
    proven_.source = std::move(name);
  }

  Result<void> take(Bytes bytes, LeafIndex index) {
    ASSIGN_OR_RETURN(const format::Record record, format::decode_record(bytes));
    if (record.kind == format::Kind::kBatchSeal) return take_seal(bytes, index);
    if (record.kind == format::Kind::kSourceEvent) return take_source_event(record);
    return corrupt("it is a " + format::kind_name(record.kind) +
                   ", where a certificate has source events and seals");
  }

  Result<void> take_heartbeat(Bytes bytes) {
    ASSIGN_OR_RETURN(const format::Record record, format::decode_record(bytes));
    if (record.kind != format::Kind::kHeartbeat) return corrupt("it is not a heartbeat");
    ASSIGN_OR_RETURN(const auto says, rules::judge_heartbeat(record, format::Sealer::kSource));
    auto& heard = proven_.heartbeats;
    if (!heard.empty() && record.sequence <= heard.back().sequence)
      return corrupt("it does not come behind the one before it");
    const auto seal =
        std::ranges::lower_bound(seals_, record.sequence, {}, &format::Seal::first_sequence);
    if (record.source != id_ || seal == seals_.end() || seal->first_sequence != record.sequence ||
        seal->count != 1 || seal->root != merkle::leaf_hash(bytes))
      return corrupt("none of the seals is of it alone");
    heard.push_back({record.sequence, record.time_us, says});
    return {};
  }

  Result<ProvenEvents> finish(format::SignedCheckpoint in) {
    if (seals_.empty()) return corrupt("the certificate has no seal");
    proven_.first = seals_.front().first_sequence;
    proven_.count = end_.next_event - proven_.first;
    proven_.batches = seals_.size();
    proven_.first_sealed_us = seals_.front().time_us;
    proven_.last_sealed_us = seals_.back().time_us;
    proven_.in = std::move(in);
    return std::move(proven_);
  }

 private:
  Result<void> take_source_event(const format::Record& record) {
    // A log of before senders had sources may have let a source that seals take such a name.
    constexpr bool kNamesSenders = false;
    if (record.source != format::kLogItself ||
        record.media_type != format::media_type_of(format::Kind::kSourceEvent))
      return corrupt("only the log itself writes source events");
    ASSIGN_OR_RETURN(rules::JudgedSourceEvent judged,
                     rules::judge_source_event(
                         text_of(record.payload), origin_, kNamesSenders, [&](SourceId id) {
                           return id == id_ && key_ ? std::optional(rules::Registered{&*key_})
                                                    : std::nullopt;
                         }));
    if (judged.event.key.name != proven_.source)
      return corrupt("it is about " + judged.event.key.name + ", and the certificate about " +
                     proven_.source);
    if (judged.breach) return corrupt(sentence_of(judged));
    key_ = std::move(judged.event.key);
    return {};
  }

  Result<void> take_seal(Bytes bytes, LeafIndex index) {
    ASSIGN_OR_RETURN(format::Seal seal, format::decode_seal(bytes));
    if (seal.source != id_)
      return corrupt("the seal is of another source: " + source_text(seal.source));
    if (!key_) return corrupt("no record before the seal registers the source");
    if (seals_.empty()) end_ = {seal.sequence, seal.first_sequence, seal.previous};
    RETURN_IF_ERROR(continues(seal));
    ASSIGN_OR_RETURN(const Buffer message, format::seal_message(seal, origin_));
    if (!format::verify_signature(*key_, message, seal.signature))
      return corrupt("batch " + to_string(seal.sequence) +
                     " is not signed by the key that the source had then");
    if (proven_.keys.empty() || proven_.keys.back() != *key_) proven_.keys.push_back(*key_);
    rules::advance(seal, merkle::leaf_hash(bytes),
                   [&](SourceId) -> rules::ChainEnd& { return end_; });
    proven_.last_seal = index;
    seals_.push_back(std::move(seal));
    return {};
  }

  [[nodiscard]] Result<void> continues(const format::Seal& seal) const {
    const auto breach = rules::breach_of(seal, [&](SourceId) {
      return rules::KnownSource{format::Sealer::kSource, end_};
    });
    if (!breach) return {};
    const std::string batch = "batch " + to_string(seal.sequence);
    switch (breach->what) {
      case rules::ChainBreach::kUnregistered:
        break;
      case rules::ChainBreach::kThereAlready:
        return corrupt(batch + " is there twice, or out of order");
      case rules::ChainBreach::kAhead:
        return corrupt("the seal is of " + batch + " where batch " + to_string(breach->expected) +
                       " is next: a batch is missing");
      case rules::ChainBreach::kOtherChain:
        return corrupt(batch + " does not continue the seal before it");
      case rules::ChainBreach::kOtherSealer:
        return corrupt(batch + " was not sealed by the source");
      case rules::ChainBreach::kOtherEvents:
        return corrupt(batch + " begins with event " + to_string(breach->got) + " where event " +
                       to_string(breach->expected) + " is next");
    }
    check_failed("a breach that cannot be", __FILE__, __LINE__);
  }

  std::string origin_;
  SourceId id_;
  std::optional<format::VerifierKey>
      key_;  // that the source has at this place; proven_: that sealed
  rules::ChainEnd end_;
  std::vector<format::Seal> seals_;
  ProvenEvents proven_;
};

Error at(Error why, std::string_view what, std::uint64_t number) {
  return Error{why.code, std::string(what) + " " + to_string(number) + ": " + why.message};
}

}  // namespace

Result<ProvenEvents> verify_gap_certificate(std::string_view text, const Trust& trust) {
  ASSIGN_OR_RETURN(const format::GapCertificate certificate, format::parse_gap_certificate(text));
  ASSIGN_OR_RETURN(VerifiedCheckpoint under, verify_checkpoint(certificate.checkpoint, trust));
  ASSIGN_OR_RETURN(const SourceId id, format::source_id(certificate.source));
  GapWalk walk(trust.origin, certificate.source, id);
  std::vector<merkle::PlacedLeaf> leaves;
  for (const auto& [index, record] : certificate.records) {
    if (auto taken = walk.take(record, index); !taken)
      return at(std::move(taken).error(), "record", index.value);
    leaves.push_back({index, merkle::leaf_hash(record)});
  }
  for (std::size_t k = 0; k < certificate.heartbeats.size(); ++k)
    if (auto taken = walk.take_heartbeat(certificate.heartbeats[k]); !taken)
      return at(std::move(taken).error(), "heartbeat", k);
  if (auto in_tree = merkle::verify_leaves(leaves, under.checkpoint.size, certificate.proof,
                                           under.checkpoint.root);
      !in_tree)
    return corrupt("the records are not proven to be in the log: " + in_tree.error().message);
  return walk.finish({std::move(under.checkpoint), certificate.checkpoint});
}

}  // namespace varve::verify
