// The rounds of FIPS 180-4 on vectors: lane i of every vector belongs to message i. Written with
// the compiler's own vectors, which it turns into AVX-512 (rotations and all) in one function.
#include "ledger/merkle/lanes.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "ledger/base/check.h"
#include "ledger/merkle/sha256.h"

namespace varve::merkle {
namespace {

#ifdef __x86_64__

constexpr std::size_t kBlock = 64;

// Source: FIPS 180-4 section 4.2.2
constexpr std::array<std::uint32_t, 64> kRound = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};
// Source: FIPS 180-4 section 5.3.3
constexpr std::array<std::uint32_t, 8> kStart = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                                 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

/// prefix || message || padding, block by block.
class Padded {
 public:
  Padded() = default;
  Padded(std::byte prefix, Bytes message) : prefix_(prefix), message_(message) {
    blocks_ = (1 + message.size() + 1 + 8 + kBlock - 1) / kBlock;
  }
  [[nodiscard]] std::size_t blocks() const { return blocks_; }

  /// Block `k`: where it lies in the message, or in `room` when it is not wholly message.
  const std::byte* block(std::size_t k, std::byte* room) const {
    const std::size_t from = k * kBlock;  // in the padded message, where the prefix is byte 0
    const std::size_t end = 1 + message_.size();
    if (k != 0 && from + kBlock <= end) return message_.data() + from - 1;
    std::memset(room, 0, kBlock);
    if (k == 0) room[0] = prefix_;
    const std::size_t skip = k == 0 ? 1 : 0;
    if (from < end)
      std::copy_n(message_.data() + from + skip - 1, std::min(kBlock, end - from) - skip, room + skip);
    if (from <= end && end < from + kBlock) room[end - from] = std::byte{0x80};
    if (k + 1 == blocks_)
      for (std::size_t i = 0; i < 8; ++i)
        room[kBlock - 1 - i] = static_cast<std::byte>((end * 8) >> (8 * i));
    return room;
  }

 private:
  std::byte prefix_{};
  Bytes message_;
  std::size_t blocks_ = 0;
};

using Vector = std::uint32_t __attribute__((vector_size(4 * kLanes)));
using State = std::array<Vector, 8>;

struct Batch {
  std::array<Padded, kLanes> messages;
  std::size_t blocks = 0;  // of the longest
};

#define ROTATE(x, n) (((x) >> (n)) | ((x) << (32 - (n))))

__attribute__((target("avx512f,avx512bw"))) void run_lanes(const Batch& batch, State& out) {
  State state;
  for (std::size_t i = 0; i < 8; ++i) state[i] = Vector{} + kStart[i];
  std::array<std::byte, kBlock> room;
  for (std::size_t k = 0; k < batch.blocks; ++k) {
    std::array<Vector, 16> w;
    Vector running{};  // all ones where message i has a block k
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      const Padded& message = batch.messages[lane];
      if (k >= message.blocks()) {
        for (Vector& word : w) word[lane] = 0;
        continue;
      }
      running[lane] = ~0u;
      const std::byte* const block = message.block(k, room.data());
      for (std::size_t i = 0; i < 16; ++i) {
        std::uint32_t word = 0;
        std::memcpy(&word, block + 4 * i, 4);
        w[i][lane] = __builtin_bswap32(word);
      }
    }
    auto [a, b, c, d, e, f, g, h] = state;
    for (std::size_t t = 0; t < 64; ++t) {
      if (t >= 16) {
        const Vector w15 = w[(t - 15) % 16];
        const Vector w2 = w[(t - 2) % 16];
        w[t % 16] += (ROTATE(w15, 7) ^ ROTATE(w15, 18) ^ (w15 >> 3)) + w[(t - 7) % 16] +
                     (ROTATE(w2, 17) ^ ROTATE(w2, 19) ^ (w2 >> 10));
      }
      const Vector t1 = h + (ROTATE(e, 6) ^ ROTATE(e, 11) ^ ROTATE(e, 25)) + ((e & f) ^ (~e & g)) +
                        kRound[t] + w[t % 16];
      const Vector t2 =
          (ROTATE(a, 2) ^ ROTATE(a, 13) ^ ROTATE(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
      h = g, g = f, f = e, e = d + t1, d = c, c = b, b = a, a = t1 + t2;
    }
    const State step = {a, b, c, d, e, f, g, h};
    for (std::size_t i = 0; i < 8; ++i) state[i] += step[i] & running;
  }
  out = state;
}

#undef ROTATE

void hash_lanes(std::byte prefix, std::span<const Bytes> messages, std::span<Hash> out) {
  Batch batch;
  for (std::size_t lane = 0; lane < messages.size(); ++lane) {
    batch.messages[lane] = Padded(prefix, messages[lane]);
    batch.blocks = std::max(batch.blocks, batch.messages[lane].blocks());
  }
  State state;
  run_lanes(batch, state);
  for (std::size_t lane = 0; lane < messages.size(); ++lane)
    for (std::size_t i = 0; i < 8; ++i) {
      const std::uint32_t word = __builtin_bswap32(state[i][lane]);
      std::memcpy(out[lane].bytes.data() + 4 * i, &word, 4);
    }
}

bool has_lanes() {
  static const bool has = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw");
  return has;
}

#else

bool has_lanes() { return false; }
void hash_lanes(std::byte, std::span<const Bytes>, std::span<Hash>) {}

#endif

}  // namespace

void sha256_each(std::byte prefix, std::span<const Bytes> messages, std::span<Hash> out) {
  CHECK(messages.size() == out.size());
  constexpr std::size_t kWorthIt = 4;  // lanes in use; below it one by one is as fast
  while (has_lanes() && messages.size() >= kWorthIt) {
    const std::size_t n = std::min(kLanes, messages.size());
    hash_lanes(prefix, messages.first(n), out.first(n));
    messages = messages.subspan(n);
    out = out.subspan(n);
  }
  for (std::size_t i = 0; i < messages.size(); ++i)
    out[i] = sha256_of({Bytes{&prefix, 1}, messages[i]});
}

}  // namespace varve::merkle
