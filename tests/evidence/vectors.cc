// How a case is written.
#include "vectors.h"

#include <stdexcept>

#include "ledger/base/text.h"

namespace varve::evidence {

std::string verdict_of(const Case& one) {
  return one.fault.empty() ? "true" : one.fault;
}

// One case a line, so that a change of one is a change of one line.
std::string json_of(const VectorFile& file) {
  std::string out =
      "{\n\"page\":" + format::json_quoted("docs/format/" + file.page) + ",\n\"cases\":[\n";
  for (const Case& one : file.cases) {
    std::string fields;
    for (const auto& [name, value] : one.fields) fields.append(",\"" + name + "\":").append(value);
    out +=
        "{\"name\":" + format::json_quoted(one.name) + ",\"verdict\":\"" + verdict_of(one) + "\"";
    if (!one.fault.empty()) {
      const auto claim = format::Json::parse("{" + fields.substr(1) + "}");
      out += ",\"why\":" + format::json_quoted(file.judge(claim.value()));
    }
    out += fields;
    out += &one == &file.cases.back() ? "}\n" : "},\n";
  }
  return out + "]\n}\n";
}

std::string text_field(std::string_view text) {
  return format::json_quoted(text);
}

std::string bytes_field(Bytes bytes) {
  return format::json_quoted(base64(bytes));
}

std::string number_field(std::uint64_t number) {
  return std::to_string(number);
}

std::string hashes_field(const std::vector<Hash>& hashes) {
  std::string out = "[";
  for (const Hash& hash : hashes)
    out.append(out.size() > 1 ? "," : "").append(bytes_field(hash.view()));
  return out + "]";
}

std::string with(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  if (at == std::string::npos)
    throw std::invalid_argument("no " + std::string(from) + " in " + text);
  return text.replace(at, from.size(), to);
}

}  // namespace varve::evidence
