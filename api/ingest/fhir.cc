// Finding resources in JSON with simdjson; XML by the reader of ledger/events.
#include "api/ingest/fhir.h"

#include <simdjson.h>

#include "api/ingest/json_checker.h"
#include "api/ingest/payload_size.h"
#include "ledger/events/extract.h"

namespace varve::api {
namespace {

namespace ondemand = simdjson::ondemand;

constexpr std::string_view kAuditEvent = "AuditEvent";
FhirRefusal no_audit_event() {
  return {400, "the resource is not an AuditEvent, which is all that this log takes"};
}

/// From an object's '{' to its '}': the parser's slice goes on to the next token.
std::string_view without_space_behind(std::string_view raw) {
  return raw.substr(0, raw.rfind('}') + 1);
}

/// Text that is followed by kJsonPadding readable bytes, as one JSON object. It is the parser's only one.
class JsonObject {
 public:
  JsonObject(ondemand::parser& parser, std::string_view text) {
    ok_ = parser.iterate(text.data(), text.size(), text.size() + kJsonPadding).get(document_) ==
              simdjson::SUCCESS &&
          document_.get_object().get(object_) == simdjson::SUCCESS;
  }

  /// Empty when there is no such text. Members may be asked for in any order.
  std::string text(std::string_view name) {
    std::string_view value;
    if (!ok_ || object_.find_field_unordered(name).get_string().get(value) != simdjson::SUCCESS)
      return {};
    return std::string{value};
  }

  /// Empty when there is no such object.
  std::string_view object(std::string_view name) {
    ondemand::object inner;
    std::string_view raw;
    if (!ok_ || object_.find_field_unordered(name).get_object().get(inner) != simdjson::SUCCESS ||
        inner.raw_json().get(raw) != simdjson::SUCCESS)
      return {};
    return without_space_behind(raw);
  }

  /// Whatever escapes the name is written with. Goes through all members.
  [[nodiscard]] bool has_by_any_spelling(std::string_view name) {
    if (!ok_) return false;
    for (auto member : object_) {
      std::string_view key;
      if (member.unescaped_key().get(key) == simdjson::SUCCESS && key == name) return true;
    }
    return false;
  }

  [[nodiscard]] bool has(std::string_view name) {
    return ok_ && object_.find_field_unordered(name).error() == simdjson::SUCCESS;
  }

  /// The objects of an array, at most `most` and one. Nothing when it is no array of objects.
  std::optional<std::vector<std::string_view>> objects(std::string_view name, std::size_t most) {
    ondemand::array array;
    if (!ok_ || object_.find_field_unordered(name).get_array().get(array) != simdjson::SUCCESS)
      return std::nullopt;
    std::vector<std::string_view> out;
    for (auto element : array) {
      ondemand::object inner;
      std::string_view raw;
      if (out.size() > most) break;
      if (element.get_object().get(inner) != simdjson::SUCCESS ||
          inner.raw_json().get(raw) != simdjson::SUCCESS)
        return std::nullopt;
      out.push_back(without_space_behind(raw));
    }
    return out;
  }

 private:
  ondemand::document document_;
  ondemand::object object_;
  bool ok_ = false;
};

bool is_audit_event(ondemand::parser& parser, std::string_view text) {
  return JsonObject{parser, text}.text("resourceType") == kAuditEvent;
}

/// One that holds a resource is an entry of a Bundle to other readers (ledger/events): it is two things.
bool is_audit_event_alone(ondemand::parser& parser, std::string_view text) {
  return is_audit_event(parser, text) && !JsonObject{parser, text}.has_by_any_spelling("resource");
}

/// A batch's entry says how it is to be taken; one that says nothing is to be created.
std::optional<FhirRefusal> refuse_request(ondemand::parser& parser, std::string_view request) {
  JsonObject how{parser, request};
  if (how.has("ifNoneExist"))
    return FhirRefusal{400, "conditional creation is not offered: leave out ifNoneExist"};
  if (how.text("method") != "POST")
    return FhirRefusal{405, "the ledger is write-once: an entry's request.method must be POST"};
  return std::nullopt;
}

FhirEntry read_entry(ondemand::parser& parser, std::string_view slice, std::size_t most) {
  FhirEntry entry{slice, std::nullopt};
  if (slice.size() > most) {
    entry.refusal = {413, too_large_text("the entry is ", slice.size(), most)};
    return entry;
  }
  JsonObject members{parser, slice};
  const bool says_how = members.has("request");
  const std::string_view request = members.object("request");
  const std::string_view resource = members.object("resource");
  if (says_how) entry.refusal = refuse_request(parser, request);
  if (!entry.refusal && !is_audit_event(parser, resource)) entry.refusal = no_audit_event();
  return entry;
}

Result<std::vector<FhirEntry>> read_bundle(std::string_view body, std::size_t most) {
  RETURN_IF_ERROR(JsonChecker{}.check(body));
  ondemand::parser parser;
  JsonObject bundle{parser, body};
  if (bundle.text("resourceType") != "Bundle")
    return invalid("the resource is not a Bundle: send one AuditEvent to [base]/AuditEvent");
  if (bundle.text("type") != "batch")
    return invalid("the Bundle's type is not \"batch\", which is the only one that is taken");
  const auto slices = bundle.objects("entry", kFhirEntriesMax);
  if (!slices || slices->empty()) return invalid("the Bundle has no list of entries");
  if (slices->size() > kFhirEntriesMax)
    return invalid("a Bundle holds at most " + std::to_string(kFhirEntriesMax) + " entries");
  std::vector<FhirEntry> entries;
  entries.reserve(slices->size());
  for (const std::string_view slice : *slices) entries.push_back(read_entry(parser, slice, most));
  return entries;
}

/// Calls with the body's text while it is followed by kJsonPadding bytes.
template <class Function>
auto with_padding(Buffer& body, const Function& function) {
  const std::size_t size = body.size();
  body.resize(size + kJsonPadding);
  auto out = function(text_of(Bytes{body}.first(size)));
  body.resize(size);  // does not move what was viewed
  return out;
}

}  // namespace

Result<void> check_fhir_json(Buffer& body) {
  return with_padding(body, [](std::string_view text) -> Result<void> {
    RETURN_IF_ERROR(JsonChecker{}.check(text));
    ondemand::parser parser;
    if (!is_audit_event(parser, text)) return invalid(no_audit_event().reason);
    return {};
  });
}

Result<void> check_fhir_xml(Bytes body) {
  const events::Extraction found = events::extract("", body);
  if (found.format == "fhir-xml") return {};
  if (found.format == "xml" && !found.gaps.empty()) return invalid("XML: " + found.gaps[0].reason);
  return invalid(no_audit_event().reason);
}

Result<std::vector<FhirEntry>> parse_fhir_bundle(Buffer& body, std::size_t most) {
  return with_padding(body, [most](std::string_view text) { return read_bundle(text, most); });
}

Result<std::string_view> find_fhir_json(Bytes payload) {
  Buffer padded = to_buffer(payload);
  return with_padding(padded, [&](std::string_view text) -> Result<std::string_view> {
    const Error none = invalid("the record holds no AuditEvent that all readers read alike");
    ondemand::parser parser;
    if (!JsonChecker{}.check(text)) return none;
    if (is_audit_event_alone(parser, text)) return text_of(payload);
    if (is_audit_event(parser, text)) return none;
    const std::string_view resource = JsonObject{parser, text}.object("resource");
    if (!is_audit_event_alone(parser, resource)) return none;
    return text_of(payload).substr(static_cast<std::size_t>(resource.data() - text.data()),
                                   resource.size());
  });
}

}  // namespace varve::api
