// The names: what FHIR writes, in this and older versions, and HL7's and DICOM's OIDs.
#include "ledger/search/codes.h"

#include <array>

namespace varve::search {
namespace {

struct SystemName {
  CodeSystem system;
  std::string_view name;
};

constexpr std::array<SystemName, 10> kNames{{
    {CodeSystem::kDicom, "DCM|"},
    {CodeSystem::kDicom, "http://dicom.nema.org/resources/ontology/DCM|"},
    {CodeSystem::kDicom, "urn:oid:1.2.840.10008.2.16.4|"},
    {CodeSystem::kDicom, "1.2.840.10008.2.16.4|"},
    {CodeSystem::kActReason, "http://terminology.hl7.org/CodeSystem/v3-ActReason|"},
    {CodeSystem::kActReason, "http://hl7.org/fhir/v3/ActReason|"},
    {CodeSystem::kActReason, "urn:oid:2.16.840.1.113883.5.8|"},
    {CodeSystem::kActReason, "2.16.840.1.113883.5.8|"},
    {CodeSystem::kLifecycle, "http://terminology.hl7.org/CodeSystem/iso-21089-lifecycle|"},
    {CodeSystem::kLifecycle, "http://hl7.org/fhir/iso-21089-lifecycle|"},
}};

}  // namespace

std::string_view code_of(std::string_view value, CodeSystem system) {
  for (const SystemName& row : kNames)
    if (row.system == system && value.starts_with(row.name)) return value.substr(row.name.size());
  return {};
}

}  // namespace varve::search
