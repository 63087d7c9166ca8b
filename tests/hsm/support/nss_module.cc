// NSS's softokn as a PKCS#11 module like any other: hands it the parameters that it wants to be
// started with, from VARVE_NSS_PARAMETERS.
#include <dlfcn.h>
#include <p11-kit/pkcs11.h>

#include <cstdlib>

namespace {

CK_FUNCTION_LIST g_functions;
CK_FUNCTION_LIST* g_real = nullptr;

CK_RV initialize(void* raw) {
  CK_C_INITIALIZE_ARGS arguments{};
  if (raw != nullptr) arguments = *static_cast<CK_C_INITIALIZE_ARGS*>(raw);
  arguments.flags |= CKF_OS_LOCKING_OK;
  arguments.pReserved = std::getenv("VARVE_NSS_PARAMETERS");
  return g_real->C_Initialize(&arguments);
}

}  // namespace

extern "C" CK_RV C_GetFunctionList(CK_FUNCTION_LIST** list) {
  void* const handle = ::dlopen("libsoftokn3.so", RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) return CKR_GENERAL_ERROR;
  const auto get = reinterpret_cast<CK_C_GetFunctionList>(::dlsym(handle, "C_GetFunctionList"));
  if (get == nullptr || get(&g_real) != CKR_OK) return CKR_GENERAL_ERROR;
  g_functions = *g_real;
  g_functions.C_Initialize = initialize;
  *list = &g_functions;
  return CKR_OK;
}
