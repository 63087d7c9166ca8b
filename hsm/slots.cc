// Slots, tokens and mechanisms.
#include "hsm/slots.h"

#include <algorithm>

#include "hsm/module.h"
#include "hsm/rv.h"

namespace varve::hsm {
namespace {

/// Padding is spaces by the standard; tpm2-pkcs11 pads with zeros.
template <std::size_t N>
std::string unpadded(const unsigned char (&field)[N]) {
  std::string text(reinterpret_cast<const char*>(field), N);
  text.erase(text.find_last_not_of(std::string_view(" \0", 2)) + 1);
  return text;
}

struct SlotAndInfo {
  Slot slot;
  CK_TOKEN_INFO info;
};

Result<std::vector<CK_SLOT_ID>> numbers_of_slots(const CK_FUNCTION_LIST& functions) {
  CK_ULONG count = 0;
  RETURN_IF_ERROR(rv_check(functions.C_GetSlotList(CK_TRUE, nullptr, &count), "counting slots"));
  std::vector<CK_SLOT_ID> ids(count);
  RETURN_IF_ERROR(rv_check(functions.C_GetSlotList(CK_TRUE, ids.data(), &count), "listing slots"));
  ids.resize(count);
  return ids;
}

Result<SlotAndInfo> look_at(const CK_FUNCTION_LIST& functions, CK_SLOT_ID id) {
  CK_TOKEN_INFO info{};
  RETURN_IF_ERROR(rv_check(functions.C_GetTokenInfo(id, &info), "asking it what it is"));
  return SlotAndInfo{{id, unpadded(info.label), unpadded(info.serialNumber),
                      unpadded(info.manufacturerID), unpadded(info.model), info.flags},
                     info};
}

/// Those whose token says what it is. The others were removed, or are no tokens of ours.
Result<std::vector<SlotAndInfo>> look_at_slots(const CK_FUNCTION_LIST& functions) {
  ASSIGN_OR_RETURN(const auto ids, numbers_of_slots(functions));
  std::vector<SlotAndInfo> found;
  for (const CK_SLOT_ID id : ids)
    if (auto seen = look_at(functions, id)) found.push_back(std::move(*seen));
  return found;
}

Result<std::vector<CK_MECHANISM_TYPE>> mechanisms_of(const CK_FUNCTION_LIST& functions,
                                                     CK_SLOT_ID slot) {
  constexpr std::string_view kDoing = "listing mechanisms";
  CK_ULONG count = 0;
  RETURN_IF_ERROR(rv_check(functions.C_GetMechanismList(slot, nullptr, &count), kDoing));
  std::vector<CK_MECHANISM_TYPE> types(count);
  RETURN_IF_ERROR(rv_check(functions.C_GetMechanismList(slot, types.data(), &count), kDoing));
  types.resize(count);
  return types;
}

Result<TokenInfo> ask_token(const CK_FUNCTION_LIST& functions, CK_SLOT_ID id) {
  ASSIGN_OR_RETURN(auto seen, look_at(functions, id));
  ASSIGN_OR_RETURN(const auto types, mechanisms_of(functions, id));
  const auto offers = [&types](CK_MECHANISM_TYPE type) {
    return std::ranges::find(types, type) != types.end();
  };
  return TokenInfo{
      std::move(seen.slot), offers(CKM_EDDSA), offers(CKM_ECDSA), offers(CKM_AES_KEY_WRAP), {}};
}

}  // namespace

Result<std::vector<Slot>> slots_with_token(const CK_FUNCTION_LIST& functions) {
  ASSIGN_OR_RETURN(auto all, look_at_slots(functions));
  std::vector<Slot> slots;
  for (SlotAndInfo& each : all) slots.push_back(std::move(each.slot));
  return slots;
}

Result<std::vector<Slot>> matching_slots(const CK_FUNCTION_LIST& functions, const Uri& uri) {
  ASSIGN_OR_RETURN(auto all, look_at_slots(functions));
  std::vector<Slot> found;
  for (SlotAndInfo& each : all)
    if (each.slot.initialized() && uri.matches(each.info)) found.push_back(std::move(each.slot));
  return found;
}

Result<unsigned> sessions_left(const CK_FUNCTION_LIST& functions, const Slot& slot, unsigned most) {
  CK_TOKEN_INFO info{};
  RETURN_IF_ERROR(rv_check(functions.C_GetTokenInfo(slot.id, &info), "asking for its sessions"));
  const auto left = [most](CK_ULONG limit, CK_ULONG open) -> CK_ULONG {
    if (limit == CK_EFFECTIVELY_INFINITE || limit == CK_UNAVAILABLE_INFORMATION) return most;
    const CK_ULONG ours = open == CK_UNAVAILABLE_INFORMATION ? 1 : open;
    return limit > ours ? limit - ours : 0;
  };
  const CK_ULONG any = left(info.ulMaxSessionCount, info.ulSessionCount);
  const CK_ULONG writing = left(info.ulMaxRwSessionCount, info.ulRwSessionCount);
  return static_cast<unsigned>(std::min({any, writing, CK_ULONG{most}}));
}

std::string token_identity(const Slot& slot) {
  std::string uri = "pkcs11:manufacturer=" + percent_encoded(slot.manufacturer);
  uri.append(";model=").append(percent_encoded(slot.model));
  uri.append(";serial=").append(percent_encoded(slot.serial));
  return uri.append(";token=").append(percent_encoded(slot.label));
}

const char* user_pin_state(const Slot& slot) {
  if (!slot.initialized()) return "the token is not initialised";
  if ((slot.flags & CKF_USER_PIN_LOCKED) != 0) return "locked";
  if ((slot.flags & CKF_USER_PIN_FINAL_TRY) != 0) return "one try left";
  if ((slot.flags & CKF_USER_PIN_COUNT_LOW) != 0) return "wrong at the last try";
  return (slot.flags & CKF_USER_PIN_INITIALIZED) != 0 ? "set" : "not set";
}

Result<std::vector<TokenInfo>> list_tokens(const std::string& module) {
  ASSIGN_OR_RETURN(const ModuleUse use, ModuleUse::of(module));
  const ReaderLock inside(use->inside());
  const CK_FUNCTION_LIST& functions = use->functions();
  ASSIGN_OR_RETURN(const auto ids, numbers_of_slots(functions));
  std::vector<TokenInfo> tokens;
  for (const CK_SLOT_ID id : ids) {
    auto token = ask_token(functions, id);
    if (token) {
      tokens.push_back(std::move(*token));
    } else {
      tokens.emplace_back().slot.id = id;
      tokens.back().silent_because = std::move(token).error().message;
    }
  }
  return tokens;
}

}  // namespace varve::hsm
