// Which format it is. The bytes decide; a media type that disagrees with them is a gap.
#include "ledger/events/extract.h"

#include <algorithm>
#include <utility>

#include "ledger/base/visible.h"
#include "ledger/events/formats.h"

namespace varve::events {
namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
constexpr std::size_t kPrologueMax = 200;  // what may be before "<AuditMessage"

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = first_character(text).length;
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

bool has(Node& document, std::string_view path) {
  return descend(&document, path) != nullptr || child(&document, path) != nullptr;
}

/// "<34>..." is a syslog message of a version or a form that nobody reads here, and no XML.
bool is_digit_at(std::string_view text, std::size_t at) {
  return at < text.size() && text[at] >= '0' && text[at] <= '9';
}

struct JsonFormat {
  const char* name;
  void (*read)(Node&, Extraction&);
};

JsonFormat json_format(Node& document) {
  if (Node* type = child(&document, "resourceType"); type != nullptr && type->text == "AuditEvent")
    return {"fhir-json", read_fhir};
  if (has(document, "resourceLogs") || has(document, "scopeLogs")) return {"otlp-json", read_otlp};
  if (has(document, "eventVersion") && has(document, "eventSource") && has(document, "eventName"))
    return {"cloudtrail", read_cloudtrail};
  if (has(document, "class_uid") && has(document, "metadata")) return {"ocsf", read_ocsf};
  const bool has_event = has(document, "event.action") || has(document, "event.category") ||
                         has(document, "event.kind");
  if (has(document, "ecs.version") || (has(document, "@timestamp") && has_event))
    return {"ecs", read_ecs};
  return {"json", read_plain_json};
}

void read_json(Node& document, Extraction& out) {
  if (Node* resource = child(&document, "resource");
      resource != nullptr && has(*resource, "resourceType")) {
    read_json(*resource, out);  // an entry of a Bundle
    resource->is_taken = true;
    add_gaps(document, "", out);
    return;
  }
  const JsonFormat format = json_format(document);
  out.format = format.name;
  format.read(document, out);
}

/// The two lines of an Elasticsearch _bulk action. False: it is something else.
bool read_bulk(std::string_view body, Extraction& out) {
  const std::size_t newline = body.find('\n');
  if (newline == std::string_view::npos) return false;
  Result<Node> action = parse_json(body.substr(0, newline));
  if (!action || action->children.size() != 1) return false;
  const std::string& name = action->children.front().name;
  if (name != "index" && name != "create") return false;
  Result<Node> document = parse_json(body.substr(newline + 1));
  if (!document) return false;
  read_json(*document, out);
  out.format = "es-bulk+" + out.format;
  add_gaps(*action, "", out);
  return true;
}

void read_json_text(std::string_view body, Extraction& out) {
  if (read_bulk(body, out)) return;
  out.format = "json";
  Result<Node> document = parse_json(body);
  if (!document) return out.add_gap("payload", document.error().message);
  read_json(*document, out);
}

/// AuditMessage up to its end tag. Real senders put bytes behind it.
std::string_view without_tail(std::string_view body, Extraction& out) {
  constexpr std::string_view kEnd = "</AuditMessage>";
  const std::size_t end = body.rfind(kEnd);
  if (end == std::string_view::npos) return body;
  const std::string_view tail = body.substr(end + kEnd.size());
  if (tail.find_first_not_of(" \t\r\n") != std::string_view::npos)
    out.add_gap("payload", std::to_string(tail.size()) + " bytes behind the AuditMessage");
  return body.substr(0, end + kEnd.size());
}

void read_xml_text(std::string_view body, Extraction& out) {
  const bool is_atna = body.substr(0, kPrologueMax).find("<AuditMessage") != std::string_view::npos;
  out.format = is_atna ? "atna" : "xml";
  Result<Node> root = parse_xml(is_atna ? without_tail(body, out) : body);
  if (!root) return out.add_gap("payload", root.error().message);
  if (root->name == "AuditMessage") {
    out.format = "atna";
    read_atna(*root, out);
  } else if (root->name == "http://hl7.org/fhir|AuditEvent") {
    out.format = "fhir-xml";
    read_fhir(*root, out);
  } else {
    out.add_gap("payload", "no format has this root element");
  }
}

void check_media_type(std::string_view media_type, Extraction& out) {
  const bool is_fhir =
      out.format.starts_with("fhir-") || out.format.find("+fhir-") < out.format.size();
  if (media_type.find("fhir+") != std::string_view::npos && !is_fhir)
    out.add_gap("media type", "it says FHIR, and the payload is no AuditEvent");
}

}  // namespace

void Extraction::add_gap(std::string place, std::string reason) {
  if (gaps.size() < kGapsMax)
    gaps.push_back({std::move(place), std::move(reason)});
  else
    ++gaps_left_off;
}

bool read_body(std::string_view body, Extraction& out) {
  const std::size_t begin = std::min(body.find_first_not_of(" \t\r\n"), body.size());
  const std::string_view text = body.substr(begin);
  if (text.starts_with('{')) {
    read_json_text(text, out);
  } else if (text.starts_with('<') && !is_digit_at(text, 1)) {
    read_xml_text(text, out);
  } else if (text.find("type=") != text.npos && text.find(" msg=audit(") != text.npos) {
    out.format = "auditd";
    read_auditd(text, out);
  } else if (text.find("AUDIT: SESSION,") != text.npos ||
             text.find("AUDIT: OBJECT,") != text.npos) {
    out.format = "pgaudit";
    read_pgaudit(text, out);
  } else if (text.find("CEF:") != text.npos) {
    out.format = "cef";
    read_cef(text, out);
  } else {
    return false;
  }
  return true;
}

Extraction extract(std::string_view media_type, Bytes payload) {
  Extraction out;
  out.format = "unknown";
  std::string_view text = text_of(payload);
  if (text.size() > kPayloadMax) {
    out.add_gap("payload", "longer than " + std::to_string(kPayloadMax) + " bytes");
    return out;
  }
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  if (!is_utf8(text)) out.add_gap("payload", "not UTF-8 throughout");
  if (!read_syslog(text, out) && !read_body(text, out))
    out.add_gap("payload", "no format was recognised");
  check_media_type(media_type, out);
  return out;
}

}  // namespace varve::events
