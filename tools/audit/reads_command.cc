// varve-audit reads: an audit of the whole log, and what its records say of those who read it.
#include <algorithm>

#include "ledger/format/record.h"
#include "ledger/format/tombstone.h"
#include "tools/audit/answer_json.h"
#include "tools/audit/ask.h"
#include "tools/audit/gone.h"
#include "tools/audit/report_text.h"

namespace varve::audit {
namespace {

bool covers(const format::Access& access, LeafIndex index) {
  return std::ranges::any_of(access.readings, [index](const format::Reading& reading) {
    return std::ranges::any_of(reading.read, [index](const format::IndexRange& range) {
      return range.first <= index && index <= range.last;
    });
  });
}

/// What was asked for of the records that the audit meets.
class ReadsList {
 public:
  explicit ReadsList(const Request& request) : request_(request) {}

  /// Of a record that the audit found good.
  void see(LeafIndex index, Bytes entry) {
    if (format::is_tombstone(entry)) return;
    const auto record = format::decode_record(entry);
    if (!record || format::row_of(record->kind).meaning != format::Meaning::kReport) return;
    const std::string_view payload = text_of(record->payload);
    if (record->kind == format::Kind::kAccess)
      see_access(index, *format::parse_access(payload));
    else if (record->kind == format::Kind::kRefusal)
      see_refusals(index, *format::parse_refusals(payload));
    else
      see_loss(index, *format::parse_loss(payload));
  }

  [[nodiscard]] Answer answer(const verify::Intact& intact) const {
    const format::Checkpoint& tree = intact.checkpoint.checkpoint;
    Answer answer;
    answer.line = verdict(intact.destroyed) + ": " + std::to_string(tree.size.value) +
                  " records of " + tree.origin + lines_;
    if (lines_.empty()) answer.line.append("\nno record says that anybody read it so");
    answer.json = AnswerJson()
                      .add("result", result_word(intact.destroyed))
                      .add("origin", tree.origin)
                      .add("size", tree.size.value)
                      .add("unreadable", events_gone(intact.destroyed))
                      .raw("destroyed", months_json(intact.destroyed))
                      .raw("access", "[" + access_ + "]")
                      .raw("refusals", "[" + refusals_ + "]")
                      .raw("losses", "[" + losses_ + "]")
                      .take();
    add_gone(intact.destroyed, answer);
    return answer;
  }

 private:
  void see_access(LeafIndex index, const format::Access& access) {
    const bool is_asked_for =
        (!request_.index || covers(access, LeafIndex{*request_.index})) &&
        (request_.client.empty() || access.reader.client == format::report_value(request_.client));
    if (is_asked_for) add(index, access_lines(access), access_members(access), access_);
  }

  /// They say of no record who asked for it.
  void see_refusals(LeafIndex index, const format::Refusals& refusals) {
    const bool names_client =
        std::ranges::any_of(refusals.refused, [&](const format::RefusedCount& one) {
          return one.what.client == format::report_value(request_.client);
        });
    if (!request_.index && (request_.client.empty() || names_client))
      add(index, refusals_lines(refusals), refusals_members(refusals), refusals_);
  }

  /// Whatever was asked for may be missing.
  void see_loss(LeafIndex index, const format::Loss& loss) {
    add(index, loss_line(loss), loss_members(loss), losses_);
  }

  void add(LeafIndex index, std::string lines, const std::string& members, std::string& list) {
    lines.pop_back();
    lines_.append("\nrecord ").append(std::to_string(index.value)).append(": ").append(lines);
    list.append(list.empty() ? "" : ",").append("{\"record\":");
    list.append(std::to_string(index.value)).append(",").append(members).append("}");
  }

  const Request& request_;
  std::string lines_;
  std::string access_;
  std::string refusals_;
  std::string losses_;
};

}  // namespace

Result<Answer> run_reads(const Request& request) {
  ReadsList list(request);
  ASSIGN_OR_RETURN(const Opened opened, open_source(request));
  return audit_source(
      request, *opened.source,
      [&list](const verify::Intact& intact) -> Result<Answer> { return list.answer(intact); },
      [&list](LeafIndex index, Bytes entry) { list.see(index, entry); });
}

}  // namespace varve::audit
