// A PKCS#11 token as the ledger sees it: a signer and a key vault that survive the token's
// failures. All of its work happens on one thread of its own.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "hsm/keys.h"
#include "hsm/pin_latch.h"
#include "hsm/signing.h"
#include "ledger/env/signer.h"

namespace varve::hsm {

class Connection;
class Worker;

struct TokenOptions {
  std::string module;                         // path of the PKCS#11 library
  std::string uri;                            // RFC 7512, names one token: "pkcs11:token=varve"
  env::SecretBytes pin;                       // of the token's user; see hsm/pin.h
  std::uint32_t timeout_ms = 5000;            // longest wait for one call, recovery included
  std::shared_ptr<PinLatch> latch = nullptr;  // of a program that others start again; else none
};

/// Thread: every method from any thread; calls are served one after another.
/// A call that the token does not answer in time gets kBusy, and so does every later one until
/// the token has answered. When the token fails, it is started again within the call (the module
/// finalised and initialised, the token found by name, logged in, keys found again); the call is
/// repeated once, else it gets kBusy, and a later call tries again.
class Token final : public env::Signer, public env::KeyVault {
 public:
  /// As it was opened by.
  [[nodiscard]] const std::string& uri() const { return uri_; }

  /// Requires env::initialize().
  /// Errors: kNotFound  no such token.  kInvalid  a wrong URI, or one that several tokens match.
  ///         kIo  no such module; the PIN is wrong (tried once only) or locked.  kBusy.
  static Result<std::unique_ptr<Token>> open(TokenOptions options);
  /// Another session of the same token, with a thread of its own, so that both are served at once.
  /// Logs in with the same PIN, which this program's token does not look at while it is logged in,
  /// and which is not tried once it was refused. Errors: as open.
  [[nodiscard]] Result<std::unique_ptr<Token>> open_another() const;
  /// Closes the session, and finalises the module with its last token. Inside main, never from a
  /// static destructor. Waits at most timeout_ms for a call that hangs, then leaves it behind.
  ~Token() override;

  /// Each signature is verified before it is returned.
  /// Errors: as env::Signer; kInvalid  `public_key` is none.  kIo  the token signs wrongly.
  Result<Buffer> sign(Bytes public_key, Bytes message) override;
  Result<Buffer> wrap(std::string_view label, Bytes data_key) override;
  Result<env::SecretBytes> unwrap(std::string_view label, Bytes wrapped) override;

  /// The public key that an object URI names by label or id: "pkcs11:object=cardiology-1".
  /// Errors: kNotFound  none.  kInvalid  not such a URI; several match; another kind of key.
  ///         kBusy, kIo  as sign.
  Result<PublicKey> find_public_key(std::string_view object_uri);

  /// Whether it has a key-encryption key of this name. Errors: as hsm::holds_kek.
  Result<bool> holds_kek(std::string_view label);

  /// How many sessions it lets this program have more, by what it says of its limits; at most
  /// `most`. Errors: kBusy, kIo.
  Result<unsigned> sessions_left(unsigned most);

  // --- small values that the token keeps: errors as in hsm/data_objects.h
  Result<std::vector<Buffer>> read_data(std::string_view label);
  Result<void> write_data(std::string_view label, Bytes value);
  Result<void> try_data(std::string_view label);

  // --- for varve-keys

  /// Makes a key pair that cannot leave the token. Errors: kWorm  the label is taken.  kBusy, kIo.
  Result<PublicKey> create_key_pair(format::Algorithm algorithm, std::string_view label);
  /// What a key event says about `key`. Errors: as hsm::state_key.
  Result<format::KeyStatement> state_key(const PublicKey& key);
  /// All signing and key-encryption keys, with what the token claims about them.
  Result<std::vector<KeyInfo>> list_keys();
  /// Errors: as hsm::import_public_key.
  Result<void> import_public_key(const PublicKey& key, std::string_view label);
  Result<void> remove_public_key(const PublicKey& key);
  /// Errors: as hsm::destroy_keys.
  Result<std::size_t> destroy_keys(KeyUse use, std::string_view label);

 private:
  Token(std::string uri, std::chrono::milliseconds timeout, std::shared_ptr<Connection> connection);
  template <class T>
  Result<T> call(std::function<Result<T>(Session&)> operation);

  static Result<std::unique_ptr<Token>> open_with(std::string uri,
                                                  std::chrono::milliseconds timeout,
                                                  std::shared_ptr<Connection> connection);

  const std::string uri_;
  const std::chrono::milliseconds timeout_;
  std::shared_ptr<Connection> connection_;  // shared with a call that was left behind
  std::unique_ptr<Worker> worker_;
};

}  // namespace varve::hsm
