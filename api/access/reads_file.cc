// Replaced as a whole where it must be durable, and written in place where it need not be.
#include "api/access/reads_file.h"

#include <openssl/crypto.h>

#include <algorithm>

#include "ledger/base/text.h"
#include "ledger/env/durable.h"

namespace varve::api {
namespace {

constexpr std::string_view kBegin = "varve reads v2\nsecret ";
constexpr std::string_view kMac = "mac ";
constexpr std::string_view kRunning = "running ";
constexpr std::string_view kEnded = "ended\n";
constexpr const char* kName = "reads";
constexpr std::size_t kDigits = 20;
constexpr std::size_t kMacDigits = 64;
// Up to the digits of the MAC, which change with what follows them.
constexpr std::size_t kBeforeMac = kBegin.size() + kDigits + 1 + kMac.size();
constexpr std::uint64_t kReadsFileMax = 2 * kReportsBytesMax;

std::string digits_of(std::uint64_t us) {
  const std::string number = std::to_string(us);
  return std::string(kDigits - number.size(), '0') + number;
}

Error no_such_file() {
  return corrupt("the file reads in the store is not as a server writes it");
}

/// Bytes that are the same for one key, and what `body` is authenticated with in front of it.
std::string head_of(const ReadsKey& key) {
  return std::string(kBegin) + digits_of(key.secret.value) + "\n";
}

std::string mac_of(const ReadsKey& key, std::string_view body) {
  return hex(key.authenticate(head_of(key).append(body)).view());
}

std::string whole(const ReadsKey& key, std::string_view body) {
  return head_of(key).append(kMac).append(mac_of(key, body)).append("\n").append(body);
}

std::string running_body(std::uint64_t us) {
  return std::string(kRunning) + digits_of(us) + "\n";
}

void append_reports(std::string& body, const std::vector<Report>& reports) {
  for (const Report& report : reports) {
    body.append(std::to_string(format::number_of(report.kind))).append(" ");
    body.append(std::to_string(report.text.size())).append("\n").append(report.text);
  }
}

/// In a time that does not tell how much of it is right.
bool same_mac(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

Result<std::uint64_t> number_of_digits(std::string_view digits) {
  const std::size_t zeros = std::min(digits.find_first_not_of('0'), digits.size() - 1);
  return decode_decimal(digits.substr(zeros));
}

/// The time behind "running ".
Result<std::uint64_t> take_time(std::string_view& rest) {
  if (rest.size() <= kDigits || rest[kDigits] != '\n') return no_such_file();
  ASSIGN_OR_RETURN(const std::uint64_t us, number_of_digits(rest.substr(0, kDigits)));
  rest.remove_prefix(kDigits + 1);
  return us;
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

std::string running_reads_text(const ReadsKey& key, std::uint64_t us,
                               const std::vector<Report>& spooled) {
  std::string body = running_body(us);
  append_reports(body, spooled);
  return whole(key, body);
}

std::string ended_reads_text(const ReadsKey& key, const std::vector<Report>& reports) {
  std::string body(kEnded);
  append_reports(body, reports);
  return whole(key, body);
}

Result<LeftReads> parse_left_reads(std::string_view text,
                                   const std::function<Result<ReadsKey>(LeafIndex)>& key_of) {
  const std::size_t body_at = kBeforeMac + kMacDigits + 1;
  if (text.size() < body_at || !text.starts_with(kBegin)) return no_such_file();
  ASSIGN_OR_RETURN(const std::uint64_t secret,
                   number_of_digits(text.substr(kBegin.size(), kDigits)));
  ASSIGN_OR_RETURN(const ReadsKey key, key_of({secret}));
  const std::string_view mac = text.substr(kBeforeMac, kMacDigits);
  std::string_view body = text.substr(body_at);
  const std::string expected = head_of(key).append(kMac).append(mac).append("\n");
  if (!text.starts_with(expected)) return no_such_file();
  if (!same_mac(mac, mac_of(key, body)))
    return corrupt("the file reads in the store was not written by a server of this log");
  LeftReads left;
  if (body.starts_with(kRunning)) {
    body.remove_prefix(kRunning.size());
    ASSIGN_OR_RETURN(left.lost_since_us, take_time(body));
  } else if (body.starts_with(kEnded)) {
    body.remove_prefix(kEnded.size());
  } else {
    return no_such_file();
  }
  while (!body.empty()) {
    ASSIGN_OR_RETURN(Report report, take_report(body));
    left.reports.push_back(std::move(report));
  }
  return left;
}

Result<LeftReads> ReadsFile::read() const {
  ASSIGN_OR_RETURN(const Buffer bytes, env::read_whole(files_, kName, kReadsFileMax));
  return parse_left_reads(text_of(bytes),
                          [this](LeafIndex secret) { return reads_key_of(log_, secret); });
}

Result<std::string> ReadsFile::keep_aside(std::uint64_t us) {
  std::string kept = std::string(kName) + ".kept-" + digits_of(us);
  RETURN_IF_ERROR(env::keep_aside(files_, kName, kept));
  return kept;
}

// A token that is away later has given the key before. The key of the month before does until it gives another.
Result<void> ReadsFile::run(std::uint64_t us, const std::vector<Report>& spooled) {
  std::optional<ReadsKey> key = key_;
  if (!key || newest_secret(log_) != key->secret) {
    auto newest = newest_reads_key(log_);
    if (newest)
      key = *newest;
    else if (!key)
      return std::move(newest).error();
  }
  const std::string text = running_reads_text(*key, us, spooled);
  RETURN_IF_ERROR(env::write_durably(files_, kName, bytes_of(text)));
  key_ = key;
  return {};
}

// In one write of less than a sector: a crash leaves the earlier time or the later one, each with its MAC.
Result<void> ReadsFile::advance(std::uint64_t us) {
  CHECK(key_.has_value());
  // The key of a month that ran on may go with that month, before this server ends.
  if (const auto newest = newest_secret(log_); newest && *newest != key_->secret)
    return run(us, {});
  ASSIGN_OR_RETURN(const auto file,
                   files_.open_or_create(kName));  // a descriptor a log would be many
  const std::string text = running_reads_text(*key_, us, {}).substr(kBeforeMac);
  return file->write(ByteOffset{kBeforeMac}, bytes_of(text));
}

Result<void> ReadsFile::end(const std::vector<Report>& reports) {
  auto newest = newest_reads_key(log_);
  if (newest)
    key_ = *newest;
  else if (!key_)
    return std::move(newest).error();
  return env::write_durably(files_, kName, bytes_of(ended_reads_text(*key_, reports)));
}

}  // namespace varve::api
