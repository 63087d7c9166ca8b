// PKCS#11 return values, as what the caller can do about them. Tokens disagree about which value
// they give for the same trouble, so values are treated as classes and never one by one.
#pragma once

#include <p11-kit/pkcs11.h>

#include <string>
#include <string_view>

#include "ledger/base/result.h"

namespace varve::hsm {

/// "CKR_PIN_INCORRECT", or "CKR 0x80000001" for values the standard does not name.
std::string rv_name(CK_RV rv);

/// kBusy     the token, its session or its handles were lost: start it again and find them again.
/// kCorrupt  the token says that wrapped or encrypted data was altered.
/// kIo       everything else: an operator has to act (PIN, missing mechanism, refused attribute).
Code rv_code(CK_RV rv);

/// An error that says what was being done: "token: CKR_DEVICE_ERROR while signing".
Error rv_error(CK_RV rv, std::string_view doing);

/// Turns a return value into a Result.
Result<void> rv_check(CK_RV rv, std::string_view doing);

}  // namespace varve::hsm
