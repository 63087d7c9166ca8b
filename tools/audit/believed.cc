// A request a page.
#include "tools/audit/believed.h"

#include <algorithm>
#include <map>

#include "ledger/format/json.h"
#include "ledger/index/terms.h"
#include "ledger/verify/source_text.h"
#include "tools/audit/answer_json.h"
#include "tools/audit/ask.h"
#include "tools/audit/found.h"
#include "tools/common/exit_code.h"

namespace varve::audit {
namespace {

using format::Json;

constexpr const char* kPageSize = "1000";

/// With all that is asked, and the cursor of the page before.
Result<std::string> question_json(const Asked& asked, const std::string& cursor) {
  AnswerJson json;
  for (std::size_t i = 0; i < search::kFields.size(); ++i) {
    ASSIGN_OR_RETURN(const std::vector<std::string> values, asked_values(asked, i));
    if (!values.empty()) json.raw(search::kFields[i].name, list_json(values, &format::json_quoted));
  }
  if (!asked.source.empty()) json.add(index::kSourceField, asked.source);
  if (!asked.from.empty()) json.add("from", asked.from);
  if (!asked.until.empty()) json.add("until", asked.until);
  if (asked.is_emergency) json.raw("emergency", "true");
  if (!cursor.empty()) json.add("cursor", cursor);
  return json.add("order", "newest").raw("limit", kPageSize).raw("events", "true").take();
}

Error strange(const std::string& what) {
  return corrupt("the server's answer cannot be right: " + what);
}

/// What all pages say together.
class Pages {
 public:
  explicit Pages(const Request& request, search::Question question)
      : asked_(request.asked), question_(std::move(question)), found_(request.asked) {}

  /// The cursor of the next page; empty: it was the last.
  Result<std::string> take(std::string_view text) {
    ASSIGN_OR_RETURN(const Json page, Json::parse(text));
    ASSIGN_OR_RETURN(const Json::Array events, page.objects("events"));
    RETURN_IF_ERROR(take_range(page));
    for (const Json& event : events) RETURN_IF_ERROR(take_event(event));
    ASSIGN_OR_RETURN(const std::uint64_t may_answer, page.number("may_answer"));
    may_answer_ += may_answer;
    gone_ += page.number("gone") ? *page.number("gone") : 0;
    const auto some = page.boolean("some_are_gone");
    some_are_gone_ = some_are_gone_ || (some && *some);
    reads_all_ = reads_all_ && !page.has("some_are_gone");
    is_damaged_ = is_damaged_ || page.has("unreadable");
    if (!page.has("next")) return std::string();
    return page.text("next");
  }

  Result<Answer> say() {
    const std::string whose = "the server's word, about " + what();
    std::string end = whose + rest();
    std::ranges::replace(end, '\n', ';');  // a line of a file
    ASSIGN_OR_RETURN(Answer answer,
                     found_.say(
                         question_, [this](SourceId source) { return names_.at(source); }, end));
    answer.line += "\n" + whose +
                   ": each event above answers, as this program reads it. Nobody has checked that "
                   "they are in the log and that none is left out: leave out --believe-server" +
                   rest();
    if (left_out_ != 0) answer.exit = tools::exit_code(Code::kIo);
    if (is_gone()) answer.exit = tools::kExitGone;
    if (is_damaged_) answer.exit = tools::exit_code(Code::kCorrupt);
    answer.json.pop_back();
    answer.json += ",\"believed\":true,\"searched\":" + std::to_string(size_) +
                   ",\"all_sources\":" + (reads_all_ ? "true" : "false") +
                   ",\"may_answer\":" + std::to_string(may_answer_) +
                   ",\"left_out\":" + std::to_string(left_out_) +
                   ",\"gone\":" + std::to_string(gone_) +
                   ",\"some_are_gone\":" + (is_gone() ? "true" : "false") +
                   ",\"damaged\":" + (is_damaged_ ? "true" : "false") + "}";
    return answer;
  }

 private:
  [[nodiscard]] bool is_gone() const { return gone_ != 0 || some_are_gone_; }

  /// Which events were looked at.
  [[nodiscard]] std::string what() const {
    return reads_all_
               ? of_records(size_)
               : "the events of the sources that this token may read, in " + of_records(size_);
  }

