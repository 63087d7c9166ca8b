// A new token: a free slot, a label, the security officer's PIN and the user's.
#include <algorithm>
#include <array>

#include "hsm/keys.h"
#include "hsm/module.h"
#include "hsm/rv.h"
#include "hsm/slots.h"

namespace varve::hsm {
namespace {

using Label = std::array<unsigned char, 32>;  // padded with spaces, as PKCS#11 wants it

unsigned char* pin_text(const env::SecretBytes& pin) {
  return const_cast<unsigned char*>(u8(pin.view()));  // the token only reads it
}

Result<Label> padded(const std::string& text) {
  Label label;
  if (text.empty() || text.size() > label.size() || text.ends_with(' '))
    return invalid("a token's label has 1 to 32 bytes, and no space at its end");
  label.fill(' ');
  std::ranges::copy(text, label.begin());
  return label;
}

/// A slot without a token; refuses a label that a token has already.
Result<CK_SLOT_ID> free_slot(const CK_FUNCTION_LIST& f, const std::string& label) {
  ASSIGN_OR_RETURN(const auto slots, slots_with_token(f));
  std::optional<CK_SLOT_ID> unused;
  for (const Slot& slot : slots) {
    if (slot.initialized() && slot.label == label)
      return worm("there is a token with this label already");
    if (!slot.initialized() && !unused) unused = slot.id;
  }
  if (!unused) return not_found("the module offers no slot without a token");
  return *unused;
}

Result<void> set_user_pin(const CK_FUNCTION_LIST& f, CK_SESSION_HANDLE session,
                          const TokenSetup& setup) {
  RETURN_IF_ERROR(
      rv_check(f.C_Login(session, CKU_SO, pin_text(setup.so_pin), setup.so_pin.view().size()),
               "logging in as security officer"));
  return rv_check(f.C_InitPIN(session, pin_text(setup.pin), setup.pin.view().size()),
                  "setting the user PIN");
}

}  // namespace

Result<void> initialize_token(const TokenSetup& setup) {
  ASSIGN_OR_RETURN(Label label, padded(setup.label));
  ASSIGN_OR_RETURN(const ModuleUse module, ModuleUse::of(setup.module));
  const ReaderLock inside(module->inside());
  const CK_FUNCTION_LIST& f = module->functions();
  ASSIGN_OR_RETURN(const CK_SLOT_ID slot, free_slot(f, setup.label));
  RETURN_IF_ERROR(rv_check(
      f.C_InitToken(slot, pin_text(setup.so_pin), setup.so_pin.view().size(), label.data()),
      "initialising the token"));
  CK_SESSION_HANDLE session = CK_INVALID_HANDLE;
  constexpr CK_FLAGS kFlags = CKF_SERIAL_SESSION | CKF_RW_SESSION;
  RETURN_IF_ERROR(
      rv_check(f.C_OpenSession(slot, kFlags, nullptr, nullptr, &session), "opening a session"));
  auto done = set_user_pin(f, session, setup);
  f.C_CloseSession(session);
  return done;
}

}  // namespace varve::hsm
