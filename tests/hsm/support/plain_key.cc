// Through PKCS#11 itself.
#include "tests/hsm/support/plain_key.h"

#include "hsm/encoding.h"
#include "hsm/module.h"
#include "hsm/session.h"

namespace varve::testing {

void make_plain_key(const std::string& module_path, const std::string& token, std::string_view pin,
                    const std::string& label) {
  auto module = hsm::ModuleUse::of(module_path);
  CHECK(module.has_value());
  const ReaderLock inside((*module)->inside());
  const auto uri = hsm::Uri::parse(token);
  auto session = hsm::Session::open(**module, *uri, bytes_of(pin), nullptr);
  CHECK(session.has_value());
  auto common = [&] {
    return hsm::Template().flag(CKA_TOKEN, true).text(CKA_LABEL, label).text(CKA_ID, label);
  };
  auto pub = common()
                 .bytes(CKA_EC_PARAMS, hsm::curve_parameters(format::Algorithm::kEcdsaP256))
                 .flag(CKA_VERIFY, true);
  auto priv = common()
                  .flag(CKA_PRIVATE, true)
                  .flag(CKA_SENSITIVE, true)
                  .flag(CKA_EXTRACTABLE, false)
                  .flag(CKA_SIGN, true);
  CK_MECHANISM mechanism{CKM_EC_KEY_PAIR_GEN, nullptr, 0};
  hsm::Object public_key = 0;
  hsm::Object private_key = 0;
  CHECK((*session)->functions().C_GenerateKeyPair((*session)->handle(), &mechanism, pub.data(),
                                                  pub.size(), priv.data(), priv.size(), &public_key,
                                                  &private_key) == CKR_OK);
}

}  // namespace varve::testing
