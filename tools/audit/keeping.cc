// A line a month.
#include "tools/audit/keeping.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "ledger/format/observations.h"
#include "tools/audit/answer_json.h"
#include "tools/audit/lib/directory_source.h"
#include "tools/common/exit_code.h"

namespace varve::audit {
namespace {

constexpr std::size_t kKeepMax = 64u << 10;

Error in_line(std::size_t number, const std::string& why) {
  return invalid("line " + std::to_string(number) + ": " + why);
}

/// A month, or the number of a key period: which of them is right the log says.
Result<void> check_month(const std::string& text) {
  const auto month = format::parse_key_period(text, format::Mode::kLocked);
  if (month || format::parse_key_period(text, format::Mode::kDraft)) return {};
  return month.error();
}

std::string effect_of(KeptLine::Does does) {
  switch (does) {
    case KeptLine::Does::kKeeps:
      return "the mirror keeps it";
    case KeptLine::Does::kWillKeep:
      return "no record of the log disposes of it yet";
    case KeptLine::Does::kNoSuchMonth:
      return "the log has no such month, so the line keeps nothing: mend it";
    case KeptLine::Does::kNothingHere:
      return "this mirror has no event of it any more, so the line keeps nothing: take it out";
  }
  return {};
}

std::string word_of(KeptLine::Does does) {
  switch (does) {
    case KeptLine::Does::kKeeps:
      return "keeps";
    case KeptLine::Does::kWillKeep:
      return "will keep";
    case KeptLine::Does::kNoSuchMonth:
      return "no such month";
    case KeptLine::Does::kNothingHere:
      return "nothing here";
  }
  return {};
}

}  // namespace

Result<Keeping> Keeping::open(const env::Filesystem& mirror) {
  const auto bytes = read_file_of(mirror, kKeepFile);
  if (!bytes && bytes.error().code == Code::kNotFound) return Keeping{};
  if (!bytes) return bytes.error();
  if (bytes->size() > kKeepMax) return invalid("it is longer than 64 KiB");
  Keeping keeping;
  std::string_view rest = text_of(*bytes);
  const bool ends = rest.empty() || rest.ends_with('\n');
  std::size_t number = 1;
  for (; !rest.empty(); ++number) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (line.empty() || line.starts_with('#')) continue;
    const std::size_t space = line.find(' ');
    if (space == std::string_view::npos) return in_line(number, "it does not say who decided");
    const std::string month(line.substr(0, space));
    const std::string who(line.substr(space + 1));
    if (auto fits = check_month(month); !fits) return in_line(number, fits.error().message);
    if (auto fits = format::check_decided_by(who); !fits)
      return in_line(number, fits.error().message);
    if (!keeping.who_.emplace(month, who).second)
      return in_line(number, month + " stands in it twice");
  }
  if (!ends) return in_line(number - 1, "it has no end: the file may be cut off");
  return keeping;
}

Result<std::map<std::uint32_t, std::string>> Keeping::months(format::Mode mode) const {
  std::map<std::uint32_t, std::string> months;
  for (const auto& [text, who] : who_) {
    ASSIGN_OR_RETURN(const std::uint32_t month, format::parse_key_period(text, mode));
    months.emplace(month, who);
  }
  return months;
}

bool Keeping::names(std::uint32_t month) const {
  return who_.contains(format::key_period_text(month, format::Mode::kLocked)) ||
         who_.contains(format::key_period_text(month, format::Mode::kDraft));
}

void add_kept_lines(const std::vector<KeptLine>& lines, Judged judged, Answer& answer) {
  for (const KeptLine& line : lines) {
    const bool keeps = line.does == KeptLine::Does::kKeeps;
    if (keeps && judged == Judged::kYes) continue;
    answer.line.append("\nits file ").append(kKeepFile).append(" has a line of " + line.month);
    answer.line.append(", by " + line.who + ": " + effect_of(line.does));
    if (!keeps && line.does != KeptLine::Does::kWillKeep) answer.exit = tools::kExitKept;
  }
  if (lines.empty()) return;
  answer.json.insert(answer.json.size() - 1,
                     ",\"keep\":" + list_json(lines, [](const KeptLine& line) {
                       return AnswerJson()
                           .add("month", line.month)
                           .add("by", line.who)
                           .add("does", word_of(line.does))
                           .take();
                     }));
}

}  // namespace varve::audit
