// The statement about a key that joins a log, part of a key event: which token holds the key, what
// that token claims about it, and how a throw-away key made the same way withstood attacks.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/base/result.h"
#include "ledger/base/types.h"

namespace varve::format {

/// What a token says of a private key. PKCS#11 attributes; claims, not proof.
struct KeyClaims {
  bool is_private = false;
  bool sensitive = false;
  bool always_sensitive = false;
  bool extractable = false;
  bool never_extractable = false;
  bool modifiable = false;
  bool local = false;  // made on the token, not imported
  bool operator==(const KeyClaims&) const = default;
};

/// The names of those that are claimed, one space between: "private sensitive local"; or "none".
std::string claims_text(const KeyClaims& claims);

/// Attacks on a throw-away key; true: the token let it happen.
struct ProbeOutcome {
  bool read = false;   // the private value could be read
  bool wrap = false;   // it could be wrapped out under an AES key
  bool relax = false;  // it could be made extractable or readable
  bool copy = false;   // so could a copy of it
  bool operator==(const ProbeOutcome&) const = default;
  [[nodiscard]] bool held() const { return *this == ProbeOutcome{}; }
};

/// "read=refused wrap=allowed relax=refused copy=refused".
std::string probe_text(const ProbeOutcome& outcome);

struct KeyStatement {
  std::string token;  // RFC 7512 URI: manufacturer, model, serial, label
  KeyClaims claims;
  std::optional<ProbeOutcome> probe;  // empty: the token makes no throw-away keys
  std::vector<Buffer> attestations;   // what the vendor signed about the key, verbatim
  bool operator==(const KeyStatement&) const = default;
};

inline constexpr std::size_t kTokenUriMax = 512;  // bytes
inline constexpr std::size_t kAttestationsMax = 8;
inline constexpr std::size_t kAttestationBytesMax = 40'000;  // of all, so that a record holds them

/// Errors: kInvalid  the token's URI is none, or is too long; too many or too large attestations.
Result<void> check_statement(const KeyStatement& statement);

/// The lines of a key event:
///   token <URI>
///   claims <names>
///   probe <outcome>|none
///   attestation <base64>      any number
std::string statement_text(const KeyStatement& statement);
/// Takes the lines off `text`. Errors: kInvalid  any other spelling.
Result<KeyStatement> take_statement(std::string_view& text);

}  // namespace varve::format
