// What the fault module can do wrong: shared between it and the tests, in one process.
#pragma once

#include <atomic>
#include <cstdint>

struct VarveFault {
  std::atomic<std::uint64_t> sign_rv{0};       // C_Sign answers this ...
  std::atomic<int> sign_rv_times{0};           // ... so many times
  std::atomic<std::uint64_t> sign_rv_size{0};  // ... for messages of this size; 0: of any
  std::atomic<int> sign_hangs{0};              // C_Sign waits while this is 1
  std::atomic<int> signature_is_wrong{0};      // C_Sign flips a bit of its result
  std::atomic<int> keys_leak{0};               // key pairs are made extractable and readable
  std::atomic<int> unwraps_meet{0};  // C_UnwrapKey waits until so many were inside at once
  std::atomic<int> unwraps{0};       // calls of C_UnwrapKey that are inside
  std::atomic<int> unwraps_peak{0};  // the most of them so far
  std::atomic<int> unwrap_fails{0};  // C_UnwrapKey answers CKR_DEVICE_ERROR
  std::atomic<int> pin_is_wrong{0};  // C_Login answers CKR_PIN_INCORRECT
  std::atomic<std::uint64_t> sessions_most{0};  // what C_GetTokenInfo says of them, if not 0
  std::atomic<int> searches{0};                 // calls of C_FindObjectsInit
  std::atomic<int> listings{0};                 // objects that were asked for all their names
  std::atomic<std::uint64_t> listing_rv{0};     // what that is answered, if not 0
  std::atomic<int> logins{0};                   // calls of C_Login
  std::atomic<int> starts{0};                   // calls of C_Initialize
  std::atomic<int> ends{0};                     // calls of C_Finalize
  std::atomic<std::uint64_t> slot_shift{0};     // added to the number of every slot
  std::atomic<int> uninitialized_arguments{0};  // C_Initialize without CKF_OS_LOCKING_OK
  std::atomic<std::uint64_t> token_flags{0};    // added to what C_GetTokenInfo says
};

/// Exported by the module.
using VarveFaultFunction = VarveFault* (*)();
inline constexpr const char* kVarveFaultSymbol = "varve_fault";
