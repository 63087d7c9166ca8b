// A line a month.
#include "tools/audit/keeping.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "ledger/format/observations.h"
#include "tools/audit/lib/directory_source.h"

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

}  // namespace

Result<Keeping> Keeping::open(const env::Filesystem& mirror) {
  const auto bytes = read_file_of(mirror, kKeepFile);
  if (!bytes && bytes.error().code == Code::kNotFound) return Keeping{};
  if (!bytes) return bytes.error();
  if (bytes->size() > kKeepMax) return invalid("it is longer than 64 KiB");
  Keeping keeping;
  std::string_view rest = text_of(*bytes);
  for (std::size_t number = 1; !rest.empty(); ++number) {
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

}  // namespace varve::audit
