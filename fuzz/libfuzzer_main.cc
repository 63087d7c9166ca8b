// What libFuzzer calls. Its main() comes with -fsanitize=fuzzer.
#include <cstddef>
#include <cstdint>

#include "fuzz/target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  varve::fuzz::accepts(std::as_bytes(std::span{data, size}));
  return 0;
}
