// The library's own function of a name that a test program defines anew.
#pragma once

#include <dlfcn.h>

#include "ledger/base/check.h"

namespace varve::testing {

template <class Function>
Function* of_the_library(const char* name) {
  auto* const found = reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
  CHECK(found != nullptr);
  return found;
}

}  // namespace varve::testing
