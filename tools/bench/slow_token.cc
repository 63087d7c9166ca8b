// A PKCS#11 module that passes everything on to SoftHSM and signs ten times a second, as a token
// behind a network or on a card does.
#include <dlfcn.h>
#include <p11-kit/pkcs11.h>

#include <chrono>
#include <thread>

namespace {

constexpr std::chrono::milliseconds kEachSignature{100};

CK_FUNCTION_LIST g_functions;
CK_FUNCTION_LIST* g_real = nullptr;

CK_RV sign(CK_SESSION_HANDLE session, unsigned char* data, CK_ULONG length,
           unsigned char* signature, CK_ULONG* signature_length) {
  std::this_thread::sleep_for(kEachSignature);
  return g_real->C_Sign(session, data, length, signature, signature_length);
}

}  // namespace

extern "C" CK_RV C_GetFunctionList(CK_FUNCTION_LIST** list) {
  void* const handle = ::dlopen("/usr/lib/softhsm/libsofthsm2.so", RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) return CKR_GENERAL_ERROR;
  const auto get = reinterpret_cast<CK_C_GetFunctionList>(::dlsym(handle, "C_GetFunctionList"));
  if (get == nullptr || get(&g_real) != CKR_OK) return CKR_GENERAL_ERROR;
  g_functions = *g_real;
  g_functions.C_Sign = sign;
  *list = &g_functions;
  return CKR_OK;
}
