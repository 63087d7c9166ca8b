// The rounds of FIPS 180-4 on vectors: lane i of every vector belongs to message i. Written with
// the compiler's own vectors, which it turns into AVX-512, rotations and all.
#include "ledger/merkle/lanes.h"

#include <algorithm>
#include <array>
#include <cstring>

#ifdef __x86_64__
#include <immintrin.h>
#endif

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
      std::copy_n(message_.data() + from + skip - 1, std::min(kBlock, end - from) - skip,
                  room + skip);
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
#define LANES_CODE __attribute__((target("avx512f,avx512bw")))

/// From sixteen words of each lane to a vector of all lanes for each word. Done word by word, this
/// took a third of the time of all rounds.
LANES_CODE void transpose(std::array<Vector, 16>& w) {
#define MIX(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
  std::array<Vector, 16>
      fours;  // word c of lanes 4 g ... 4 g + 3, for c = 0, 4, 8 and 12 from c on
  for (std::size_t g = 0; g < 16; g += 4) {
    const Vector a = MIX(w[g], w[g + 1], 0, 16, 1, 17, 4, 20, 5, 21, 8, 24, 9, 25, 12, 28, 13, 29);
    const Vector b =
        MIX(w[g], w[g + 1], 2, 18, 3, 19, 6, 22, 7, 23, 10, 26, 11, 27, 14, 30, 15, 31);
    const Vector c =
        MIX(w[g + 2], w[g + 3], 0, 16, 1, 17, 4, 20, 5, 21, 8, 24, 9, 25, 12, 28, 13, 29);
    const Vector d =
        MIX(w[g + 2], w[g + 3], 2, 18, 3, 19, 6, 22, 7, 23, 10, 26, 11, 27, 14, 30, 15, 31);
    fours[g] = MIX(a, c, 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29);
    fours[g + 1] = MIX(a, c, 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31);
    fours[g + 2] = MIX(b, d, 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29);
    fours[g + 3] = MIX(b, d, 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31);
  }
  for (std::size_t c = 0; c < 4; ++c) {
    const Vector low =
        MIX(fours[c], fours[c + 4], 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23);
    const Vector high =
        MIX(fours[c], fours[c + 4], 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31);
    const Vector low2 =
        MIX(fours[c + 8], fours[c + 12], 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23);
    const Vector high2 = MIX(fours[c + 8], fours[c + 12], 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26,
                             27, 28, 29, 30, 31);
    w[c] = MIX(low, low2, 0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27);
    w[c + 4] = MIX(low, low2, 4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31);
    w[c + 8] = MIX(high, high2, 0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27);
    w[c + 12] = MIX(high, high2, 4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31);
  }
#undef MIX
}

/// The words of block `k` of every message; zeros of one that has no such block.
/// Returns all ones in the lanes of those that have it.
LANES_CODE Vector load_block(const Batch& batch, std::size_t k, std::array<Vector, 16>& w) {
  Vector running{};
  std::array<std::byte, kBlock> room;
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    const Padded& message = batch.messages[lane];
    w[lane] = Vector{};
    if (k >= message.blocks()) continue;
    running[lane] = ~0u;
    std::memcpy(&w[lane], message.block(k, room.data()), kBlock);
  }
  transpose(w);
  for (Vector& word : w)  // from big-endian
    word = (ROTATE(word, 8) & 0xff00ff00) | (ROTATE(word, 24) & 0x00ff00ff);
  return running;
}

/// A function of three bits, on all bits at once; `kTable` is its truth table. The compiler does
/// not find these by itself.
template <int kTable>
LANES_CODE inline Vector logic(Vector x, Vector y, Vector z) {
  return reinterpret_cast<Vector>(_mm512_ternarylogic_epi32(reinterpret_cast<__m512i>(x),
                                                            reinterpret_cast<__m512i>(y),
                                                            reinterpret_cast<__m512i>(z), kTable));
}
constexpr int kChoose = 0xca;  // x ? y : z
constexpr int kMajority = 0xe8;
constexpr int kParity = 0x96;  // x ^ y ^ z

LANES_CODE void run_lanes(const Batch& batch, State& out) {
  State state;
  for (std::size_t i = 0; i < 8; ++i) state[i] = Vector{} + kStart[i];
  std::array<Vector, 16> w;
  for (std::size_t k = 0; k < batch.blocks; ++k) {
    const Vector running = load_block(batch, k, w);
    auto [a, b, c, d, e, f, g, h] = state;
    for (std::size_t r = 0; r < 64; r += 16) {
#pragma GCC unroll 16  // then no vector is moved from one variable to the next
      for (std::size_t t = 0; t < 16; ++t) {
        if (r != 0) {
          const Vector w15 = w[(t + 1) % 16];
          const Vector w2 = w[(t + 14) % 16];
          w[t] += logic<kParity>(ROTATE(w15, 7), ROTATE(w15, 18), w15 >> 3) + w[(t + 9) % 16] +
                  logic<kParity>(ROTATE(w2, 17), ROTATE(w2, 19), w2 >> 10);
        }
        const Vector t1 = h + logic<kParity>(ROTATE(e, 6), ROTATE(e, 11), ROTATE(e, 25)) +
                          logic<kChoose>(e, f, g) + kRound[r + t] + w[t];
        const Vector t2 =
            logic<kParity>(ROTATE(a, 2), ROTATE(a, 13), ROTATE(a, 22)) + logic<kMajority>(a, b, c);
        h = g, g = f, f = e, e = d + t1, d = c, c = b, b = a, a = t1 + t2;
      }
    }
    const State step = {a, b, c, d, e, f, g, h};
    for (std::size_t i = 0; i < 8; ++i) state[i] += step[i] & running;
  }
  out = state;
}

#undef LANES_CODE
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

bool has_lanes() {
  return false;
}
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
