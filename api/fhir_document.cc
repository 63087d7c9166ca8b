// Writing FHIR. Source: FHIR R4, "json" and "xml"; what the elements mean is the same in R5.
#include "api/fhir_document.h"

#include <algorithm>
#include <array>

#include "api/common/json.h"
#include "api/ingest/fhir.h"

namespace varve::api {
namespace {

void write_json(JsonWriter& out, const std::vector<FhirElement>& elements);

void write_json_value(JsonWriter& out, const FhirElement& element) {
  if (element.children.empty()) {
    out.text(element.value);
    return;
  }
  out.begin_object();
  const FhirElement& first = element.children.front();
  const bool holds_resource = first.name.front() >= 'A' && first.name.front() <= 'Z';
  if (holds_resource) out.key("resourceType").text(first.name);
  write_json(out, holds_resource ? first.children : element.children);
  out.end_object();
}

void write_json(JsonWriter& out, const std::vector<FhirElement>& elements) {
  for (auto first = elements.begin(); first != elements.end();) {
    const auto end = std::find_if(first, elements.end(), [&](const FhirElement& element) {
      return element.name != first->name;
    });
    out.key(first->name);
    if (first->repeats) out.begin_array();
    const bool is_list = first->repeats;
    for (; first != end; ++first) write_json_value(out, *first);
    if (is_list) out.end_array();
  }
}

std::string json_of(const FhirElement& resource) {
  JsonWriter out;
  out.begin_object().key("resourceType").text(resource.name);
  write_json(out, resource.children);
  return out.end_object().take();
}

void append_escaped(std::string& out, std::string_view text) {
  for (const char c : text) {
    if (c == '&')
      out.append("&amp;");
    else if (c == '<')
      out.append("&lt;");
    else if (c == '"')
      out.append("&quot;");
    else
      out.push_back(c < ' ' && c >= 0 ? ' ' : c);
  }
}

void write_xml(std::string& out, const FhirElement& element, std::string_view attributes) {
  out.append("<").append(element.name).append(attributes);
  if (element.children.empty()) {
    out.append(" value=\"");
    append_escaped(out, element.value);
    out.append("\"/>");
    return;
  }
  out.push_back('>');
  for (const FhirElement& child : element.children) write_xml(out, child, "");
  out.append("</").append(element.name).append(">");
}

std::string xml_of(const FhirElement& resource) {
  std::string out = R"(<?xml version="1.0" encoding="UTF-8"?>)";
  write_xml(out, resource, R"( xmlns="http://hl7.org/fhir")");
  return out;
}

bool is_xml(std::string_view media_type) {
  return media_type.ends_with("xml");
}

bool wants_xml(const Request& request) {
  if (request.has_header("accept")) {
    const std::string_view chosen = choose_media_type(
        request, {kFhirJson, "application/json", kFhirXml, "application/xml", "text/xml"});
    const bool is_indifferent = request.header("accept") == "*/*";
    if (!chosen.empty() && !is_indifferent) return is_xml(chosen);
  }
  return is_xml(parse_media_type(request.header("content-type")).essence);
}

}  // namespace

Response fhir_response(int status, const Request& request, const FhirElement& resource) {
  const bool xml = wants_xml(request);
  return respond(status, xml ? kFhirXml : kFhirJson, xml ? xml_of(resource) : json_of(resource));
}

FhirElement operation_outcome(std::string_view severity, std::string_view code, std::string text) {
  FhirElement issue{"issue", "", {}, true};
  issue.children = {{"severity", std::string{severity}, {}, false},
                    {"code", std::string{code}, {}, false},
                    {"diagnostics", std::move(text), {}, false}};
  return {"OperationOutcome", "", {std::move(issue)}, false};
}

std::string_view issue_code(int status) {
  switch (status) {
    case 400:
    case 422:
      return "invalid";
    case 401:
      return "login";
    case 403:
      return "forbidden";
    case 404:
      return "not-found";
    case 405:
    case 415:
      return "not-supported";
    case 409:
      return "conflict";
    case 410:
      return "deleted";
    case 413:
      return "too-long";
    case 429:
      return "throttled";
    case 503:
      return "transient";
    case 507:
      return "no-store";
    default:
      return status >= 500 ? "exception" : "processing";
  }
}

Response in_fhir(const Request& request, Response response) {
  if (response.explanation.empty()) return response;
  Response out = fhir_response(
      response.status, request,
      operation_outcome("error", issue_code(response.status), std::move(response.explanation)));
  for (auto& header : response.headers)
    if (header.first != "content-type") out.headers.push_back(std::move(header));
  return out;
}

}  // namespace varve::api
