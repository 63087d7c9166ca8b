// Finds the token, opens a session, logs in once, reads objects.
#include "hsm/session.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "hsm/rv.h"

namespace varve::hsm {

Result<std::unique_ptr<Session>> Session::open(Module& module, const Uri& token, Bytes pin,
                                               PinLatch* latch) {
  ASSIGN_OR_RETURN(auto slots, matching_slots(module.functions(), token));
  if (slots.empty()) return not_found("no token matches " + token.text() + " in " + module.path());
  if (slots.size() > 1)
    return invalid(std::to_string(slots.size()) + " tokens match " + token.text() +
                   ": name one of them by its serial");
  std::unique_ptr<Session> session(new Session(module, std::move(slots.front())));
  constexpr CK_FLAGS kFlags = CKF_SERIAL_SESSION | CKF_RW_SESSION;
  RETURN_IF_ERROR(rv_check(session->functions().C_OpenSession(session->slot_.id, kFlags, nullptr,
                                                              nullptr, &session->handle_),
                           "opening a session"));
  RETURN_IF_ERROR(session->log_in(pin, latch));
  return session;
}

Session::~Session() {
  if (handle_ != CK_INVALID_HANDLE) functions().C_CloseSession(handle_);
}

// KNOWN: login counts for the whole process and token. Where this process has logged in already,
// the token does not look at the PIN, so a second Token over it opens with any PIN.
Result<void> Session::log_in(Bytes pin, PinLatch* latch) {
  RefusedPins& refused_pins = module_.refused_pins();
  const MutexLock attempt(refused_pins.attempt());
  const std::string token = slot_.label + '\n' + slot_.serial;
  if (refused_pins.contains(token, pin))
    return io_error(
        "the token refused this PIN before; it is not tried again: correct the PIN, then restart");
  if (latch != nullptr) RETURN_IF_ERROR(latch->check(slot_));
  if ((slot_.flags & CKF_USER_PIN_LOCKED) != 0)
    return io_error("the token's user PIN is locked: unlock it with the security officer's PIN");
  if ((slot_.flags & CKF_USER_PIN_FINAL_TRY) != 0)
    return io_error(
        "the token has one try left before it locks: log in once by hand with the right PIN");
  auto* const text = const_cast<unsigned char*>(u8(pin));  // C_Login only reads it
  const CK_RV rv = functions().C_Login(handle_, CKU_USER, text, pin.size());
  if (rv == CKR_USER_ALREADY_LOGGED_IN) return {};
  const bool refused = rv == CKR_PIN_INCORRECT || rv == CKR_PIN_LEN_RANGE || rv == CKR_PIN_INVALID;
  if (refused || rv == CKR_PIN_LOCKED) refused_pins.add(token, pin);
  auto result = rv_check(rv, "logging in (one attempt only)");
  if (!refused || latch == nullptr) return result;
  const auto written = latch->set(slot_);
  if (written) return result;
  return Error(std::move(result).error())
      .during("not being able to write that down: " + written.error().message);
}

Result<std::vector<Object>> Session::find(Template wanted) {
  RETURN_IF_ERROR(rv_check(functions().C_FindObjectsInit(handle_, wanted.data(), wanted.size()),
                           "looking for objects"));
  std::vector<Object> found;
  std::array<Object, 64> some{};
  CK_ULONG count = 0;
  CK_RV rv = CKR_OK;
  do {
    rv = functions().C_FindObjects(handle_, some.data(), some.size(), &count);
    if (rv == CKR_OK) found.insert(found.end(), some.begin(), some.begin() + count);
  } while (rv == CKR_OK && count == some.size());
  const CK_RV end = functions().C_FindObjectsFinal(handle_);
  RETURN_IF_ERROR(rv_check(rv == CKR_OK ? end : rv, "looking for objects"));
  return found;
}

Result<std::vector<Object>> Session::find_listed(Template wanted) {
  const std::span<const CK_ATTRIBUTE> attributes(wanted.data(), wanted.size());
  auto listed = listed_.named(attributes);
  const auto is_wanted = [&](Object object) { return has(object, attributes); };
  if (!listed.empty() && std::ranges::all_of(listed, is_wanted)) return listed;
  ASSIGN_OR_RETURN(auto found, find(wanted));
  listed_.replace(attributes, found);
  list_more();
  return found;
}

/// Some more each time that somebody had to look: so no call takes long, and a token with few objects is asked little.
/// The call has its answer already: it does not fail because the list does.
void Session::list_more() {
  using State = ObjectList::State;
  if (listed_.state() == State::kNotBegun) {
    auto all = find(Template().flag(CKA_TOKEN, true));
    if (!all) return listed_.give_up();
    listed_.begin(std::move(*all));
  }
  if (listed_.state() == State::kPartial) listed_.extend(functions(), handle_);
}

bool Session::has(Object object, std::span<const CK_ATTRIBUTE> wanted) const {
  std::vector<CK_ATTRIBUTE> now(wanted.begin(), wanted.end());
  std::vector<Buffer> values;
  values.reserve(now.size());
  for (CK_ATTRIBUTE& attribute : now)
    attribute.pValue = values.emplace_back(attribute.ulValueLen).data();
  if (functions().C_GetAttributeValue(handle_, object, now.data(), now.size()) != CKR_OK)
    return false;
  return std::ranges::equal(now, wanted, [](const CK_ATTRIBUTE& a, const CK_ATTRIBUTE& b) {
    return a.ulValueLen == b.ulValueLen && std::memcmp(a.pValue, b.pValue, a.ulValueLen) == 0;
  });
}

Result<std::optional<Buffer>> Session::read(Object object, CK_ATTRIBUTE_TYPE type) {
  CK_ATTRIBUTE attribute{type, nullptr, 0};
  CK_RV rv = functions().C_GetAttributeValue(handle_, object, &attribute, 1);
  if (rv == CKR_ATTRIBUTE_TYPE_INVALID || rv == CKR_ATTRIBUTE_SENSITIVE ||
      (rv == CKR_OK && attribute.ulValueLen == CK_UNAVAILABLE_INFORMATION))
    return std::optional<Buffer>{};
  RETURN_IF_ERROR(rv_check(rv, "reading the size of an attribute"));
  Buffer value(attribute.ulValueLen);
  attribute.pValue = value.data();
  rv = functions().C_GetAttributeValue(handle_, object, &attribute, 1);
  RETURN_IF_ERROR(rv_check(rv, "reading an attribute"));
  value.resize(attribute.ulValueLen);
  return std::optional(std::move(value));
}

Result<bool> Session::read_flag(Object object, CK_ATTRIBUTE_TYPE type) {
  ASSIGN_OR_RETURN(const auto value, read(object, type));
  return value.has_value() && value->size() == sizeof(CK_BBOOL) && value->front() != std::byte{0};
}

void Session::destroy(Object object) {
  functions().C_DestroyObject(handle_, object);
}

}  // namespace varve::hsm
