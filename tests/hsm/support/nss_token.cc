// Sets the database up through PKCS#11 itself, as certutil does: the empty security officer's PIN of
// a new database lets the user's be set.
#include "tests/hsm/nss_token.h"

#include <cstdlib>
#include <fstream>
#include <iostream>

#include "hsm/encoding.h"
#include "hsm/module.h"
#include "hsm/session.h"
#include "ledger/env/posix.h"

namespace varve::testing {
namespace {

unsigned char* text(const char* pin) {
  return reinterpret_cast<unsigned char*>(const_cast<char*>(pin));
}

void set_pin() {
  const auto module = hsm::ModuleUse::of(NssToken::kModule);
  CHECK(module.has_value());
  const auto inside = (*module)->enter();
  const CK_FUNCTION_LIST& f = (*module)->functions();
  constexpr CK_SLOT_ID kUserSlot = 2;
  CK_SESSION_HANDLE session = CK_INVALID_HANDLE;
  CHECK(f.C_OpenSession(kUserSlot, CKF_SERIAL_SESSION | CKF_RW_SESSION, nullptr, nullptr,
                        &session) == CKR_OK);
  CHECK(f.C_Login(session, CKU_SO, text(""), 0) == CKR_OK);
  CHECK(f.C_InitPIN(session, text(NssToken::kPin), std::string_view(NssToken::kPin).size()) ==
        CKR_OK);
  CHECK(f.C_CloseSession(session) == CKR_OK);
}

}  // namespace

NssToken::NssToken() {
  CHECK(env::initialize().has_value());
  std::string name = (std::filesystem::temp_directory_path() / "varve-nss-XXXXXX").string();
  CHECK(::mkdtemp(name.data()) != nullptr);
  directory_ = name;
  std::ofstream(pin_file()) << kPin << "\n";
  const std::string parameters =
      "configdir='sql:" + name + "' certPrefix='' keyPrefix='' secmod='secmod.db' flags=";
  CHECK(::setenv("VARVE_NSS_PARAMETERS", parameters.c_str(), 1) == 0);
  set_pin();
}

NssToken::~NssToken() {
  std::error_code ignored;  // the system cleans /tmp as well
  std::filesystem::remove_all(directory_, ignored);
}

std::unique_ptr<hsm::Token> NssToken::open() const {
  auto token = hsm::Token::open({kModule, kUri, env::SecretBytes::copy_of(bytes_of(kPin)), 10'000});
  if (!token) std::cerr << "NssToken: " << token.error().message << '\n';
  CHECK(token.has_value());
  return std::move(*token);
}

void NssToken::make_key(const std::string& label) const {
  auto module = hsm::ModuleUse::of(kModule);
  CHECK(module.has_value());
  const auto inside = (*module)->enter();
  const auto uri = hsm::Uri::parse(kUri);
  auto session = hsm::Session::open(**module, *uri, bytes_of(kPin));
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
                                                  pub.size(), priv.data(), priv.size(),
                                                  &public_key, &private_key) == CKR_OK);
}

}  // namespace varve::testing
