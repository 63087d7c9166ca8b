// The allocator's own call.
#include "api/common/ebb.h"

#include <malloc.h>

namespace varve::api {

void keep_little_memory() {
  constexpr int kMiB = 1 << 20;
  mallopt(M_MMAP_THRESHOLD,
          12 * kMiB);  // a frame of 8 MiB, which the log writes often, is below it
  mallopt(M_TRIM_THRESHOLD, 16 * kMiB);
}

void give_back_memory() {
  malloc_trim(0);
}

}  // namespace varve::api
