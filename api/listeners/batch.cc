// Lengths instead of views, because the body grows.
#include "api/listeners/batch.h"

#include "api/ingest/relp_framing.h"
#include "ledger/format/record.h"

namespace varve::api {
bool MessageBatch::add(std::string_view message, std::string_view media_type,
                       std::uint64_t time_us) {
  if (message.size() + media_type.size() + format::kRecordFixedSize > format::kRecordMax)
    return false;
  append(body_, bytes_of(message));
  messages_.push_back({message.size(), media_type, time_us});
  return true;
}

void MessageBatch::answer(std::uint32_t number, unsigned status, std::string_view text) {
  answers_.push_back({number, status, text});
}

void MessageBatch::answer_as_appended(std::uint32_t number) {
  answers_.push_back({number, 0, {}});
}

EventRequest MessageBatch::request(const Hash& key) const {
  EventRequest out;
  out.body = body_;
  out.key = key;
  out.content = key;
  out.events.reserve(messages_.size());
  std::size_t begin = 0;
  for (const Message& message : messages_) {
    out.events.push_back(
        {message.media_type, Bytes{out.body}.subspan(begin, message.length), message.time_us});
    begin += message.length;
  }
  return out;
}

std::string MessageBatch::answers(bool appended) const {
  std::string out;
  for (const Answer& answer : answers_) {
    if (answer.status != 0)
      out += relp_answer(answer.number, answer.status, answer.text);
    else if (appended)
      out += relp_answer(answer.number, kRelpOk, "OK");
    else
      out += relp_answer(answer.number, kRelpRefused, "the log does not take this");
  }
  return out;
}

}  // namespace varve::api
