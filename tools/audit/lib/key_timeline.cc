// Walking the key history with nothing but the first key.
#include "tools/audit/lib/key_timeline.h"

#include <span>

#include "ledger/base/text.h"
#include "ledger/format/json.h"
#include "ledger/format/record.h"
#include "ledger/merkle/proof.h"

namespace varve::audit {
namespace {

struct KeyRecord {
  LeafIndex index;
  Buffer record;
  merkle::Proof proof;
};

Result<merkle::Proof> decode_proof(const std::vector<std::string>& texts) {
  merkle::Proof proof;
  for (const std::string& text : texts) {
    ASSIGN_OR_RETURN(const Hash hash, decode_base64_hash(text));
    proof.push_back(hash);
  }
  return proof;
}

Result<std::vector<KeyRecord>> read_events(const format::Json& json) {
  ASSIGN_OR_RETURN(const auto events, json.objects("events"));
  std::vector<KeyRecord> records;
  for (const format::Json& event : events) {
    KeyRecord& next = records.emplace_back();
    ASSIGN_OR_RETURN(next.index.value, event.number("index"));
    ASSIGN_OR_RETURN(next.record, event.base64_bytes("record"));
    ASSIGN_OR_RETURN(const auto proof, event.texts("proof"));
    ASSIGN_OR_RETURN(next.proof, decode_proof(proof));
  }
  return records;
}

Result<void> apply_record(KeyTimeline& timeline, const KeyRecord& event) {
  ASSIGN_OR_RETURN(const format::Record record, format::decode_record(event.record));
  if (record.kind != format::Kind::kKeyEvent || record.source != format::kLogItself ||
      record.media_type != format::media_type_of(format::Kind::kKeyEvent))
    return invalid("record " + std::to_string(event.index.value) + " is not a key event");
  return timeline.apply(event.index, text_of(record.payload));
}

/// The server also says which keys are active and which ever were; it must not say otherwise.
Result<void> compare_lists(const format::Json& json, const format::KeyHistory& history) {
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

KeyTimeline::KeyTimeline(const format::VerifierKey& first)
    : first_(first), history_(format::KeyHistory::trusting(first.name, first)) {}

Result<void> KeyTimeline::apply(LeafIndex index, std::string_view note) {
  if (events_.empty() && index.value != 0)
    return invalid("the first key event must be record 0, not record " +
                   std::to_string(index.value));
  if (!events_.empty() && index <= events_.back().index)
    return invalid("key events must come in the order of the log");
  RETURN_IF_ERROR(history_.apply(note));
  events_.push_back({index, std::string(note)});
  active_after_.push_back(history_.active());
  return {};
}

std::vector<format::VerifierKey> KeyTimeline::active_at(TreeSize size) const {
  std::vector<format::VerifierKey> keys{first_};
  for (std::size_t i = 0; i < events_.size() && contains(size, events_[i].index); ++i)
    keys = active_after_[i];
  return keys;
}

std::vector<format::VerifierKey> KeyTimeline::keys_at(TreeSize size) const {
  std::vector<format::VerifierKey> keys = active_at(size);
  std::erase_if(keys, [&](const auto& key) { return !history_.counts(key, size); });
  return keys;
}

namespace {

using KeysAt = std::vector<format::VerifierKey> (KeyTimeline::*)(TreeSize) const;

Result<SignedCheckpoint> open_with(std::string_view note, const KeyTimeline& keys, KeysAt keys_at) {
  ASSIGN_OR_RETURN(const format::Note parsed, format::parse_note(note));
  ASSIGN_OR_RETURN(const format::Checkpoint claimed, format::parse_checkpoint_text(parsed.text));
  const auto known = (keys.*keys_at)(claimed.size);
  ASSIGN_OR_RETURN(format::Checkpoint checkpoint,
                   format::open_checkpoint(note, keys.origin(), known));
  return SignedCheckpoint{std::move(checkpoint), std::string(note)};
}

}  // namespace

Result<SignedCheckpoint> open_checkpoint_of(std::string_view note, const KeyTimeline& keys) {
  auto opened = open_with(note, keys, &KeyTimeline::keys_at);
  if (!opened) return or_revoked(std::move(opened).error(), note, keys);
  return opened;
}

Result<SignedCheckpoint> open_older_checkpoint(std::string_view note, const KeyTimeline& keys) {
  return open_with(note, keys, &KeyTimeline::active_at);
}

Error or_revoked(Error why, std::string_view note, const KeyTimeline& keys) {
  if (why.code != Code::kCorrupt) return why;
  const auto once = open_older_checkpoint(note, keys);
  if (!once || open_with(note, keys, &KeyTimeline::keys_at)) return why;
  return corrupt("only a key that was revoked signed this checkpoint of " +
                 std::to_string(once->checkpoint.size.value) +
                 " records: its signatures count for earlier ones alone");
}

Result<VerifiedKeys> open_keys(std::string_view json_text, const format::VerifierKey& first) {
  ASSIGN_OR_RETURN(const format::Json json, format::Json::parse(json_text));
  ASSIGN_OR_RETURN(const std::string origin, json.text("origin"));
  if (origin != first.name)
    return invalid("these are the keys of " + origin + ", the trusted key is of " + first.name);
  ASSIGN_OR_RETURN(const auto events, read_events(json));
  KeyTimeline timeline(first);
  for (const KeyRecord& event : events) {
    if (auto applied = apply_record(timeline, event); !applied)
      return std::move(applied).error().during("applying key event " +
                                               std::to_string(event.index.value));
  }
  if (timeline.events().empty()) return invalid("there is not even the first key's event");
  RETURN_IF_ERROR(compare_lists(json, timeline.history()));
  ASSIGN_OR_RETURN(const std::string note, json.text("checkpoint"));
  ASSIGN_OR_RETURN(SignedCheckpoint under, open_checkpoint_of(note, timeline));
  ASSIGN_OR_RETURN(const std::uint64_t size, json.number("tree_size"));
  if (size != under.checkpoint.size.value)
    return corrupt("the tree size beside the keys is not that of their checkpoint");
  RETURN_IF_ERROR(prove_events(events, under.checkpoint));
  return VerifiedKeys{std::move(timeline), std::move(under)};
}

}  // namespace varve::audit
