// By time, and then as text.
#include "tools/audit/found.h"

#include <algorithm>

#include "tools/audit/answer_json.h"
#include "tools/common/files.h"

namespace varve::audit {
namespace {

constexpr std::uint64_t kShown = 1'000;
constexpr std::uint64_t kInAFile = 100'000;

std::string count_text(std::uint64_t count, std::size_t shown, const Asked& asked) {
  std::string text = count == 0   ? "no event answers"
                     : count == 1 ? "1 event answers"
                                  : std::to_string(count) + " events answer";
  if (shown == count) return text;
  return text + (asked.is_newest_first ? ", of which the newest " : ", of which the first ") +
         std::to_string(shown) + (asked.csv_file.empty() ? " are shown" : " are in the file") +
         " (--limit)";
}

}  // namespace

Found::Found(const Asked& asked)
    : asked_(asked), most_(asked.limit.value_or(asked.csv_file.empty() ? kShown : kInAFile)) {}

void Found::add(Seen seen) {
  const Place place{search::time_of(seen.view, seen.origin).us, count_++};
  by_time_.emplace(place, std::move(seen));
  if (by_time_.size() <= most_) return;
  by_time_.erase(asked_.is_newest_first ? by_time_.begin() : std::prev(by_time_.end()));
}

Result<Answer> Found::say(const search::Question& question,
                          const std::function<std::string(SourceId)>& name_of,
                          const std::string& end) {
  std::vector<Row> rows;
  for (auto& [place, seen] : by_time_) {
    std::string name = name_of(seen.origin.source);
    rows.push_back({std::move(seen), std::move(name)});
  }
  if (asked_.is_newest_first) std::ranges::reverse(rows);
  Answer answer;
  answer.line = in_words(question) + ": " + count_text(count_, rows.size(), asked_);
  if (!rows.empty() && asked_.csv_file.empty()) answer.line += table_of(rows);
  if (!asked_.csv_file.empty()) {
    std::string csv = csv_of(rows);
    if (rows.size() < count_) csv += csv_line({count_text(count_, rows.size(), asked_)});
    if (!end.empty()) csv += csv_line({end});
    RETURN_IF_ERROR(tools::replace_file(asked_.csv_file, bytes_of(csv)));
  }
  answer.json = AnswerJson()
                    .add("answers", count_)
                    .add("shown", rows.size())
                    .raw("events", list_json(rows, [](const Row& row) { return json_of(row); }))
                    .take();
  return answer;
}

}  // namespace varve::audit
