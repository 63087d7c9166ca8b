// The public keys of an issuer, a JWK set (RFC 7517), and where they come from.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/access/jws.h"
#include "ledger/base/result.h"

namespace varve::api {

inline constexpr std::size_t kKeySetBytesMax = 256u << 10;
inline constexpr std::size_t kKeysMax = 64;  // in one set, those of other kinds included

/// Immutable.
class KeySet {
 public:
  /// Takes RSA keys of 2,048 to 8,192 bits, P-256 and Ed25519. Keys of other kinds and uses are left
  /// out: a set may serve others too. The members x5u, x5c and x5t are not looked at.
  /// Errors: kInvalid  no JWK set, too many keys, none that can be used, a private key, a key whose
  /// numbers cannot be, two keys of one kid that can be used. The message says which key.
  static Result<KeySet> parse(std::string_view json);

  /// The key that a token names and that fits. Without a kid: the one that fits, if it is the only one.
  /// Null: there is none.
  [[nodiscard]] const JwsKey* find(const std::optional<std::string>& kid,
                                   JwsAlgorithm algorithm) const;
  [[nodiscard]] std::size_t size() const { return keys_.size(); }

 private:
  Result<void> add(JwsKey key);

  std::vector<JwsKey> keys_;
};
using SharedKeySet = std::shared_ptr<const KeySet>;

/// What the metrics say of a source.
struct KeySourceStatus {
  std::size_t keys = 0;
  std::uint64_t read_s = 0;    // when the keys in use were last found to be the newest; 0: never
  std::uint64_t failures = 0;  // attempts to read them since the start that failed
};

/// Thread: any.
class KeySource {
 public:
  virtual ~KeySource() = default;
  /// The keys to verify with now. Another pointer whenever they may have changed. Null: there are none,
  /// or they are too old. Waits for nothing but small files.
  virtual SharedKeySet current() = 0;
  /// A token names a key that the set does not have.
  virtual void missed() {}
  [[nodiscard]] virtual KeySourceStatus status() = 0;
};

}  // namespace varve::api
