// One PKCS#11 library in this process. C_Initialize and C_Finalize act on the whole process, so
// all tokens that use the same library share one Module, which counts its users and makes sure
// that nobody is inside the library while it is started again.
#pragma once

#include <p11-kit/pkcs11.h>

#include <cstdint>
#include <string>

#include "hsm/refused_pins.h"
#include "ledger/base/mutex.h"
#include "ledger/base/result.h"

namespace varve::hsm {

/// Never unloaded: libraries leave threads and exit handlers behind.
/// Thread: any. A thread that calls the library holds inside() shared while it does.
class Module {
 public:
  /// Loads the library at `path`, once a process; does not initialise it.
  /// Errors: kInvalid  not an absolute path.  kIo  it cannot be loaded or is no PKCS#11 library.
  static Result<Module*> load(const std::string& path);

  /// Initialises the library for the first user; a further one waits for no call that is inside.
  /// Every success is paired with release().
  Result<void> acquire();
  /// Finalises the library after the last user.
  void release();

  /// Finalises and initialises the library, unless someone has done so since `seen`: after this
  /// every session and handle of an older generation is gone.
  /// Blocks while another thread is inside the library.
  Result<void> restart(std::uint64_t seen);

  /// Held by whoever calls the library: shared to use it, alone to start or to end it.
  [[nodiscard]] FairMutex& inside() const RETURN_CAPABILITY(inside_) { return inside_; }
  /// Counts the starts.
  [[nodiscard]] std::uint64_t generation() const REQUIRES_SHARED(inside_) { return generation_; }
  [[nodiscard]] const CK_FUNCTION_LIST& functions() const { return *functions_; }
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] RefusedPins& refused_pins() { return refused_pins_; }

 private:
  Module(std::string path, const CK_FUNCTION_LIST* functions);
  Result<void> initialize() REQUIRES(inside_);
  void finalize() REQUIRES(inside_);

  const std::string path_;
  const CK_FUNCTION_LIST* const functions_;
  RefusedPins refused_pins_;
  mutable FairMutex inside_;
  std::uint64_t generation_ GUARDED_BY(inside_) = 0;
  bool initialized_ GUARDED_BY(inside_) = false;  // by us: one that the program started stays so
  Mutex counting_;                                // taken last; who is inside sees no user leave
  unsigned users_ GUARDED_BY(counting_) = 0;
};

/// RAII for acquire and release.
class ModuleUse {
 public:
  static Result<ModuleUse> of(const std::string& path);
  ModuleUse(ModuleUse&& other) noexcept;
  ModuleUse(const ModuleUse&) = delete;
  ModuleUse& operator=(const ModuleUse&) = delete;
  ModuleUse& operator=(ModuleUse&&) = delete;
  ~ModuleUse();

  Module& operator*() const { return *module_; }
  Module* operator->() const { return module_; }

 private:
  explicit ModuleUse(Module* module) : module_(module) {}
  Module* module_;
};

}  // namespace varve::hsm
