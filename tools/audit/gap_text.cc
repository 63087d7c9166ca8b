// A line for what is proven, one for heartbeats, and one for what no certificate can say.
#include "tools/audit/gap_text.h"

#include "ledger/format/record.h"
#include "ledger/verify/source_text.h"
#include "tools/audit/answer_json.h"
#include "tools/audit/lib/record_summary.h"

namespace varve::audit {
namespace {

using std::to_string;

std::string counted(std::uint64_t count, const std::string& one, const std::string& many) {
  return to_string(count) + " " + (count == 1 ? one : many);
}

std::string heartbeat_words(const verify::SealedHeartbeat& heartbeat) {
  return "number " + to_string(heartbeat.sequence) + " of " + when(heartbeat.time_us);
}

std::string heartbeat_line(const verify::ProvenEvents& events) {
  if (events.heartbeats.empty()) return "no heartbeat is in it";
  const auto& heard = events.heartbeats;
  if (heard.size() == 1) return "its one heartbeat: " + heartbeat_words(heard.front());
  return to_string(heard.size()) + " heartbeats: the first " + heartbeat_words(heard.front()) +
         ", the last " + heartbeat_words(heard.back());
}

std::string keys_words(const verify::ProvenEvents& events) {
  std::string words;
  for (const format::VerifierKey& key : events.keys)
    words.append(words.empty() ? "" : ", then ").append(format::format_vkey(key));
  return words;
}

std::string json_of(const verify::SealedHeartbeat& heartbeat) {
  return AnswerJson()
      .add("event", heartbeat.sequence)
      .add("time_us", heartbeat.time_us)
      .add("since_us", heartbeat.says.since_us)
      .add("interval_s", heartbeat.says.interval_s)
      .add("waiting", heartbeat.says.waiting)
      .take();
}

std::string json_of(const verify::ProvenEvents& events) {
  std::string heartbeats;
  for (const verify::SealedHeartbeat& heartbeat : events.heartbeats)
    heartbeats.append(heartbeats.empty() ? "" : ",").append(json_of(heartbeat));
  std::string keys;
  for (const format::VerifierKey& key : events.keys)
    keys.append(keys.empty() ? "" : ",").append(format::json_quoted(format::format_vkey(key)));
  return AnswerJson()
      .add("result", "verified")
      .add("source", events.source)
      .add("first_event", events.first)
      .add("last_event", events.first + events.count - 1)
      .add("events", events.count)
      .add("batches", events.batches)
      .add("gaps", std::uint64_t{0})  // else it is not verified
      .add("first_sealed_us", events.first_sealed_us)
      .add("last_sealed_us", events.last_sealed_us)
      .add("last_seal", events.last_seal.value)
      .raw("keys", "[" + keys + "]")
      .raw("heartbeats", "[" + heartbeats + "]")
      .add("origin", events.in.checkpoint.origin)
      .add("size", events.in.checkpoint.size.value)
      .take();
}

}  // namespace

Answer gap_answer(const verify::ProvenEvents& events) {
  const format::Checkpoint& tree = events.in.checkpoint;
  Answer answer;
  answer.line = "verified: " + events.source + " sealed its events " + to_string(events.first) +
                " to " + to_string(events.first + events.count - 1) +
                " without a gap: " + counted(events.count, "event", "events") + " in " +
                counted(events.batches, "batch", "batches") + ", in " + tree.origin +
                " under the checkpoint of " + to_string(tree.size.value) + " records" +
                "\nsealed from " + when(events.first_sealed_us) + " to " +
                when(events.last_sealed_us) + ", by the source's clock, with " +
                keys_words(events) + "\n" + heartbeat_line(events) +
                "\nwhat the source did not seal, nobody can know from this";
  answer.json = json_of(events);
  return answer;
}

}  // namespace varve::audit
