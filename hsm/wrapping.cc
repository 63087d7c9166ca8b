// CKM_AES_KEY_WRAP under an AES-256 key found by its label.
#include "hsm/wrapping.h"

#include <array>

#include "hsm/rv.h"
#include "ledger/env/posix.h"

namespace varve::hsm {
namespace {

/// An object of this session, destroyed with the scope.
class SessionObject {
 public:
  SessionObject(Session& session, Object object) : session_(session), object_(object) {}
  SessionObject(const SessionObject&) = delete;
  SessionObject& operator=(const SessionObject&) = delete;
  ~SessionObject() { session_.destroy(object_); }
  [[nodiscard]] Object get() const { return object_; }

 private:
  Session& session_;
  Object object_;
};

Template kek_name(std::string_view label) {
  return Template()
      .number(CKA_CLASS, CKO_SECRET_KEY)
      .number(CKA_KEY_TYPE, CKK_AES)
      .flag(CKA_TOKEN, true)
      .text(CKA_LABEL, label);
}

/// CKA_COPYABLE is left out: tokens of version 2.20 do not know it, and a copy is no less bound.
Template kek_template(std::string_view label) {
  std::array<std::byte, 16> id{};
  env::system_random().fill(id);
  return kek_name(label)
      .bytes(CKA_ID, id)
      .number(CKA_VALUE_LEN, 32)
      .flag(CKA_PRIVATE, true)
      .flag(CKA_SENSITIVE, true)
      .flag(CKA_EXTRACTABLE, false)
      .flag(CKA_MODIFIABLE, false)
      .flag(CKA_WRAP, true)
      .flag(CKA_UNWRAP, true)
      .flag(CKA_ENCRYPT, false)
      .flag(CKA_DECRYPT, false)
      .flag(CKA_SIGN, false)
      .flag(CKA_VERIFY, false)
      .flag(CKA_DERIVE, false);
}

/// A data key as it lies in the token for a moment: readable, of this session, good for nothing.
Template data_key_template() {
  return Template()
      .number(CKA_CLASS, CKO_SECRET_KEY)
      .number(CKA_KEY_TYPE, CKK_AES)
      .flag(CKA_TOKEN, false)
      .flag(CKA_PRIVATE, true)
      .flag(CKA_SENSITIVE, false)
      .flag(CKA_EXTRACTABLE, true)
      .flag(CKA_MODIFIABLE, true)  // SoftHSM cannot unwrap into anything else
      .flag(CKA_WRAP, false)
      .flag(CKA_UNWRAP, false)
      .flag(CKA_ENCRYPT, false)
      .flag(CKA_DECRYPT, false)
      .flag(CKA_SIGN, false)
      .flag(CKA_VERIFY, false)
      .flag(CKA_DERIVE, false);
}

std::string quoted(std::string_view label) {
  return "'" + std::string(label) + "'";
}

Result<Object> take_kek(Session& session, std::string_view label,
                        const std::vector<Object>& found) {
  if (found.empty())
    return not_found("the token " + session.slot().label + " holds no key-encryption key " +
                     quoted(label));
  if (found.size() > 1)
    return io_error(std::to_string(found.size()) + " key-encryption keys are called " +
                    quoted(label) + ": remove the one that was not made first");
  ASSIGN_OR_RETURN(const bool extractable, session.read_flag(found.front(), CKA_EXTRACTABLE));
  if (extractable)
    return io_error("the key-encryption key " + quoted(label) + " may leave the token: not used");
  session.keks.emplace(label, found.front());
  return found.front();
}

Result<Object> find_kek(Session& session, std::string_view label) {
  if (const auto at = session.keks.find(label); at != session.keks.end()) return at->second;
  ASSIGN_OR_RETURN(const auto found, session.find_listed(kek_name(label)));
  return take_kek(session, label, found);
}

Result<Object> find_or_make_kek(Session& session, std::string_view label) {
  auto found = find_kek(session, label);
  if (found || found.error().code != Code::kNotFound) return found;
  Template kek = kek_template(label);
  CK_MECHANISM mechanism{CKM_AES_KEY_GEN, nullptr, 0};
  Object made = CK_INVALID_HANDLE;
  RETURN_IF_ERROR(rv_check(session.functions().C_GenerateKey(session.handle(), &mechanism,
                                                             kek.data(), kek.size(), &made),
                           "making a key-encryption key"));
  ASSIGN_OR_RETURN(const auto all, session.find(kek_name(label)));
  return take_kek(session, label,
                  all);  // refuses a twin that another process made at the same time
}

Result<Object> import_key(Session& session, Bytes data_key) {
  Template key = data_key_template().borrowed(CKA_VALUE, data_key);
  Object object = CK_INVALID_HANDLE;
  RETURN_IF_ERROR(rv_check(
      session.functions().C_CreateObject(session.handle(), key.data(), key.size(), &object),
      "importing a data key"));
  return object;
}

Result<void> read_key(Session& session, Object key, MutableBytes out) {
  CHECK(out.size() == kDataKeySize);
  CK_ATTRIBUTE attribute{CKA_VALUE, out.data(), kDataKeySize};
  RETURN_IF_ERROR(
      rv_check(session.functions().C_GetAttributeValue(session.handle(), key, &attribute, 1),
               "reading an unwrapped data key"));
  if (attribute.ulValueLen != kDataKeySize)
    return corrupt("the unwrapped data key is not 32 bytes");
  return {};
}

Result<Buffer> wrap_under(Session& session, Object kek, Bytes data_key) {
  ASSIGN_OR_RETURN(const Object imported, import_key(session, data_key));
  const SessionObject key(session, imported);
  CK_MECHANISM mechanism{CKM_AES_KEY_WRAP, nullptr, 0};
  Buffer wrapped(kWrappedKeySize);
  CK_ULONG length = wrapped.size();
  RETURN_IF_ERROR(
      rv_check(session.functions().C_WrapKey(session.handle(), &mechanism, kek, key.get(),
                                             u8(MutableBytes(wrapped)), &length),
               "wrapping a data key"));
  if (length != kWrappedKeySize)
    return io_error("the token wraps 32 bytes to " + std::to_string(length) + ", not 40");
  return wrapped;
}

Result<void> unwrap_under(Session& session, Object kek, Bytes wrapped, MutableBytes out) {
  CK_MECHANISM mechanism{CKM_AES_KEY_WRAP, nullptr, 0};
  Template attributes = data_key_template();
  Object unwrapped = CK_INVALID_HANDLE;
  auto* const input = const_cast<unsigned char*>(u8(wrapped));  // C_UnwrapKey only reads it
  RETURN_IF_ERROR(rv_check(
      session.functions().C_UnwrapKey(session.handle(), &mechanism, kek, input, wrapped.size(),
                                      attributes.data(), attributes.size(), &unwrapped),
      "unwrapping a data key"));
  const SessionObject key(session, unwrapped);
  return read_key(session, key.get(), out);
}

/// Some tokens answer GENERAL_ERROR both when they are broken and when the wrapped key is. What
/// this key wraps and unwraps just now tells the two apart.
bool works(Session& session, Object kek) {
  Buffer zeros(kDataKeySize);
  const auto wrapped = wrap_under(session, kek, zeros);
  return wrapped && unwrap_under(session, kek, *wrapped, zeros);
}

}  // namespace

Result<bool> holds_kek(Session& session, std::string_view label) {
  const auto found = find_kek(session, label);
  if (!found && found.error().code == Code::kNotFound) return false;
  if (!found) return found.error();
  return true;
}

Result<Buffer> wrap_key(Session& session, std::string_view label, Bytes data_key) {
  if (data_key.size() != kDataKeySize) return invalid("a data key has 32 bytes");
  ASSIGN_OR_RETURN(const Object kek, find_or_make_kek(session, label));
  return wrap_under(session, kek, data_key);
}

Result<void> unwrap_key(Session& session, std::string_view label, Bytes wrapped, MutableBytes out) {
  if (wrapped.size() != kWrappedKeySize)
    return corrupt("a wrapped data key has 40 bytes, not " + std::to_string(wrapped.size()));
  ASSIGN_OR_RETURN(const Object kek, find_kek(session, label));
  auto done = unwrap_under(session, kek, wrapped, out);
  if (!done && done.error().code == Code::kBusy && works(session, kek))
    return corrupt("the wrapped data key was altered: " + quoted(label) + " does not unwrap it");
  return done;
}

}  // namespace varve::hsm
