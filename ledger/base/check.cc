// Where a broken invariant stops the process.
#include "ledger/base/check.h"

#include <cstdio>
#include <cstdlib>

namespace varve {

void check_failed(const char* expression, const char* file, int line) {
  std::fprintf(stderr, "varve: invariant broken: %s at %s:%d\n", expression, file, line);
  std::abort();
}

}  // namespace varve
