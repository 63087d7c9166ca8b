// Signing keys for tests: Ed25519 from a seed byte, P-256 generated. The product itself only
// verifies; it never holds a private key.
#pragma once

#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>

#include "ledger/format/note.h"

namespace varve::format {

class TestKey {
 public:
  static TestKey ed25519(std::string name, int seed);
  static TestKey p256(std::string name);

  /// The same key pair under another name.
  [[nodiscard]] TestKey under(std::string name) const;

  [[nodiscard]] const VerifierKey& verifier() const { return verifier_; }
  [[nodiscard]] Buffer sign(Bytes message) const { return sign_(message); }
  [[nodiscard]] NoteSignature sign_note(std::string_view text) const {
    return {verifier_.name, verifier_.id, sign(bytes_of(text))};
  }

 private:
  VerifierKey verifier_;
  std::function<Buffer(Bytes)> sign_;
};

/// A whole note: `text` signed by each key in turn.
std::string signed_note(std::string text, std::initializer_list<const TestKey*> keys);

}  // namespace varve::format
