// An item begins with its line vkey; the lines behind it say more of the same log.
#include "ledger/format/log_list.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "ledger/base/text.h"
#include "ledger/base/visible.h"
#include "ledger/format/lines.h"
#include "ledger/format/utf8.h"

namespace varve::format {
namespace {

constexpr std::string_view kListHeader = "logs/v0";
constexpr std::string_view kNoOrigin = "none";
constexpr std::uint64_t kPerDayMax = 1'000'000'000;

/// One item, until the next one begins.
struct ListItem {
  VerifierKey key;
  std::string origin;  // empty: the key's name
  std::uint64_t requests_per_day = kRequestsPerDay;
  std::string url;
  std::size_t line = 0;  // where it begins
};

Result<void> set_value(ListItem& item, std::string_view word, std::string_view value) {
  if (word == "bastion" || word == "contact") return {};  // of no use to this witness
  if (value.empty()) return invalid("there is nothing behind " + std::string(word));
  if (word == "origin") {
    item.origin = value == kNoOrigin ? "" : std::string(value);
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

bool has_its_own_name(const ListedLog& log, std::string_view origin) {
  return log.keys.front().name == origin;
}

/// Several items of one origin are one log with several keys of one name.
Result<void> add_item(LogList& list, ListItem item) {
  const std::string origin = item.origin.empty() ? item.key.name : std::move(item.origin);
  if (!item.url.empty() && item.key.name != origin)
    return invalid("a log of Varve has the name of its key as its origin");
  auto found = list.logs.find(origin);
  if (found != list.logs.end() && found->second.keys.front().name != item.key.name) {
    if (item.key.name != origin || has_its_own_name(found->second, origin))
      return invalid("its origin is that of another log, whose key has another name");
    list.skip("the items of the origin " + visible(origin) + " whose key has another name: line " +
              std::to_string(item.line) + " has that of the origin");
    list.logs.erase(found);
    found = list.logs.end();
  }
  if (found == list.logs.end()) {
    if (list.logs.size() == kListedLogsMax) return invalid("there are 100000 logs already");
    list.logs[origin] = {{std::move(item.key)}, item.requests_per_day, std::move(item.url)};
    return {};
  }
  ListedLog& log = found->second;
  if (std::ranges::find(log.keys, item.key) != log.keys.end())
    return invalid("the log has this key already");
  if (log.keys.size() == kListedKeysMax) return invalid("the log has 16 keys already");
  if (!log.url.empty() || !item.url.empty())
    return invalid("a log of Varve has one vkey here, its first one: it is followed from there");
  log.keys.push_back(std::move(item.key));
  log.requests_per_day = std::max(log.requests_per_day, item.requests_per_day);
  return {};
}

class ListReader {
 public:
  Result<LogList> read(std::string_view text) {
    for (; !text.empty(); ++line_) {
      const auto line = take_line(text);
      if (!line) return at_line("the last line does not end with a newline");
      if (line->empty() || line->starts_with('#')) continue;
      if (has_header_)
        take(*line);
      else if (*line != kListHeader)
        return at_line("it is not logs/v0, the first line there is");
      has_header_ = true;
    }
    if (!has_header_) return invalid("the list of logs does not begin with a line logs/v0");
    end_item();
    return std::move(list_);
  }

 private:
  static std::string with_line(std::size_t line, const std::string& why) {
    return "line " + std::to_string(line) + " of the list of logs: " + why;
  }
  [[nodiscard]] Error at_line(const std::string& why) const {
    return invalid(with_line(line_, why));
  }

  void end_item() {
    if (!item_) return;
    const std::size_t line = item_->line;
    if (auto added = add_item(list_, std::move(*item_)); !added)
      list_.skip(with_line(line, added.error().message));
    item_.reset();
  }

  /// The rest of an item that is wrong is passed over with it.
  void take(std::string_view line) {
    const std::string_view word = take_word(line);
    Result<void> taken;
    if (word == "vkey") {
      end_item();
      is_passed_over_ = false;
      auto key = parse_vkey(line);
      if (key)
        item_ = ListItem{std::move(*key), "", kRequestsPerDay, "", line_};
      else
        taken = std::move(key).error();
    } else if (!is_note_text(line)) {
      taken = invalid("it has a control character, or is not UTF-8");
    } else if (item_) {
      taken = set_value(*item_, word, line);
    } else if (!is_passed_over_) {
      taken = invalid("a log begins with its line vkey");
    }
    if (taken) return;
    list_.skip(with_line(line_, taken.error().message));
    item_.reset();
    is_passed_over_ = true;
  }

  LogList list_;
  std::optional<ListItem> item_;
  std::size_t line_ = 1;
  bool has_header_ = false;
  bool is_passed_over_ = false;
};

}  // namespace

void LogList::skip(std::string why) {
  if (skipped.size() < kSkippedItemsMax) skipped.push_back(std::move(why));
}

Result<LogList> parse_log_list(std::string_view text) {
  if (text.size() > kLogListMax) return invalid("the list of logs is larger than 64 MiB");
  return ListReader().read(text);
}

}  // namespace varve::format
