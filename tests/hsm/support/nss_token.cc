// Sets the database up through PKCS#11 itself, as certutil does: the empty security officer's PIN
// of a new database lets the user's be set.
#include "tests/hsm/nss_token.h"

#include <cstdlib>
#include <iostream>

#include "hsm/module.h"
#include "ledger/env/posix.h"
#include "tests/directories.h"
#include "tests/hsm/soft_token.h"
#include "tests/hsm/support/plain_key.h"

namespace varve::testing {
namespace {

unsigned char* text(const char* pin) {
  return reinterpret_cast<unsigned char*>(const_cast<char*>(pin));
}

void set_pin() {
  const auto module = hsm::ModuleUse::of(NssToken::module());
  CHECK(module.has_value());
  const ReaderLock inside((*module)->inside());
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

std::string NssToken::module() {
  return built_file("tests/hsm/nss_module.so");
}

NssToken::NssToken() {
  CHECK(env::initialize().has_value());
  std::string name = (std::filesystem::temp_directory_path() / "varve-nss-XXXXXX").string();
  CHECK(::mkdtemp(name.data()) != nullptr);
  directory_ = name;
  write_secret(pin_file(), std::string(kPin) + "\n");
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
  auto token =
      hsm::Token::open({module(), kUri, *env::SecretBytes::copy_of(bytes_of(kPin)), 60'000});
  if (!token) std::cerr << "NssToken: " << token.error().message << '\n';
  CHECK(token.has_value());
  return std::move(*token);
}

void NssToken::make_key(const std::string& label) const {
  make_plain_key(module(), kUri, kPin, label);
}

}  // namespace varve::testing
