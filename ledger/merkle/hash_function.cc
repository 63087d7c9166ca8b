// The functions, through OpenSSL's EVP.
#include "ledger/merkle/hash_function.h"

#include <openssl/evp.h>

#include <array>
#include <memory>

#include "ledger/base/check.h"
#include "ledger/merkle/sha256.h"

namespace varve::merkle {
namespace {

constexpr std::array kLeafByte{std::byte{0x00}};
constexpr std::array kNodeByte{std::byte{0x01}};

struct FreeContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

Hash evp_hash(const EVP_MD* function, std::initializer_list<Bytes> parts) {
  const std::unique_ptr<EVP_MD_CTX, FreeContext> context(EVP_MD_CTX_new());
  CHECK(context && EVP_DigestInit_ex(context.get(), function, nullptr) == 1);
  for (const Bytes part : parts)
    CHECK(EVP_DigestUpdate(context.get(), part.data(), part.size()) == 1);
  CHECK(EVP_MD_get_size(function) == static_cast<int>(kHashSize));
  Hash out;
  CHECK(EVP_DigestFinal_ex(context.get(), u8(MutableBytes{out.bytes}), nullptr) == 1);
  return out;
}

Hash sha512_256_of(std::initializer_list<Bytes> parts) {
  return evp_hash(EVP_sha512_256(), parts);
}
Hash sha3_256_of(std::initializer_list<Bytes> parts) {
  return evp_hash(EVP_sha3_256(), parts);
}

constexpr std::array kRenewing{HashFunction{"sha512-256", &sha512_256_of},
                               HashFunction{"sha3-256", &sha3_256_of}};

}  // namespace

Hash HashFunction::leaf(Bytes record) const {
  return of({Bytes{kLeafByte}, record});
}

Hash HashFunction::node(const Hash& left, const Hash& right) const {
  return of({Bytes{kNodeByte}, left.view(), right.view()});
}

const HashFunction& sha256_function() {
  static constexpr HashFunction kSha256{"sha256", &sha256_of};
  return kSha256;
}

const HashFunction* find_renewing_function(std::string_view name) {
  for (const HashFunction& function : kRenewing)
    if (function.name == name) return &function;
  return nullptr;
}

}  // namespace varve::merkle
