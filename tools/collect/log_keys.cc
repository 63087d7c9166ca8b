// The walk over key events.
#include "tools/collect/log_keys.h"

#include <algorithm>

#include "ledger/base/text.h"
#include "ledger/format/checkpoint.h"
#include "ledger/format/record.h"
#include "ledger/merkle/proof.h"
#include "tools/client/problem.h"
#include "tools/collect/durable.h"
#include "tools/collect/layout.h"
#include "tools/common/json.h"

namespace varve::collect {
namespace {

constexpr std::size_t kReplyMax = 64u << 20;

struct ProvenRecord {
  LeafIndex index;
  Buffer record;
  merkle::Proof proof;
};

Result<ProvenRecord> parse_event(const tools::Json& json) {
  ProvenRecord event;
  ASSIGN_OR_RETURN(event.index.value, json.number("index"));
  ASSIGN_OR_RETURN(event.record, json.base64_bytes("record"));
  ASSIGN_OR_RETURN(const std::vector<std::string> hashes, json.texts("proof"));
  for (const std::string& text : hashes) {
    ASSIGN_OR_RETURN(const Hash hash, decode_base64_hash(text));
    event.proof.push_back(hash);
  }
  return event;
}

Result<void> apply_event(format::KeyHistory& history, const ProvenRecord& event) {
  ASSIGN_OR_RETURN(const format::Record record, format::decode_record(event.record));
  if (record.kind != format::Kind::kKeyEvent || record.source != format::kLogItself)
    return corrupt("record " + std::to_string(event.index.value) + " is not a key event");
  return history.apply(text_of(record.payload));
}

Result<void> apply_in_order(format::KeyHistory& history, const std::vector<ProvenRecord>& events) {
  if (events.empty() || events.front().index != LeafIndex{0})
    return corrupt("the log's list of keys does not begin with its first record");
  for (std::size_t i = 0; i < events.size(); ++i) {
    if (i > 0 && events[i].index <= events[i - 1].index)
      return corrupt("the log's list of keys is out of order");
    RETURN_IF_ERROR(apply_event(history, events[i]));
  }
  return {};
}

}  // namespace

Result<format::KeyHistory> verify_keys(std::string_view reply, const format::VerifierKey& first) {
  ASSIGN_OR_RETURN(const tools::Json json, tools::Json::parse(reply));
  ASSIGN_OR_RETURN(const std::vector<tools::Json> list, json.objects("events"));
  std::vector<ProvenRecord> events;
  for (const tools::Json& one : list) {
    ASSIGN_OR_RETURN(ProvenRecord event, parse_event(one));
    events.push_back(std::move(event));
  }
  format::KeyHistory history = format::KeyHistory::trusting(first.name, first);
  RETURN_IF_ERROR(apply_in_order(history, events));
  ASSIGN_OR_RETURN(const std::string note, json.text("checkpoint"));
  ASSIGN_OR_RETURN(const format::Checkpoint checkpoint,
                   format::open_checkpoint(note, first.name, history.active()));
  for (const ProvenRecord& event : events)
    RETURN_IF_ERROR(merkle::verify_inclusion(merkle::leaf_hash(event.record), event.index,
                                             checkpoint.size, event.proof, checkpoint.root));
  return history;
}

LogKeys::LogKeys(env::Filesystem& files, format::VerifierKey first)
    : files_(files), first_(std::move(first)), known_{first_} {}

Result<LogKeys> LogKeys::load(env::Filesystem& files, format::VerifierKey first) {
  LogKeys keys(files, std::move(first));
  Result<Buffer> stored = read_whole(files, kLogKeysPath, kReplyMax);
  if (!stored && stored.error().code == Code::kNotFound) return keys;
  if (!stored) return std::move(stored).error();
  Result<format::KeyHistory> history = verify_keys(text_of(*stored), keys.first_);
  if (!history)
    return corrupt(std::string(kLogKeysPath) +
                   " does not follow from the log's first key: " + history.error().message);
  keys.known_ = history->all();
  return keys;
}

Result<void> LogKeys::refresh(client::HttpClient& log) {
  ASSIGN_OR_RETURN(const client::HttpResponse reply, client::expect_success(log.get("/keys")));
  ASSIGN_OR_RETURN(const format::KeyHistory history, verify_keys(reply.body, first_));
  const std::vector<format::VerifierKey>& all = history.all();
  if (all.size() < known_.size() ||
      !std::ranges::equal(known_, std::span(all).first(known_.size())))
    return corrupt("the log no longer shows a key that it proved before");
  RETURN_IF_ERROR(write_durably(files_, kLogKeysPath, bytes_of(reply.body)));
  known_ = all;
  return {};
}

}  // namespace varve::collect
