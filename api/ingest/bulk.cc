// Splitting into lines, and reading action lines with simdjson.
#include "api/ingest/bulk.h"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <utility>

#include "api/ingest/json_checker.h"
#include "api/ingest/payload_size.h"

namespace varve::api {
namespace {

namespace ondemand = simdjson::ondemand;

constexpr std::size_t kIndexMax = 255;
constexpr std::size_t kIdMax = 512;
constexpr std::size_t kSliceMax = payload_max(kBulkMediaType);
constexpr std::array kVerbs = {BulkVerb::kCreate, BulkVerb::kIndex, BulkVerb::kUpdate,
                               BulkVerb::kDelete};

BulkRefusal bad_argument(std::string reason) {
  return {400, "illegal_argument_exception", std::move(reason)};
}

std::optional<BulkRefusal> write_once(BulkVerb verb) {
  if (verb != BulkVerb::kUpdate && verb != BulkVerb::kDelete) return std::nullopt;
  return bad_argument("the ledger is write-once: " + std::string{verb_name(verb)} +
                      " is not taken, only create and index");
}

// A text, or a number as it is spelled. Empty when it is null, nullopt when it is anything else.
std::optional<std::string> text_of_value(ondemand::value value) {
  ondemand::json_type type{};
  if (value.type().get(type) != simdjson::SUCCESS) return std::nullopt;
  if (type == ondemand::json_type::null) return std::string{};
  if (type == ondemand::json_type::number) {
    const std::string_view token = value.raw_json_token();
    return std::string{token.substr(0, token.find_last_not_of(" \t\r\n") + 1)};
  }
  std::string_view text;
  if (type != ondemand::json_type::string || value.get_string().get(text) != simdjson::SUCCESS)
    return std::nullopt;
  return std::string{text};
}

std::optional<BulkRefusal> take_name(ondemand::value value, const char* name, std::size_t most,
                                     std::string& out) {
  auto text = text_of_value(value);
  if (!text) return bad_argument(std::string{name} + " is not a text");
  if (text->size() > most)
    return bad_argument(std::string{name} + " is longer than " + std::to_string(most) + " bytes");
  out = std::move(*text);
  return std::nullopt;
}

// One member of an action. What asks for something that a ledger does not do is refused; all else
// stays in the slice and has no effect.
std::optional<BulkRefusal> take_member(std::string_view key, ondemand::value value,
                                       BulkItem& item) {
  if (key == "_index") return take_name(value, "_index", kIndexMax, item.index);
  if (key == "_id") return take_name(value, "_id", kIdMax, item.id);
  if (key == "if_seq_no" || key == "if_primary_term")
    return bad_argument("an action that depends on an earlier version is not taken");
  if (key != "pipeline") return std::nullopt;
  const auto name = text_of_value(value);
  if (name && (name->empty() || *name == "_none")) return std::nullopt;
  return bad_argument("there are no pipelines: an event is kept as it is sent");
}

}  // namespace

std::string_view verb_name(BulkVerb verb) {
  constexpr std::array<std::string_view, 4> kNames = {"create", "index", "update", "delete"};
  return kNames.at(static_cast<std::size_t>(verb));
}

namespace {

/// Lines of a body, one after the other.
class BulkReader {
 public:
  BulkReader(std::string_view body, std::string_view default_index)
      : rest_(body), default_index_(default_index) {}

  BulkItems read() {
    std::vector<BulkItem> items;
    while (!rest_.empty()) {
      const std::string_view action = take_line();
      if (action.empty() || action == "\r") continue;
      if (items.size() == kBulkActionsMax) return too_many();
      BulkItem item;
      if (const char* wrong = read_action(action, item)) return BulkFault{line_, wrong};
      if (item.verb == BulkVerb::kDelete)
        item.slice = action;
      else if (rest_.empty())
        return BulkFault{line_, "the source line of this action is missing"};
      else
        read_source(action, item);
      finish(item);
      items.push_back(std::move(item));
    }
    if (items.empty()) return BulkFault{0, "the body has no actions"};
    return items;
  }

 private:
  static BulkFault too_many() {
    return {0, "a request holds at most " + std::to_string(kBulkActionsMax) + " actions", true};
  }

  std::string_view take_line() {
    ++line_;
    const std::size_t end = std::min(rest_.find('\n'), rest_.size());
    const std::string_view line = rest_.substr(0, end);
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    return line;
  }

  // Null, or why it is no action line.
  const char* read_action(std::string_view line, BulkItem& item) {
    if (!checker_.check(line)) return "the action line is not a JSON object of its own";
    ondemand::document document;
    ondemand::object outer;
    if (parser_.iterate(line.data(), line.size(), line.size() + kJsonPadding).get(document) !=
            simdjson::SUCCESS ||
        document.get_object().get(outer) != simdjson::SUCCESS)
      return "the action line is not a JSON object of its own";
    bool found = false;
    for (auto field : outer) {
      std::string_view name;
      ondemand::object inner;
      if (found || field.unescaped_key().get(name) != simdjson::SUCCESS || !take_verb(name, item))
        return "the action line is not one of create, index, update and delete";
      if (field.value().get_object().get(inner) != simdjson::SUCCESS)
        return "the action is not a JSON object";
      found = true;
      read_members(inner, item);
    }
    return found ? nullptr : "the action line names no action";
  }

  static bool take_verb(std::string_view name, BulkItem& item) {
    const auto* verb = std::ranges::find(kVerbs, name, verb_name);
    if (verb == kVerbs.end()) return false;
    item.verb = *verb;
    return true;
  }

  static void read_members(ondemand::object members, BulkItem& item) {
    for (auto field : members) {
      std::string_view key;
      ondemand::value value;
      if (field.unescaped_key().get(key) != simdjson::SUCCESS ||
          field.value().get(value) != simdjson::SUCCESS) {
        item.refusal = bad_argument("the action is malformed");
        return;
      }
      if (auto refusal = take_member(key, value, item); refusal && !item.refusal)
        item.refusal = std::move(refusal);
    }
  }

  void read_source(std::string_view action, BulkItem& item) {
    const std::string_view source = take_line();
    item.slice = {action.data(), action.size() + 1 + source.size()};
    if (item.refusal || write_once(item.verb)) return;
    if (item.slice.size() > kSliceMax) {
      item.refusal = {413, "illegal_argument_exception",
                      too_large_text("action and source are ", item.slice.size(), kSliceMax)};
    } else if (auto checked = checker_.check(source); !checked) {
      item.refusal = {400, "mapper_parsing_exception",
                      "the source is refused: " + checked.error().message};
    }
  }

  void finish(BulkItem& item) const {
    if (item.index.empty()) {
      item.index = default_index_;
      item.from_path = true;
    }
    if (auto refusal = write_once(item.verb)) item.refusal = std::move(refusal);
    if (item.index.empty() && !item.refusal)
      item.refusal = bad_argument("neither the action nor the path names an index");
  }

  std::string_view rest_;
  const std::string_view default_index_;
  std::uint64_t line_ = 0;
  JsonChecker checker_;
  ondemand::parser parser_;
};

}  // namespace

BulkItems parse_bulk(Buffer& body, std::string_view default_index) {
  const std::size_t size = body.size();
  body.resize(size + kJsonPadding);
  BulkItems out = BulkReader{text_of(Bytes{body}.first(size)), default_index}.read();
  body.resize(size);  // does not move what the items view
  return out;
}

}  // namespace varve::api
