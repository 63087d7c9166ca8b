// Each step in a loop for a fraction of a second.
#include "tools/bench/ceilings.h"

#include <openssl/evp.h>
#include <zstd.h>

#include <chrono>
#include <cstdio>
#include <functional>

#include "hsm/pin.h"
#include "hsm/token.h"
#include "ledger/env/posix.h"
#include "ledger/merkle/tree.h"
#include "tools/bench/echo.h"
#include "tools/bench/events.h"
#include "tools/bench/load.h"
#include "tools/bench/requests.h"

namespace varve::bench {
namespace {

constexpr double kEachSeconds = 0.5;
constexpr std::size_t kMiB = 1u << 20;
constexpr std::size_t kLeaf = 360;  // an event of 300 bytes, as a record

/// Times a second that `step` can be done.
double rate_of(const std::function<void()>& step) {
  using Steady = std::chrono::steady_clock;
  const auto began = Steady::now();
  std::uint64_t times = 0;
  double seconds = 0;
  while (seconds < kEachSeconds) {
    step();
    ++times;
    seconds = std::chrono::duration<double>(Steady::now() - began).count();
  }
  return static_cast<double>(times) / seconds;
}

Buffer many_events() {
  Chance chance(1);
  Buffer out;
  while (out.size() < kMiB) {
    Buffer salt(kLeaf - 300);
    for (std::byte& b : salt) b = static_cast<std::byte>(chance.next());
    append(out, Bytes{salt}.first(16));  // as in a record: 16 random bytes, the rest alike
    append(out, Buffer(kLeaf - 300 - 16));
    append(out, bytes_of(make_event(300, chance)));
  }
  return out;
}

Result<void> measure_disk(const Site& site, Ceilings& out) {
  ASSIGN_OR_RETURN(const auto files, env::open_posix(site.path("")));
  ASSIGN_OR_RETURN(const auto file, files->create("ceiling"));
  const Buffer bytes(kMiB, std::byte{0x5a});
  ByteOffset at;
  const auto append_synced = [&](std::size_t size) {
    CHECK(file->write(at, Bytes{bytes}.first(size)) && file->sync());
    at.value += size;
  };
  out.syncs = rate_of([&] { append_synced(4096); });
  out.synced_bytes = kMiB * rate_of([&] { append_synced(kMiB); });
  return files->remove("ceiling");
}

void measure_cpu(Ceilings& out) {
  const Buffer events = many_events();
  const Bytes leaf = Bytes{events}.first(kLeaf);
  out.hashed_bytes = kLeaf * rate_of([&] { merkle::leaf_hash(leaf); });
  Buffer sealed(events.size() + 32);
  EVP_CIPHER_CTX* const cipher = ::EVP_CIPHER_CTX_new();
  const unsigned char key[32] = {1};
  const unsigned char nonce[12] = {2};
  out.encrypted_bytes = static_cast<double>(events.size()) * rate_of([&] {
                          int n = 0;
                          ::EVP_EncryptInit_ex(cipher, ::EVP_aes_256_gcm(), nullptr, key, nonce);
                          ::EVP_EncryptUpdate(cipher, u8(MutableBytes{sealed}), &n,
                                              u8(Bytes{events}), static_cast<int>(events.size()));
                        });
  ::EVP_CIPHER_CTX_free(cipher);
  ZSTD_CCtx* const context = ::ZSTD_createCCtx();
  Buffer small(::ZSTD_compressBound(events.size()));
  std::size_t size = 0;
  out.compressed_bytes = static_cast<double>(events.size()) * rate_of([&] {
                           size = ::ZSTD_compressCCtx(context, small.data(), small.size(),
                                                      events.data(), events.size(), 1);
                         });
  ::ZSTD_freeCCtx(context);
  out.compression = static_cast<double>(size) / static_cast<double>(events.size());
  out.decompressed_bytes = static_cast<double>(events.size()) * rate_of([&] {
                             ::ZSTD_decompress(sealed.data(), sealed.size(), small.data(), size);
                           });
}

Result<void> measure_token(const Site& site, Ceilings& out) {
  hsm::TokenOptions options;
  options.module = kSoftHsm;
  options.uri = kTokenUri;
  ASSIGN_OR_RETURN(options.pin, hsm::read_pin("file:" + site.path("pin")));
  ASSIGN_OR_RETURN(const auto token, hsm::Token::open(std::move(options)));
  ASSIGN_OR_RETURN(const hsm::PublicKey key, token->find_public_key(kKeyUri));
  const Buffer message(150);
  out.signatures = rate_of([&] { CHECK(token->sign(key.key, message).has_value()); });
  return {};
}

Result<double> measure_http(unsigned connections) {
  EchoServer server;
  Requests requests = Requests::events(300);
  Load load;
  load.port = server.port();
  load.connections = connections;
  load.warm_up_s = 0.1;
  load.seconds = kEachSeconds;
  load.next = [&](unsigned c) { return requests.next(c); };
  ASSIGN_OR_RETURN(const Measured measured, run_load(load));
  return static_cast<double>(measured.answered) / measured.seconds;
}

}  // namespace

Result<Ceilings> measure_ceilings(const Site& site) {
  Ceilings out;
  RETURN_IF_ERROR(measure_disk(site, out));
  measure_cpu(out);
  RETURN_IF_ERROR(measure_token(site, out));
  ASSIGN_OR_RETURN(out.exchanges, measure_http(64));
  ASSIGN_OR_RETURN(out.round_trips, measure_http(1));
  return out;
}

void print(const Ceilings& c) {
  constexpr double kMega = 1e6;
  std::printf("ceilings of this machine, each alone\n");
  std::printf("  append 4 KiB + fdatasync      %10.0f /s\n", c.syncs);
  std::printf("  append 1 MiB + fdatasync      %10.0f MB/s\n", c.synced_bytes / kMega);
  std::printf("  SHA-256 of 360-byte leaves    %10.0f MB/s a core\n", c.hashed_bytes / kMega);
  std::printf("  AES-256-GCM                   %10.0f MB/s a core\n", c.encrypted_bytes / kMega);
  std::printf("  zstd -1, to %2.0f %%              %10.0f MB/s a core\n", 100 * c.compression,
              c.compressed_bytes / kMega);
  std::printf("  unzstd                        %10.0f MB/s a core\n", c.decompressed_bytes / kMega);
  std::printf("  SoftHSM Ed25519               %10.0f /s\n", c.signatures);
  std::printf("  HTTP, 64 connections          %10.0f /s\n", c.exchanges);
  std::printf("  HTTP, 1 connection            %10.0f /s\n\n", c.round_trips);
}

}  // namespace varve::bench
