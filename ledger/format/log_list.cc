// An item begins with its line vkey; the lines behind it say more of the same log.
#include "ledger/format/log_list.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "ledger/base/text.h"
#include "ledger/format/lines.h"
#include "ledger/format/utf8.h"

namespace varve::format {
namespace {

constexpr std::string_view kListHeader = "logs/v0";
constexpr std::string_view kNone = "none";
constexpr std::uint64_t kPerDayMax = 1'000'000'000;

/// One item, until the next one begins.
struct ListItem {
  VerifierKey key;
  std::string origin;  // empty: the key's name
  std::uint64_t requests_per_day = kRequestsPerDay;
  std::string url;
};

Result<void> set_value(ListItem& item, std::string_view word, std::string_view value) {
  if (word == "bastion" || word == "contact") return {};  // of no use to this witness
  if (value.empty()) return invalid("there is nothing behind " + std::string(word));
  if (word == "origin") {
    item.origin = value == kNone ? "" : std::string(value);
    return {};
  }
  if (word == "varve") {
    if (!value.starts_with("https://"))
      return invalid("behind varve is the log's address, https://HOST/logs/NAME");
    item.url = std::string(value);
    return {};
  }
  if (word != "qpd")
    return invalid("its first word is not vkey, origin, qpd, bastion, contact or varve");
  const auto number = decode_decimal(value);
  if (!number || *number == 0 || *number > kPerDayMax)
    return invalid("qpd is how many requests a day the log may make, from 1 to 1000000000");
  item.requests_per_day = *number;
  return {};
}

/// Several items of one origin are one log with several keys.
Result<void> add_item(LogList& list, ListItem item) {
  const std::string origin = item.origin.empty() ? item.key.name : std::move(item.origin);
  ListedLog& log = list[origin];
  if (list.size() > kListedLogsMax) return invalid("there are more than 100000 logs");
  if (std::ranges::find(log.keys, item.key) != log.keys.end())
    return invalid("the log has this key already");
  if (log.keys.size() == kListedKeysMax) return invalid("the log has more than 16 keys");
  if (!item.url.empty() && item.key.name != origin)
    return invalid("a log of Varve has the name of its key as its origin");
  if (!log.keys.empty() && (!log.url.empty() || !item.url.empty()))
    return invalid("a log of Varve has one vkey here, its first one: it is followed from there");
  log.keys.push_back(std::move(item.key));
  log.requests_per_day = item.requests_per_day;
  log.url = std::move(item.url);
  return {};
}

class ListReader {
 public:
  Result<LogList> read(std::string_view text) {
    for (; !text.empty(); ++line_) {
      const auto line = take_line(text);
      if (!line) return at_line(invalid("the last line does not end with a newline"));
      if (auto taken = take(*line); !taken) return at_line(std::move(taken).error());
    }
    if (!has_header_) return invalid("the list of logs does not begin with a line logs/v0");
    if (auto ended = end_item(); !ended) return at_line(std::move(ended).error());
    return std::move(list_);
  }

 private:
  [[nodiscard]] Error at_line(Error why) const {
    return invalid("line " + std::to_string(line_) + " of the list of logs: " + why.message);
  }

  Result<void> end_item() {
    if (!item_) return {};
    auto added = add_item(list_, std::move(*item_));
    item_.reset();
    return added;
  }

  Result<void> take(std::string_view line) {
    if (line.empty() || line.starts_with('#')) return {};
    if (!is_note_text(line)) return invalid("it has a control character, or is not UTF-8");
    if (!has_header_) {
      has_header_ = line == kListHeader;
      return has_header_ ? Result<void>() : invalid("it is not logs/v0, the first line there is");
    }
    const std::string_view word = take_word(line);
    if (word == "vkey") {
      RETURN_IF_ERROR(end_item());
      ASSIGN_OR_RETURN(VerifierKey key, parse_vkey(line));
      item_ = ListItem{std::move(key), "", kRequestsPerDay, ""};
      return {};
    }
    if (!item_) return invalid("a log begins with its line vkey");
    return set_value(*item_, word, line);
  }

  LogList list_;
  std::optional<ListItem> item_;
  std::size_t line_ = 1;
  bool has_header_ = false;
};

}  // namespace

Result<LogList> parse_log_list(std::string_view text) {
  if (text.size() > kLogListMax) return invalid("the list of logs is larger than 64 MiB");
  return ListReader().read(text);
}

}  // namespace varve::format
