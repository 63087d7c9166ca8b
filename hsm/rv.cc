// The table of PKCS#11 return values that a token in good or bad health gives.
#include "hsm/rv.h"

#include <algorithm>
#include <array>
#include <cstdio>

namespace varve::hsm {
namespace {

struct Known {
  CK_RV rv;
  std::string_view name;
  Code code;
};

#define VARVE_RV(name, code) \
  Known {                    \
    name, #name, code        \
  }

constexpr std::array kKnown{
    // Lost: recover and repeat.
    VARVE_RV(CKR_CRYPTOKI_NOT_INITIALIZED, Code::kBusy),
    VARVE_RV(CKR_DEVICE_ERROR, Code::kBusy),
    VARVE_RV(CKR_DEVICE_REMOVED, Code::kBusy),
    VARVE_RV(CKR_FUNCTION_CANCELED, Code::kBusy),
    VARVE_RV(CKR_FUNCTION_FAILED, Code::kBusy),
    VARVE_RV(CKR_GENERAL_ERROR, Code::kBusy),
    VARVE_RV(CKR_HOST_MEMORY, Code::kBusy),
    VARVE_RV(CKR_KEY_HANDLE_INVALID, Code::kBusy),
    VARVE_RV(CKR_OBJECT_HANDLE_INVALID, Code::kBusy),
    VARVE_RV(CKR_OPERATION_ACTIVE, Code::kBusy),
    VARVE_RV(CKR_OPERATION_NOT_INITIALIZED, Code::kBusy),
    VARVE_RV(CKR_SESSION_CLOSED, Code::kBusy),
    VARVE_RV(CKR_SESSION_COUNT, Code::kBusy),
    VARVE_RV(CKR_SESSION_HANDLE_INVALID, Code::kBusy),
    VARVE_RV(CKR_SLOT_ID_INVALID, Code::kBusy),
    VARVE_RV(CKR_TOKEN_NOT_PRESENT, Code::kBusy),
    VARVE_RV(CKR_TOKEN_NOT_RECOGNIZED, Code::kBusy),
    VARVE_RV(CKR_UNWRAPPING_KEY_HANDLE_INVALID, Code::kBusy),
    VARVE_RV(CKR_USER_NOT_LOGGED_IN, Code::kBusy),
    VARVE_RV(CKR_WRAPPING_KEY_HANDLE_INVALID, Code::kBusy),
    // Altered.
    VARVE_RV(CKR_ENCRYPTED_DATA_INVALID, Code::kCorrupt),
    VARVE_RV(CKR_ENCRYPTED_DATA_LEN_RANGE, Code::kCorrupt),
    VARVE_RV(CKR_WRAPPED_KEY_INVALID, Code::kCorrupt),
    VARVE_RV(CKR_WRAPPED_KEY_LEN_RANGE, Code::kCorrupt),
    // An operator has to act.
    VARVE_RV(CKR_ATTRIBUTE_READ_ONLY, Code::kIo),
    VARVE_RV(CKR_ATTRIBUTE_SENSITIVE, Code::kIo),
    VARVE_RV(CKR_ATTRIBUTE_TYPE_INVALID, Code::kIo),
    VARVE_RV(CKR_ATTRIBUTE_VALUE_INVALID, Code::kIo),
    VARVE_RV(CKR_CURVE_NOT_SUPPORTED, Code::kIo),
    VARVE_RV(CKR_DEVICE_MEMORY, Code::kIo),
    VARVE_RV(CKR_FUNCTION_NOT_SUPPORTED, Code::kIo),
    VARVE_RV(CKR_KEY_FUNCTION_NOT_PERMITTED, Code::kIo),
    VARVE_RV(CKR_KEY_NOT_WRAPPABLE, Code::kIo),
    VARVE_RV(CKR_KEY_SIZE_RANGE, Code::kIo),
    VARVE_RV(CKR_KEY_TYPE_INCONSISTENT, Code::kIo),
    VARVE_RV(CKR_KEY_UNEXTRACTABLE, Code::kIo),
    VARVE_RV(CKR_MECHANISM_INVALID, Code::kIo),
    VARVE_RV(CKR_MECHANISM_PARAM_INVALID, Code::kIo),
    VARVE_RV(CKR_PIN_EXPIRED, Code::kIo),
    VARVE_RV(CKR_PIN_INCORRECT, Code::kIo),
    VARVE_RV(CKR_PIN_INVALID, Code::kIo),
    VARVE_RV(CKR_PIN_LEN_RANGE, Code::kIo),
    VARVE_RV(CKR_PIN_LOCKED, Code::kIo),
    VARVE_RV(CKR_SESSION_READ_ONLY, Code::kIo),
    VARVE_RV(CKR_TEMPLATE_INCOMPLETE, Code::kIo),
    VARVE_RV(CKR_TEMPLATE_INCONSISTENT, Code::kIo),
    VARVE_RV(CKR_TOKEN_WRITE_PROTECTED, Code::kIo),
    VARVE_RV(CKR_USER_ANOTHER_ALREADY_LOGGED_IN, Code::kIo),
    VARVE_RV(CKR_USER_PIN_NOT_INITIALIZED, Code::kIo),
};

#undef VARVE_RV

const Known* find(CK_RV rv) {
  const auto* const at = std::ranges::find(kKnown, rv, &Known::rv);
  return at == kKnown.end() ? nullptr : at;
}

}  // namespace

std::string rv_name(CK_RV rv) {
  if (const Known* known = find(rv)) return std::string(known->name);
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "CKR 0x%08lx", rv);
  return text.data();
}

Code rv_code(CK_RV rv) {
  if (const Known* known = find(rv)) return known->code;
  // A vendor's own value says nothing that can be relied on: treat the token as lost.
  return rv >= CKR_VENDOR_DEFINED ? Code::kBusy : Code::kIo;
}

Error rv_error(CK_RV rv, std::string_view doing) {
  return Error{rv_code(rv), "token: " + rv_name(rv)}.during(doing);
}

Result<void> rv_check(CK_RV rv, std::string_view doing) {
  if (rv == CKR_OK) return {};
  return rv_error(rv, doing);
}

}  // namespace varve::hsm
