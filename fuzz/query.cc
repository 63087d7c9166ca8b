// Request targets: what is accepted can be written again from its parts, and then means the same. And questions, and
// searches of FHIR, which begin as no target does: the cursor of one that is accepted is accepted with it.
#include "api/target.h"
#include "fuzz/samples.h"
#include "fuzz/target.h"
#include "ledger/query/cursor.h"
#include "ledger/query/fhir_search.h"

namespace varve::fuzz {
namespace {

std::string encode(std::string_view text) {
  std::string out;
  for (const char c : text) out += '%' + hex(std::as_bytes(std::span{&c, 1}));
  return out;
}

std::string write(const api::Target& target) {
  std::string out;
  for (const std::string& segment : target.segments) out += '/' + encode(segment);
  if (out.empty() || target.slash_at_end) out += '/';
  char before = '?';
  for (const auto& [name, value] : target.query) {
    out += before + encode(name) + '=' + encode(value);
    before = '&';
  }
  return out;
}

bool accepts_question(std::string_view text) {
  auto asked = query::parse_query(text);
  if (!asked) return false;
  CHECK(asked->limit >= 1 && asked->limit <= query::kLimitMax);
  const query::CursorOf of{{}, "log"};
  asked->cursor = query::format_cursor(of, *asked, LeafIndex{7});
  CHECK(query::parse_cursor(of, *asked)->value == 7);
  return true;
}

bool accepts_search(std::string_view text) {
  const auto form = api::parse_form(text);
  if (!form) return false;
  std::vector<query::FhirParameter> parameters;
  for (const auto& [name, value] : *form) parameters.push_back({name, value});
  const auto asked = query::parse_fhir_search(parameters, true);
  if (!asked) return false;
  CHECK(asked->query.limit >= 1 && asked->query.limit <= query::kLimitMax);
  const auto cursor =
      query::decode_fhir_cursor(query::encode_fhir_cursor({LeafIndex{7}, asked->used}));
  CHECK(cursor && cursor->at == LeafIndex{7} && cursor->used == asked->used);
  return true;
}

}  // namespace

bool accepts(Bytes in) {
  if (text_of(in).starts_with('?')) return accepts_search(text_of(in.subspan(1)));
  if (text_of(in).starts_with('{')) return accepts_question(text_of(in));
  const auto target = api::parse_target(text_of(in));
  if (!target) return false;
  for (const std::string& segment : target->segments)
    CHECK(!segment.empty() && segment != "." && segment != ".." &&
          segment.find('\0') == std::string::npos);
  const std::string written = write(*target);
  if (written.size() > api::kTargetMax) return true;  // encoding made it longer than is taken
  const auto again = api::parse_target(written);
  CHECK(again.has_value());
  CHECK(again->segments == target->segments && again->query == target->query);
  CHECK(again->slash_at_end == target->slash_at_end);
  return true;
}

std::vector<Buffer> seeds() {
  return {
      buffer_of("/"),
      buffer_of("/logs/a/proof/inclusion?index=7&size=9"),
      buffer_of("/logs/a/sources/ward%2F7"),
      buffer_of("/logs/a/elasticsearch/"),
      buffer_of(
          R"({"patient":["7","urn:x|7"],"source":"ward","from":"2026-03-01","emergency":true,)"
          R"("order":"oldest","limit":7,"count":true,"cursor":"00"})"),
      buffer_of(
          "?patient.identifier=urn%3Ax%7C7%2C8&date=ge2026-03&_count=7&user=a+b&outcome=8&x=1"),
      buffer_of("https://h:1/logs/a/tile/0/x001/067.p/5?leaf%5fhash=%c3%a4&e="),
  };
}

}  // namespace varve::fuzz
