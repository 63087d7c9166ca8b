// Loading, starting and restarting a PKCS#11 library.
#include "hsm/module.h"

#include <dlfcn.h>

#include <map>
#include <utility>

#include "hsm/rv.h"

namespace varve::hsm {
namespace {

struct Loaded {
  Mutex mutex;
  std::map<std::string, Module*> modules GUARDED_BY(mutex);
};

/// Lives until the process ends: no destructor may call into a library after main.
Loaded& loaded() {
  static auto* const all = new Loaded;
  return *all;
}

Result<const CK_FUNCTION_LIST*> open_library(const std::string& path) {
  if (!path.starts_with('/'))
    return invalid("the PKCS#11 module is given by its absolute path, not '" + path + "'");
  void* const handle = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr)
    return io_error("cannot load the PKCS#11 module: " + std::string(::dlerror()));
  const auto get = reinterpret_cast<CK_C_GetFunctionList>(::dlsym(handle, "C_GetFunctionList"));
  if (get == nullptr) return io_error(path + " is not a PKCS#11 module: no C_GetFunctionList");
  CK_FUNCTION_LIST* functions = nullptr;
  RETURN_IF_ERROR(rv_check(get(&functions), "asking " + path + " for its functions"));
  return static_cast<const CK_FUNCTION_LIST*>(functions);
}

}  // namespace

Module::Module(std::string path, const CK_FUNCTION_LIST* functions)
    : path_(std::move(path)), functions_(functions) {}

Result<Module*> Module::load(const std::string& path) {
  Loaded& all = loaded();
  const MutexLock lock(all.mutex);
  if (const auto at = all.modules.find(path); at != all.modules.end()) return at->second;
  ASSIGN_OR_RETURN(const CK_FUNCTION_LIST* functions, open_library(path));
  auto* const module = new Module(path, functions);
  all.modules.emplace(path, module);
  return module;
}

Result<void> Module::initialize() {
  CK_C_INITIALIZE_ARGS arguments{};
  arguments.flags = CKF_OS_LOCKING_OK;
  const CK_RV rv = functions_->C_Initialize(&arguments);
  if (rv == CKR_CRYPTOKI_ALREADY_INITIALIZED) return {};
  RETURN_IF_ERROR(rv_check(rv, "starting the PKCS#11 module"));
  initialized_ = true;
  return {};
}

void Module::finalize() {
  if (std::exchange(initialized_, false)) functions_->C_Finalize(nullptr);
}

Result<void> Module::acquire() {
  {
    const ReaderLock inside(inside_);
    const MutexLock counting(counting_);
    if (users_ > 0) {
      ++users_;
      return {};
    }
  }
  const WriterLock alone(inside_);
  const MutexLock counting(counting_);
  if (users_ == 0) {
    RETURN_IF_ERROR(initialize());
    ++generation_;
  }
  ++users_;
  return {};
}

void Module::release() {
  const WriterLock alone(inside_);
  const MutexLock counting(counting_);
  if (--users_ == 0) finalize();
}

Result<void> Module::restart(std::uint64_t seen) {
  const WriterLock alone(inside_);
  if (generation_ != seen) return {};
  finalize();
  RETURN_IF_ERROR(initialize());
  ++generation_;
  return {};
}

Result<ModuleUse> ModuleUse::of(const std::string& path) {
  ASSIGN_OR_RETURN(Module* const module, Module::load(path));
  RETURN_IF_ERROR(module->acquire());
  return ModuleUse(module);
}

ModuleUse::ModuleUse(ModuleUse&& other) noexcept : module_(std::exchange(other.module_, nullptr)) {}

ModuleUse::~ModuleUse() {
  if (module_ != nullptr) module_->release();
}

}  // namespace varve::hsm
