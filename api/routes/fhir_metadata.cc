// What this repository does, for clients of FHIR that ask before they send.
#include "api/fhir_document.h"
#include "api/ingest/fhir.h"
#include "api/routes/handlers.h"
#include "api/routes/read.h"
#include "ledger/query/fhir_search.h"

namespace varve::api {
namespace {

FhirElement element(std::string_view name, std::string value) {
  return {name, std::move(value), {}, false};
}

FhirElement list_element(std::string_view name, std::string value) {
  return {name, std::move(value), {}, true};
}

FhirElement interaction(std::string code) {
  return {"interaction", "", {element("code", std::move(code))}, true};
}

FhirElement search_parameter(const query::FhirParameterName& parameter) {
  return {
      "searchParam",
      "",
      {element("name", std::string(parameter.name)), element("type", std::string(parameter.type))},
      true};
}

}  // namespace

void get_fhir_metadata(const SharedExchange& exchange, const Reply& reply) {
  FhirElement resource{"resource",
                       "",
                       {element("type", "AuditEvent"), interaction("create"), interaction("read"),
                        interaction("search-type")},
                       true};
  for (const query::FhirParameterName& parameter : query::fhir_parameter_names())
    resource.children.push_back(search_parameter(parameter));
  const FhirElement rest{
      "rest", "", {element("mode", "server"), resource, interaction("batch")}, true};
  const FhirElement statement{
      "CapabilityStatement",
      "",
      {element("status", "active"),
       element("date", "2026-12-01"),
       element("kind", "instance"),
       {"software", "", {element("name", "Varve")}, false},
       {"implementation",
        "",
        {element("description",
                 "A write-once audit log: an AuditEvent is kept as it was sent, and "
                 "never changed or deleted")},
        false},
       element("fhirVersion", "4.0.1"),
       list_element("format", std::string{kFhirJson}),
       list_element("format", std::string{kFhirXml}),
       rest},
      false};
  Response response = fhir_response(200, exchange->request, statement);
  set_caching(response, *exchange, Caching::kRevalidate);
  response.headers.emplace_back("vary", "accept, authorization");
  reply(std::move(response));
}

}  // namespace varve::api
