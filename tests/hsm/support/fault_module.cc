// A PKCS#11 module that passes everything on to SoftHSM, and misbehaves when a test asks it to.
#include <dlfcn.h>
#include <p11-kit/pkcs11.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <thread>
#include <vector>

#include "tests/hsm/support/fault.h"

#ifdef VARVE_HIDE_LEAKS
#include <sanitizer/lsan_interface.h>
using HideLeaks = __lsan::ScopedDisabler;
#else
struct HideLeaks {};
#endif

namespace {

VarveFault g_fault;
CK_FUNCTION_LIST g_functions;
CK_FUNCTION_LIST* g_real = nullptr;

/// A test in another process stops the token by making the file that this variable names.
bool is_stopped() {
  static const char* const path = std::getenv("VARVE_TOKEN_HANGS");
  return path != nullptr && ::access(path, F_OK) == 0;
}

void wait_while_stopped() {
  while (is_stopped()) std::this_thread::sleep_for(std::chrono::milliseconds(10));
}

/// With VARVE_TOKEN_TAKES_MS set, each search for a key and each unwrapping takes so long.
void take_time() {
  static const char* const ms = std::getenv("VARVE_TOKEN_TAKES_MS");
  if (ms != nullptr) std::this_thread::sleep_for(std::chrono::milliseconds(std::atoi(ms)));
}

void wait_for_others() {
  while (g_fault.unwraps < g_fault.unwraps_meet)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  g_fault.unwraps_meet = 0;
}

CK_RV find_objects(CK_SESSION_HANDLE session, CK_ATTRIBUTE* attributes, CK_ULONG count) {
  ++g_fault.searches;
  take_time();
  return g_real->C_FindObjectsInit(session, attributes, count);
}

CK_RV get_attributes(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE* attributes,
                     CK_ULONG count) {
  const bool is_listing = count > 1 && attributes[count - 1].type == CKA_EC_POINT &&
                          attributes[count - 2].type == CKA_ID;
  if (is_listing) ++g_fault.listings;
  if (is_listing && g_fault.listing_rv != 0) return g_fault.listing_rv;
  return g_real->C_GetAttributeValue(session, object, attributes, count);
}

CK_RV unwrap_key(CK_SESSION_HANDLE session, CK_MECHANISM* mechanism, CK_OBJECT_HANDLE key,
                 unsigned char* wrapped, CK_ULONG length, CK_ATTRIBUTE* attributes, CK_ULONG count,
                 CK_OBJECT_HANDLE* unwrapped) {
  wait_while_stopped();
  take_time();
  const int inside = ++g_fault.unwraps;
  if (inside > g_fault.unwraps_peak) g_fault.unwraps_peak = inside;
  wait_for_others();
  const CK_RV rv =
      g_real->C_UnwrapKey(session, mechanism, key, wrapped, length, attributes, count, unwrapped);
  --g_fault.unwraps;
  return g_fault.unwrap_fails != 0 ? CK_RV{CKR_DEVICE_ERROR} : rv;
}

CK_RV sign(CK_SESSION_HANDLE session, unsigned char* data, CK_ULONG length,
           unsigned char* signature, CK_ULONG* signature_length) {
  while (g_fault.sign_hangs != 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  wait_while_stopped();
  const CK_RV rv = g_real->C_Sign(session, data, length, signature, signature_length);
  const bool is_meant = g_fault.sign_rv_size == 0 || g_fault.sign_rv_size == length;
  if (is_meant && g_fault.sign_rv_times > 0) {
    --g_fault.sign_rv_times;
    return g_fault.sign_rv;
  }
  if (g_fault.signature_is_wrong != 0 && rv == CKR_OK) signature[5] ^= 1;
  return rv;
}

CK_RV sign_init(CK_SESSION_HANDLE session, CK_MECHANISM* mechanism, CK_OBJECT_HANDLE key) {
  [[maybe_unused]] const HideLeaks hide;
  return g_real->C_SignInit(session, mechanism, key);
}

/// With VARVE_TOKEN_DESTROYS set, no more than so many objects can be destroyed.
CK_RV destroy_object(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object) {
  static const char* const most = std::getenv("VARVE_TOKEN_DESTROYS");
  static std::atomic<int> destroyed{0};
  if (most != nullptr && destroyed++ >= std::atoi(most)) return CKR_DEVICE_ERROR;
  return g_real->C_DestroyObject(session, object);
}

CK_RV log_in(CK_SESSION_HANDLE session, CK_USER_TYPE user, unsigned char* pin, CK_ULONG length) {
  ++g_fault.logins;
  if (g_fault.pin_is_wrong != 0) return CKR_PIN_INCORRECT;
  return g_real->C_Login(session, user, pin, length);
}

CK_RV initialize(void* raw) {
  ++g_fault.starts;
  const auto* const arguments = static_cast<CK_C_INITIALIZE_ARGS*>(raw);
  if (arguments == nullptr || (arguments->flags & CKF_OS_LOCKING_OK) == 0)
    ++g_fault.uninitialized_arguments;
  return g_real->C_Initialize(raw);
}

CK_RV finalize(void* reserved) {
  ++g_fault.ends;
  return g_real->C_Finalize(reserved);
}

CK_RV slot_list(CK_BBOOL with_token, CK_SLOT_ID* slots, CK_ULONG* count) {
  const CK_RV rv = g_real->C_GetSlotList(with_token, slots, count);
  for (CK_ULONG i = 0; rv == CKR_OK && slots != nullptr && i < *count; ++i)
    slots[i] += g_fault.slot_shift;
  return rv;
}

CK_RV open_session(CK_SLOT_ID slot, CK_FLAGS flags, void* application, CK_NOTIFY notify,
                   CK_SESSION_HANDLE* session) {
  return g_real->C_OpenSession(slot - g_fault.slot_shift, flags, application, notify, session);
}

/// With VARVE_TOKEN_SILENT set, a token that somebody has initialised does not say what it is.
CK_RV token_info(CK_SLOT_ID slot, CK_TOKEN_INFO* info) {
  static const bool silent = std::getenv("VARVE_TOKEN_SILENT") != nullptr;
  const CK_RV rv = g_real->C_GetTokenInfo(slot - g_fault.slot_shift, info);
  if (silent && (info->flags & CKF_TOKEN_INITIALIZED) != 0) return CKR_TOKEN_NOT_RECOGNIZED;
  info->flags |= g_fault.token_flags;
  if (g_fault.sessions_most != 0)
    info->ulMaxSessionCount = info->ulMaxRwSessionCount = g_fault.sessions_most;
  return rv;
}

CK_RV generate_pair(CK_SESSION_HANDLE session, CK_MECHANISM* mechanism, CK_ATTRIBUTE* pub,
                    CK_ULONG pub_count, CK_ATTRIBUTE* priv, CK_ULONG priv_count,
                    CK_OBJECT_HANDLE* pub_key, CK_OBJECT_HANDLE* priv_key) {
  static CK_BBOOL yes = 1;
  static CK_BBOOL no = 0;
  std::vector<CK_ATTRIBUTE> changed(priv, priv + priv_count);
  for (CK_ATTRIBUTE& attribute : changed) {
    if (g_fault.keys_leak == 0) break;
    if (attribute.type == CKA_EXTRACTABLE) attribute.pValue = &yes;
    if (attribute.type == CKA_SENSITIVE) attribute.pValue = &no;
  }
  return g_real->C_GenerateKeyPair(session, mechanism, pub, pub_count, changed.data(), priv_count,
                                   pub_key, priv_key);
}

}  // namespace

extern "C" {

VarveFault* varve_fault() {
  return &g_fault;
}

CK_RV C_GetFunctionList(CK_FUNCTION_LIST** list) {
  void* const handle = ::dlopen("/usr/lib/softhsm/libsofthsm2.so", RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) return CKR_GENERAL_ERROR;
  const auto get = reinterpret_cast<CK_C_GetFunctionList>(::dlsym(handle, "C_GetFunctionList"));
  if (get == nullptr || get(&g_real) != CKR_OK) return CKR_GENERAL_ERROR;
  g_functions = *g_real;
  if (const char* const number =
          std::getenv("VARVE_TOKEN_MEETS"))  // unwraps_meet, from the start on
    g_fault.unwraps_meet = std::atoi(number);
  g_functions.C_SignInit = sign_init;
  g_functions.C_Sign = sign;
  g_functions.C_UnwrapKey = unwrap_key;
  g_functions.C_FindObjectsInit = find_objects;
  g_functions.C_GetAttributeValue = get_attributes;
  g_functions.C_DestroyObject = destroy_object;
  g_functions.C_Login = log_in;
  g_functions.C_Initialize = initialize;
  g_functions.C_Finalize = finalize;
  g_functions.C_GetSlotList = slot_list;
  g_functions.C_OpenSession = open_session;
  g_functions.C_GetTokenInfo = token_info;
  g_functions.C_GenerateKeyPair = generate_pair;
  *list = &g_functions;
  return CKR_OK;
}

}  // extern "C"
