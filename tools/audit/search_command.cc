// varve-audit search: which events answer a question, and that no other does. It reads and audits the
// whole log, so its answer is complete whoever serves the records.
#include <algorithm>
#include <deque>

#include "tools/audit/reading.h"
#include "tools/audit/search/row.h"
#include "tools/common/files.h"

namespace varve::audit {
namespace {

/// The events that answer: counted, and the first or the newest of them.
class Found {
 public:
  Found(std::uint64_t most, bool is_newest_first) : most_(most), is_newest_(is_newest_first) {}

  void add(Seen seen) {
    ++count_;
    if (rows_.size() == most_ && !is_newest_) return;
    rows_.push_back(std::move(seen));
    if (rows_.size() > most_) rows_.pop_front();
  }
  [[nodiscard]] std::uint64_t count() const { return count_; }
  std::vector<Row> take(const verify::Intact& intact) {
    std::vector<Row> rows;
    for (Seen& seen : rows_) {
      std::string name = source_name(intact, seen.origin.source);
      rows.push_back({std::move(seen), std::move(name)});
    }
    if (is_newest_) std::ranges::reverse(rows);
    return rows;
  }

 private:
  std::uint64_t most_;
  bool is_newest_;
  std::uint64_t count_ = 0;
  std::deque<Seen> rows_;
};

std::string count_text(std::uint64_t count, std::size_t shown, bool is_newest_first) {
  std::string text = count == 0   ? "no event answers"
                     : count == 1 ? "1 event answers"
                                  : std::to_string(count) + " events answer";
  if (shown == count) return text;
  return text + "; the " + (is_newest_first ? "newest " : "first ") + std::to_string(shown) +
         " are shown (--limit)";
}

}  // namespace

Result<Answer> run_search(const Request& request) {
  ASSIGN_OR_RETURN(const search::Question question, question_of(request.asked));
  Found found(request.asked.limit, request.asked.is_newest_first);
  const auto say = [&](const verify::Intact& intact, const Scan& scan) -> Result<Answer> {
    const std::vector<Row> rows = found.take(intact);
    if (!request.asked.csv_file.empty())
      RETURN_IF_ERROR(tools::replace_file(request.asked.csv_file, bytes_of(csv_of(rows))));
    Answer answer;
    answer.line = intact_line(intact) + "\n" + in_words(question) + ": " +
                  count_text(found.count(), rows.size(), request.asked.is_newest_first);
    if (!rows.empty() && request.asked.csv_file.empty()) answer.line += table_of(rows);
    answer.line += "\n" + scan.text();
    answer.json = intact_json(intact, scan)
                      .add("answers", found.count())
                      .raw("events", list_json(rows, [](const Row& row) { return json_of(row); }))
                      .take();
    return answer;
  };
  return read_events(
      request, question, [&found](Seen seen) { found.add(std::move(seen)); }, say);
}

}  // namespace varve::audit