  [[nodiscard]] std::string rest() const {
    std::string text;
    if (!asked_.source.empty() && found_.count() == 0)
      text +=
          "\na source that the log does not know, or that this token may not read, looks the "
          "same as one whose events do not answer: look at the name";
    if (may_answer_ != 0)
      text += "\nmay match: " + of_records(may_answer_) +
              ", because not all of them was understood, or some of it was not read";
    if (left_out_ != 0)
      text += "\n" + std::to_string(left_out_) +
              " more events answer, in records that have too many for one answer";
    if (is_gone()) text += "\nsome records were disposed of: of those nothing can be said";
    if (is_damaged_)
      text += "\nsome records are damaged, the server says: of those nothing can be said";
    return text;
  }

  /// The newest records come first: each page ends where the one before it began.
  Result<void> take_range(const Json& page) {
    ASSIGN_OR_RETURN(const Json searched, page.object("searched"));
    ASSIGN_OR_RETURN(const std::uint64_t first, searched.number("first"));
    ASSIGN_OR_RETURN(const std::uint64_t end, searched.number("end"));
    if (!begin_) last_ = size_ = begin_.emplace(end);
    if (end != *begin_ || first > end) return strange("its pages leave records out");
    if (page.has("next") == (first == 0) || (page.has("next") && first == end))
      return strange("its pages do not end with the first record");
    begin_ = first;
    return {};
  }

  /// With the first event of a record comes the record.
  Result<void> take_event(const Json& event) {
    ASSIGN_OR_RETURN(const std::uint64_t index, event.number("record"));
    ASSIGN_OR_RETURN(const std::uint64_t number, event.number("event"));
    ASSIGN_OR_RETURN(const std::string source, event.text("source"));
    if (event.has("bytes")) RETURN_IF_ERROR(take_record(event, LeafIndex{index}));
    if (index != last_ || number <= last_event_)
      return strange("an event comes without its record");
    last_event_ = number;
    RETURN_IF_ERROR(judge(LeafIndex{index}, number));
    const auto named = format::source_id(source);
    names_[origin_.source] =
        named && *named == origin_.source ? source : verify::source_text(origin_.source);
    if (const auto left_out = event.number("events_left_out")) left_out_ += *left_out;
    return {};
  }

  Result<void> take_record(const Json& event, LeafIndex index) {
    ASSIGN_OR_RETURN(const Buffer bytes, event.base64_bytes("bytes"));
    if (index.value < *begin_ || index.value >= last_)
      return strange("a record comes twice or is not asked for");
    const auto record = format::decode_record(bytes);
    if (!record) return strange("an event comes without its record");
    last_ = index.value;
    last_event_ = 0;
    origin_ = {record->source, record->time_us};
    said_ = record->kind == format::Kind::kEvent ? search::extraction_of(*record)
                                                 : events::Extraction{};
    return {};
  }

  Result<void> judge(LeafIndex index, std::uint64_t number) {
    if (number > said_.events.size() ||
        search::judge(question_, said_, said_.events[number - 1], origin_) != search::Verdict::kYes)
      return strange("event " + std::to_string(number) + " of record " +
                     std::to_string(index.value) + " does not answer");
    const std::size_t of = said_.events.size();
    found_.add({index, number - 1, of, origin_, std::move(said_.events[number - 1])});
    return {};
  }

  const Asked& asked_;
  search::Question question_;
  Found found_;
  std::map<SourceId, std::string> names_;
  std::optional<std::uint64_t> begin_;  // of the page before
  std::uint64_t size_ = 0;              // records below it were searched
  std::uint64_t last_ = 0;              // record that came last,
  std::uint64_t last_event_ = 0;        // and its event, from 1
  search::Origin origin_;               // of that record,
  events::Extraction said_;             // and what it says
  std::uint64_t left_out_ = 0;          // events of large records
  std::uint64_t may_answer_ = 0;
  std::uint64_t gone_ = 0;
  bool some_are_gone_ = false;
  bool reads_all_ = true;  // sources: whoever reads some is told less of what is gone
  bool is_damaged_ = false;
};

}  // namespace

Result<Answer> ask_the_server(const Request& request) {
  if (!request.asked.evidence_file.empty())
    return invalid("--evidence needs an audit: leave out --believe-server");
  ASSIGN_OR_RETURN(const search::Question question, question_of(request.asked));
  ASSIGN_OR_RETURN(const RemoteLog log, open_remote(request));
  Pages pages(request, question);
  std::string cursor;
  do {
    ASSIGN_OR_RETURN(const std::string asked, question_json(request.asked, cursor));
    ASSIGN_OR_RETURN(const std::string page, log.ask("search", asked));
    ASSIGN_OR_RETURN(cursor, pages.take(page));
  } while (!cursor.empty());
  return pages.say();
}

}  // namespace varve::audit
