// varve-audit search: which events answer a question, and that no other does. It reads and audits the
// whole log, so its answer is complete whoever serves the records.
#include <map>

#include "tools/audit/evidence_file.h"
#include "tools/audit/evidence_text.h"
#include "tools/audit/reading.h"
#include "tools/audit/search/row.h"
#include "tools/common/files.h"

namespace varve::audit {
namespace {

constexpr std::uint64_t kShown = 1'000;
constexpr std::uint64_t kInAFile = 100'000;

/// The events that answer: counted, and the first or the newest of them, by their times.
class Found {
 public:
  Found(std::uint64_t most, bool is_newest_first) : most_(most), is_newest_(is_newest_first) {}

  void add(Seen seen) {
    const Place place{search::time_of(seen.view, seen.origin).us, count_++};
    by_time_.emplace(place, std::move(seen));
    if (by_time_.size() <= most_) return;
    by_time_.erase(is_newest_ ? by_time_.begin() : std::prev(by_time_.end()));
  }
  [[nodiscard]] std::uint64_t count() const { return count_; }
  /// In the order that was asked for.
  std::vector<Row> take(const verify::Intact& intact) {
    std::vector<Row> rows;
    for (auto& [place, seen] : by_time_) {
      std::string name = source_name(intact, seen.origin.source);
      rows.push_back({std::move(seen), std::move(name)});
    }
    if (is_newest_) std::ranges::reverse(rows);
    return rows;
  }

 private:
  using Place = std::pair<std::uint64_t, std::uint64_t>;  // time, and the log's order

  std::uint64_t most_;
  bool is_newest_;
  std::uint64_t count_ = 0;
  std::map<Place, Seen> by_time_;
};

std::string count_text(std::uint64_t count, std::size_t shown, const Asked& asked) {
  std::string text = count == 0   ? "no event answers"
                     : count == 1 ? "1 event answers"
                                  : std::to_string(count) + " events answer";
  if (shown == count) return text;
  return text + (asked.is_newest_first ? ", of which the newest " : ", of which the first ") +
         std::to_string(shown) + (asked.csv_file.empty() ? " are shown" : " are in the file") +
         " (--limit)";
}

/// Behind the answer: what of it somebody else can verify.
void add_evidence(const evidence::ProvenAnswer& proven, std::uint64_t found, Answer& answer) {
  const std::uint64_t count = proven.events.size();
  answer.line += "\nevidence of " + std::to_string(count) + " of these events was written";
  if (count < found)
    answer.line += " (" + std::to_string(found - count) + " are in no index that can be opened)";
  answer.line += ": " + completeness_text(proven);
  answer.json.pop_back();
  answer.json += ",\"evidence\":" + completeness_json(proven) + "}";
}

}  // namespace

Result<Answer> run_search(const Request& request) {
  const Asked& asked = request.asked;
  ASSIGN_OR_RETURN(const search::Question question, question_of(asked));
  std::optional<evidence::Asked> for_evidence;
  if (!asked.evidence_file.empty()) {
    ASSIGN_OR_RETURN(for_evidence, askable(asked));
  }
  evidence::SeenIndexes indexes;
  Found found(asked.limit.value_or(asked.csv_file.empty() ? kShown : kInAFile),
              asked.is_newest_first);
  const auto say = [&](const verify::Intact& intact, const Scan& scan) -> Result<Answer> {
    const std::vector<Row> rows = found.take(intact);
    Answer answer;
    answer.line = in_words(scan.question()) + ": " + count_text(found.count(), rows.size(), asked);
    if (!rows.empty() && asked.csv_file.empty()) answer.line += table_of(rows);
    std::string csv = csv_of(rows);
    if (rows.size() < found.count())
      csv += csv_line({count_text(found.count(), rows.size(), asked)});
    if (!asked.csv_file.empty())
      RETURN_IF_ERROR(tools::replace_file(asked.csv_file, bytes_of(csv)));
    answer.json = AnswerJson()
                      .add("answers", found.count())
                      .add("shown", rows.size())
                      .raw("events", list_json(rows, [](const Row& row) { return json_of(row); }))
                      .take();
    if (for_evidence) {
      ASSIGN_OR_RETURN(const auto proven, write_evidence(request, *for_evidence, indexes, intact));
      add_evidence(proven, found.count(), answer);
    }
    return answer;
  };
  verify::LogCheck::Watch watch;
  if (for_evidence) watch = [&indexes](LeafIndex index, Bytes entry) { indexes.see(index, entry); };
  return read_events(
      request, question, [&found](Seen seen) { found.add(std::move(seen)); }, say, watch);
}

}  // namespace varve::audit
