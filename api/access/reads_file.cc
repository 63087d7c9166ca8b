// Replaced as a whole where it must be durable, and written in place where it need not be.
#include "api/access/reads_file.h"

#include <algorithm>

#include "ledger/base/text.h"
#include "ledger/env/durable.h"

namespace varve::api {
namespace {

constexpr std::string_view kRunning = "varve reads v1\nrunning ";
constexpr std::string_view kEnded = "varve reads v1\nended\n";
constexpr const char* kName = "reads";
constexpr std::size_t kDigits = 20;
constexpr std::uint64_t kReadsFileMax = 2 * kReportsBytesMax;

std::string digits_of(std::uint64_t us) {
  const std::string number = std::to_string(us);
  return std::string(kDigits - number.size(), '0') + number;
}

Error no_such_file() {
  return corrupt("the file reads in the store is not as a server writes it");
}

Result<std::uint64_t> number_of_digits(std::string_view digits) {
  const std::size_t zeros = std::min(digits.find_first_not_of('0'), digits.size() - 1);
  return decode_decimal(digits.substr(zeros));
}

Result<LeftReads> parse_running(std::string_view rest) {
  if (rest.size() != kDigits + 1 || !rest.ends_with('\n')) return no_such_file();
  ASSIGN_OR_RETURN(const std::uint64_t us, number_of_digits(rest.substr(0, kDigits)));
  return LeftReads{us};
}

/// "<kind> <bytes>\n" and the text.
Result<Report> take_report(std::string_view& rest) {
  const std::size_t space = rest.find(' ');
  const std::size_t end = rest.find('\n');
  if (space == std::string_view::npos || end == std::string_view::npos || end < space)
    return no_such_file();
  ASSIGN_OR_RETURN(const std::uint64_t kind, decode_decimal(rest.substr(0, space)));
  ASSIGN_OR_RETURN(const std::uint64_t bytes,
                   decode_decimal(rest.substr(space + 1, end - space - 1)));
  rest.remove_prefix(end + 1);
  const bool is_report =
      kind < UINT8_MAX &&
      format::row_of(static_cast<format::Kind>(kind)).meaning == format::Meaning::kReport;
  if (!is_report || bytes > rest.size()) return no_such_file();
  Report report{static_cast<format::Kind>(kind), std::string(rest.substr(0, bytes))};
  rest.remove_prefix(bytes);
  return report;
}

}  // namespace

std::string running_reads_text(std::uint64_t us) {
  return std::string(kRunning) + digits_of(us) + "\n";
}

std::string ended_reads_text(const std::vector<Report>& reports) {
  std::string text(kEnded);
  for (const Report& report : reports) {
    text.append(std::to_string(format::number_of(report.kind))).append(" ");
    text.append(std::to_string(report.text.size())).append("\n").append(report.text);
  }
  return text;
}

Result<LeftReads> parse_left_reads(std::string_view text) {
  if (text.starts_with(kRunning)) return parse_running(text.substr(kRunning.size()));
  if (!text.starts_with(kEnded)) return no_such_file();
  text.remove_prefix(kEnded.size());
  LeftReads left;
  while (!text.empty()) {
    ASSIGN_OR_RETURN(Report report, take_report(text));
    left.reports.push_back(std::move(report));
  }
  return left;
}

Result<LeftReads> ReadsFile::read() const {
  ASSIGN_OR_RETURN(const Buffer bytes, env::read_whole(files_, kName, kReadsFileMax));
  return parse_left_reads(text_of(bytes));
}

Result<std::string> ReadsFile::keep_aside(std::uint64_t us) {
  std::string kept = std::string(kName) + ".kept-" + digits_of(us);
  RETURN_IF_ERROR(env::keep_aside(files_, kName, kept));
  return kept;
}

Result<void> ReadsFile::begin(std::uint64_t us) {
  return env::write_durably(files_, kName, bytes_of(running_reads_text(us)));
}

Result<void> ReadsFile::advance(std::uint64_t us) {
  ASSIGN_OR_RETURN(const auto file,
                   files_.open_or_create(kName));  // a descriptor a log would be many
  return file->write(ByteOffset{kRunning.size()}, bytes_of(digits_of(us)));
}

Result<void> ReadsFile::end(const std::vector<Report>& reports) {
  return env::write_durably(files_, kName, bytes_of(ended_reads_text(reports)));
}

}  // namespace varve::api
