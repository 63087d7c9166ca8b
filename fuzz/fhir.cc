// Bundles of AuditEvents: entries are slices of the body in their order, what is taken of one is found
// in it again, and the body is left as it was.
#include "api/ingest/fhir.h"

#include "fuzz/samples.h"
#include "fuzz/target.h"

namespace varve::fuzz {
namespace {

constexpr std::size_t kMost = 1'000;

void check_entry(const api::FhirEntry& entry) {
  if (entry.refusal) return;
  CHECK(entry.slice.size() <= kMost);
  const auto resource = api::find_fhir_json(bytes_of(entry.slice));
  if (!resource) return;  // it holds another resource
  Buffer alone = buffer_of(*resource);
  CHECK(api::check_fhir_json(alone).has_value());
}

}  // namespace

bool accepts(Bytes in) {
  Buffer body = to_buffer(in);
  const auto entries = api::parse_fhir_bundle(body, kMost);
  CHECK(body == to_buffer(in));
  if (!entries)
    return api::check_fhir_json(body).has_value() || api::check_fhir_xml(in).has_value();
  CHECK(!entries->empty());
  std::size_t from = 0;
  for (const api::FhirEntry& entry : *entries) {
    const std::size_t at = text_of(in).find(entry.slice, from);
    CHECK(at != std::string_view::npos);
    from = at + entry.slice.size();
    check_entry(entry);
  }
  return true;
}

std::vector<Buffer> seeds() {
  return {
      buffer_of(R"({"resourceType":"AuditEvent","a":[{"b":1}]})"),
      buffer_of(R"(<AuditEvent xmlns="http://hl7.org/fhir"><id value="1"/></AuditEvent>)"),
      buffer_of(R"({"resourceType":"Bundle","type":"batch","entry":[{"fullUrl":"urn:uuid:1",)"
                R"("resource":{"resourceType":"AuditEvent"},"request":{"method":"POST",)"
                R"("url":"AuditEvent"}},{"resource":{"resourceType":"Patient"}}]})"),
  };
}

}  // namespace varve::fuzz
