// Codes of the code systems that health care shares, by whichever name a sender knows the system.
#pragma once

#include <string_view>

namespace varve::search {

enum class CodeSystem {
  kDicom,      // DICOM's controlled terminology: 110106 is an export
  kActReason,  // HL7 v3: TREAT, HPAYMT
  kLifecycle,  // ISO 21089: disclose
};

/// "110106" of "DCM|110106"; empty where the value is of no such system.
std::string_view code_of(std::string_view value, CodeSystem system);

}  // namespace varve::search
