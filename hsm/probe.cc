// Four attacks that a token with honest attributes refuses.
#include "hsm/probe.h"

#include <array>

#include "hsm/rv.h"

namespace varve::hsm {
namespace {

/// A refusal is what is hoped for; a token that is lost proves nothing.
Result<bool> succeeded(CK_RV rv) {
  if (rv == CKR_OK) return true;
  constexpr std::array kRefusals{CKR_FUNCTION_FAILED, CKR_GENERAL_ERROR};
  for (const CK_RV refusal : kRefusals)
    if (rv == refusal) return false;
  if (rv_code(rv) == Code::kBusy) return rv_error(rv, "probing a key");
  return false;
}

Result<bool> probe_reading(Session& session, Object key) {
  std::array<std::byte, 256> value{};
  CK_ATTRIBUTE attribute{CKA_VALUE, value.data(), value.size()};
  const CK_RV rv = session.functions().C_GetAttributeValue(session.handle(), key, &attribute, 1);
  if (rv == CKR_OK && attribute.ulValueLen == CK_UNAVAILABLE_INFORMATION) return false;
  return succeeded(rv);
}

Result<Object> make_wrapping_key(Session& session) {
  Template wrapping;
  wrapping.number(CKA_CLASS, CKO_SECRET_KEY)
      .number(CKA_KEY_TYPE, CKK_AES)
      .number(CKA_VALUE_LEN, 32)
      .flag(CKA_TOKEN, false)
      .flag(CKA_WRAP, true);
  CK_MECHANISM mechanism{CKM_AES_KEY_GEN, nullptr, 0};
  Object key = CK_INVALID_HANDLE;
  RETURN_IF_ERROR(
      rv_check(session.functions().C_GenerateKey(session.handle(), &mechanism, wrapping.data(),
                                                 wrapping.size(), &key),
               "making a wrapping key to probe with"));
  return key;
}

Result<bool> probe_wrapping(Session& session, Object key) {
  ASSIGN_OR_RETURN(const Object wrapping, make_wrapping_key(session));
  std::array<unsigned char, 16> iv{};
  const std::array mechanisms{CK_MECHANISM{CKM_AES_KEY_WRAP_PAD, nullptr, 0},
                              CK_MECHANISM{CKM_AES_KEY_WRAP, nullptr, 0},
                              CK_MECHANISM{CKM_AES_CBC_PAD, iv.data(), iv.size()}};
  Result<bool> outcome = false;
  for (CK_MECHANISM mechanism : mechanisms) {
    std::array<unsigned char, 1024> wrapped{};
    CK_ULONG length = wrapped.size();
    const CK_RV rv = session.functions().C_WrapKey(session.handle(), &mechanism, wrapping, key,
                                                   wrapped.data(), &length);
    outcome = succeeded(rv);
    if (!outcome || *outcome) break;
  }
  session.destroy(wrapping);
  return outcome;
}

Result<bool> probe_relaxing(Session& session, Object key) {
  const auto& f = session.functions();
  Template extractable = Template().flag(CKA_EXTRACTABLE, true);
  ASSIGN_OR_RETURN(const bool extractable_now,
                   succeeded(f.C_SetAttributeValue(session.handle(), key, extractable.data(), 1)));
  if (extractable_now) return true;
  Template readable = Template().flag(CKA_SENSITIVE, false);
  return succeeded(f.C_SetAttributeValue(session.handle(), key, readable.data(), 1));
}

Result<bool> probe_copying(Session& session, Object key) {
  Template relaxed =
      Template().flag(CKA_TOKEN, false).flag(CKA_EXTRACTABLE, true).flag(CKA_SENSITIVE, false);
  Object copy = CK_INVALID_HANDLE;
  const CK_RV rv = session.functions().C_CopyObject(session.handle(), key, relaxed.data(),
                                                    relaxed.size(), &copy);
  if (rv == CKR_OK) session.destroy(copy);
  return succeeded(rv);
}

}  // namespace

Result<format::ProbeOutcome> probe_private_key(Session& session, Object private_key) {
  format::ProbeOutcome outcome;
  ASSIGN_OR_RETURN(outcome.read, probe_reading(session, private_key));
  ASSIGN_OR_RETURN(outcome.wrap, probe_wrapping(session, private_key));
  ASSIGN_OR_RETURN(outcome.copy, probe_copying(session, private_key));
  ASSIGN_OR_RETURN(outcome.relax, probe_relaxing(session, private_key));  // last: it may succeed
  return outcome;
}

Result<void> must_hold(const format::ProbeOutcome& outcome) {
  if (outcome.held()) return {};
  std::string how;
  const auto add = [&how](bool happened, const char* what) {
    if (happened) how.append(how.empty() ? "" : ", ").append(what);
  };
  add(outcome.read, "read");
  add(outcome.wrap, "wrapped out");
  add(outcome.relax, "made extractable or readable");
  add(outcome.copy, "copied into an extractable key");
  return io_error("the token claims that its keys cannot leave it, but a throw-away key could be " +
                  how + ": this token is not fit to hold a ledger's key");
}

}  // namespace varve::hsm
