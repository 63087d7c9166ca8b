// Walking the key history with nothing but the first key.
#include "ledger/verify/open_keys.h"

#include <string>
#include <utility>
#include <vector>

#include "ledger/format/json.h"
#include "ledger/format/record.h"
#include "ledger/merkle/proof.h"
#include "ledger/verify/checkpoints.h"
#include "ledger/verify/json_members.h"

namespace varve::verify {
namespace {

struct KeyRecord {
  LeafIndex index;
  Buffer record;
  merkle::Proof proof;
};

Result<std::vector<KeyRecord>> read_events(const format::Json& json) {
  ASSIGN_OR_RETURN(const auto events, json.objects("events"));
  std::vector<KeyRecord> records;
  for (const format::Json& event : events) {
    KeyRecord& next = records.emplace_back();
    ASSIGN_OR_RETURN(next.index.value, event.number("index"));
    ASSIGN_OR_RETURN(next.record, event.base64_bytes("record"));
    ASSIGN_OR_RETURN(next.proof, proof_member(event));
  }
  return records;
}

Result<void> apply_record(rules::KeyTimeline& timeline, const KeyRecord& event) {
  ASSIGN_OR_RETURN(const format::Record record, format::decode_record(event.record));
  const format::KindRow kind = format::row_of(record.kind);
  if (kind.meaning != format::Meaning::kKeys || record.source != format::kLogItself ||
      record.media_type != kind.media_type)
    return invalid("record " + std::to_string(event.index.value) + " is not a key event");
  RETURN_IF_ERROR(format::expect_kind_of_key_event(record.kind, text_of(record.payload)));
  return timeline.apply(event.index, text_of(record.payload));
}

/// The server also says which keys are active and which ever were; it must not say otherwise.
Result<void> compare_lists(const format::Json& json, const rules::KeyHistory& history) {
  const auto same = [](const std::vector<std::string>& said,
                       const std::vector<format::VerifierKey>& found) {
    std::vector<std::string> texts;
    for (const format::VerifierKey& key : found) texts.push_back(format::format_vkey(key));
    return said == texts;
  };
  ASSIGN_OR_RETURN(const auto active, json.texts("active"));
  ASSIGN_OR_RETURN(const auto all, json.texts("all"));
  if (!same(active, history.active()) || !same(all, history.all()))
    return corrupt("the keys it lists are not the ones that its key events make");
  return {};
}

Result<void> prove_events(const std::vector<KeyRecord>& events, const format::Checkpoint& in) {
  for (const KeyRecord& event : events) {
    auto proven = merkle::verify_inclusion(merkle::leaf_hash(event.record), event.index, in.size,
                                           event.proof, in.root);
    if (!proven)
      return corrupt("key event " + std::to_string(event.index.value) +
                     " is not proven to be in the log: " + proven.error().message);
  }
  return {};
}

}  // namespace

Result<VerifiedKeys> open_keys(std::string_view json_text, const format::VerifierKey& first) {
  ASSIGN_OR_RETURN(const format::Json json, format::Json::parse(json_text));
  ASSIGN_OR_RETURN(const std::string origin, json.text("origin"));
  if (origin != first.name)
    return invalid("these are the keys of " + origin + ", the trusted key is of " + first.name);
  ASSIGN_OR_RETURN(const auto events, read_events(json));
  rules::KeyTimeline timeline(first);
  for (const KeyRecord& event : events) {
    if (auto applied = apply_record(timeline, event); !applied)
      return std::move(applied).error().during("applying key event " +
                                               std::to_string(event.index.value));
  }
  if (timeline.events().empty()) return invalid("there is not even the first key's event");
  RETURN_IF_ERROR(compare_lists(json, timeline.history()));
  ASSIGN_OR_RETURN(const std::string note, json.text("checkpoint"));
  ASSIGN_OR_RETURN(format::SignedCheckpoint under, open_checkpoint_of(note, timeline));
  ASSIGN_OR_RETURN(const std::uint64_t size, json.number("tree_size"));
  if (size != under.checkpoint.size.value)
    return corrupt("the tree size beside the keys is not that of their checkpoint");
  RETURN_IF_ERROR(prove_events(events, under.checkpoint));
  return VerifiedKeys{std::move(timeline), std::move(under)};
}

}  // namespace varve::verify
