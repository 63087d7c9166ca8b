// A walk over the text, which notes where each value is.
#include "json_lies.h"

#include <algorithm>

#include "ledger/base/check.h"

namespace varve::verify {
namespace {

struct Value {
  std::string where;
  std::size_t begin;
  std::size_t end;
  std::vector<Value> items;  // of an array
};

class Walk {
 public:
  explicit Walk(const std::string& json) : json_(json) {}

  /// Fills `values` with this value and all within it.
  Value value(const std::string& where) {
    Value found{where, at_, 0, {}};
    if (json_[at_] == '{')
      object(where);
    else if (json_[at_] == '[')
      array(where, found.items);
    else if (json_[at_] == '"')
      text();
    else
      at_ = json_.find_first_of(",]}", at_);
    found.end = at_;
    values.push_back(found);
    return found;
  }

  std::vector<Value> values;
  std::vector<Value> keys;

 private:
  void text() {
    for (++at_; json_[at_] != '"'; ++at_)
      if (json_[at_] == '\\') ++at_;
    ++at_;
  }
  void object(const std::string& where) {
    for (++at_; json_[at_] != '}';) {
      if (json_[at_] == ',') ++at_;
      const std::size_t begin = at_;
      text();
      const std::string name = json_.substr(begin + 1, at_ - begin - 2);
      const std::string member = where.empty() ? name : where + "." + name;
      keys.push_back({member, begin, at_, {}});
      CHECK(json_[at_] == ':');
      ++at_;
      value(member);
    }
    ++at_;
  }
  void array(const std::string& where, std::vector<Value>& items) {
    for (++at_; json_[at_] != ']';) {
      if (json_[at_] == ',') ++at_;
      items.push_back(value(where + "[" + std::to_string(items.size()) + "]"));
    }
    ++at_;
  }

  const std::string& json_;
  std::size_t at_ = 0;
};

std::string list_of(const std::string& json, const std::vector<Value>& items) {
  std::string list = "[";
  for (const Value& item : items) {
    if (list.size() > 1) list += ",";
    list += json.substr(item.begin, item.end - item.begin);
  }
  return list + "]";
}

std::vector<std::string> other_texts(const std::string& text) {
  const std::string inside = text.substr(1, text.size() - 2);
  std::vector<std::string> others = {"\"x" + inside + "\"", "\"" + inside + "x\"",
                                     "\"" + inside + inside + "x\"",
                                     R"("\u001b]0;mine\u0007\u202e")"};
  if (!inside.empty()) {
    others.push_back("\"" + inside.substr(1) + "\"");
    others.push_back("\"" + inside.substr(0, inside.size() - 1) + "\"");
    std::string first = inside;
    first[0] = first[0] == 'A' ? 'B' : 'A';
    others.push_back("\"" + first + "\"");
  }
  return others;
}

std::vector<std::string> other_lists(const std::string& json, std::vector<Value> items) {
  std::vector<std::string> others = {"[null]"};
  if (items.empty()) return others;
  const auto with = [&](auto change) {
    std::vector<Value> changed = items;
    change(changed);
    others.push_back(list_of(json, changed));
  };
  with([](auto& v) { v.erase(v.begin()); });
  with([](auto& v) { v.pop_back(); });
  with([](auto& v) { v.push_back(v.back()); });
  with([](auto& v) { v.insert(v.begin(), v.back()); });
  with([](auto& v) { std::ranges::reverse(v); });
  others.push_back(list_of(json, items).insert(1, "null,"));
  return others;
}

std::vector<std::string> others_of(const std::string& json, const Value& value) {
  std::vector<std::string> others = {"null", "true", "0",  "1",    "9223372036854775808",
                                     "\"\"", "[]",   "{}", "[[]]", "18446744073709551615",
                                     "-1",   "1.5",  "1e3"};
  others.emplace_back("18446744073709551616");
  const std::string now = json.substr(value.begin, value.end - value.begin);
  std::vector<std::string> more;
  if (now[0] == '"') more = other_texts(now);
  if (now[0] == '[') more = other_lists(json, value.items);
  others.insert(others.end(), more.begin(), more.end());
  std::erase(others, now);
  return others;
}

}  // namespace

std::vector<Lie> lies_of(const std::string& json) {
  Walk walk(json);
  walk.value("");
  std::vector<Lie> lies;
  const auto put = [&](const Value& place, const std::string& text) {
    lies.push_back(
        {place.where, text, json.substr(0, place.begin) + text + json.substr(place.end)});
  };
  for (const Value& value : walk.values)
    for (const std::string& other : others_of(json, value)) put(value, other);
  for (const Value& key : walk.keys) {
    const std::string name = json.substr(key.begin, key.end - key.begin);
    put(key, "\"not there\"");
    put(key, name + ":0," + name);
  }
  return lies;
}

}  // namespace varve::verify
