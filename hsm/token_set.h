// Several tokens as one signer and one key vault, so that a log can move from one to another: while
// it moves, each of its keys is on one of them.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "hsm/kek_custody.h"
#include "hsm/token.h"
#include "ledger/base/mutex.h"

namespace varve::hsm {

/// Thread: every method from any thread.
class TokenSet final : public env::Signer, public env::KeyVault {
 public:
  /// Requires at least one token. New key-encryption keys are made on the first.
  explicit TokenSet(std::vector<std::unique_ptr<Token>> tokens);

  /// By the token that has the key; when several have it, by one that answers.
  /// Errors: kNotFound  none has it.  Of the last one that was asked, when one does not answer.
  Result<Buffer> sign(Bytes public_key, Bytes message) override;
  /// On the token that has a key of this name and answers, else on the first, which makes one (unwrap
  /// finds the right one of two). Errors: as Token::wrap.
  Result<Buffer> wrap(std::string_view label, Bytes data_key) override;
  /// By whichever token can: two may have a key of this name, and only one wrapped this.
  /// Errors: kBusy, kIo  a token that might have the key does not answer.  kCorrupt  none unwraps it.
  ///         kNotFound  none has a key of this name.
  Result<env::SecretBytes> unwrap(std::string_view label, Bytes wrapped) override;

  /// On the first token that has one. Errors: as Token::find_public_key.
  Result<PublicKey> find_public_key(std::string_view object_uri);
  /// By the token that has the key. Errors: as Token::state_key.
  Result<format::KeyStatement> state_key(const PublicKey& key);

  /// Further sessions of the same tokens. Errors: as Token::open_another, of any of them.
  [[nodiscard]] Result<std::unique_ptr<TokenSet>> open_another() const;
  /// How many sessions of this set, this one included, every token takes; at most `most`.
  /// Errors: as Token::sessions_left, of any of them.
  Result<unsigned> sessions_at_once(unsigned most);

  /// Names of all key-encryption keys on all tokens. Errors: as Token::list_keys, of any of them.
  Result<std::vector<std::string>> list_keks();

  /// Each token as one that may hold keys of months, by its URI. They live as long as the set.
  [[nodiscard]] std::vector<env::KeyHolder> holders() const;

  [[nodiscard]] Token& first() { return *tokens_.front(); }
  [[nodiscard]] Token& last() { return *tokens_.back(); }

 private:
  template <class T, class Ask>
  Result<T> ask_each(std::size_t begin, const Ask& ask);
  [[nodiscard]] std::size_t place_of(Bytes public_key);
  void remember(Bytes public_key, std::size_t place);

  std::vector<std::unique_ptr<Token>> tokens_;
  std::vector<std::unique_ptr<KekCustody>> custodies_;  // of each
  Mutex mutex_;
  std::map<Buffer, std::size_t> places_
      GUARDED_BY(mutex_);  // which token signed with a key the last time
};

}  // namespace varve::hsm
