// Who may do what: bearer tokens, kept as hashes in a file, and clients' certificates by what they
// name, with roles per log.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/access/identity.h"
#include "ledger/base/result.h"
#include "ledger/base/types.h"

namespace varve::api {

/// One line of the tokens file: what the holder of a credential may do on some logs.
struct Grant {
  std::string client;
  std::vector<Permission> permissions;
  std::optional<Hash> token;  // SHA-256 of the token's text; nullopt: the line is of a certificate
  std::string certificate;  // what it has to name: "subject:...", "dns:...", "uri:...", "email:..."
                            // or "sha256:..."
};

/// Whose certificate it is.
struct CertificateMatch {
  SharedIdentity identity;  // null: nobody's
  bool ambiguous = false;   // lines of several clients match it
};

/// The clients of a server. Immutable; a reload makes another.
class Tokens {
 public:
  Tokens() = default;
  /// `<name> <role>[,<role>] <log>[:<source>][,<log>[:<source>]]|* <credential>` a line; '#' starts a comment line. A
  /// credential is `sha256:<64 hex digits>` of a token, or `cert-sha256:<64 hex digits>`,
  /// `cert-dns:<name>`, `cert-uri:<uri>`, `cert-email:<address>` or `cert-subject:<RFC 4514>`, which
  /// alone may have spaces. It may be on several lines, under one name.
  /// Errors: kInvalid  names the line and what is wrong with it.
  static Result<Tokens> parse(std::string_view text);

  /// Whoever holds this token; null when nobody does. Cost: one hash, and one comparison a token that
  /// takes the same time whatever the token is.
  [[nodiscard]] SharedIdentity with_token(std::string_view token) const;
  /// Whoever has a certificate that the handshake has verified. Names are compared whole, byte by
  /// byte; of DNS names the case does not count. A wildcard in a certificate is a name like others.
  [[nodiscard]] CertificateMatch with_certificate(const PeerCertificate& shown) const;
  /// Whoever has a credential, one for each. Of a certificate that nobody has shown yet, only what its
  /// line names is known.
  [[nodiscard]] std::vector<Identity> holders() const;
  /// How many lines the file has.
  [[nodiscard]] std::size_t size() const { return lines_; }

 private:
  struct Holder {
    Hash token;
    SharedIdentity identity;
  };
  struct Named {
    std::string client;
    std::vector<Permission> permissions;
  };
  Result<void> add(Grant grant);

  std::size_t lines_ = 0;
  std::vector<Holder> holders_;
  std::map<std::string, Named, std::less<>> certificates_;  // by what a line says they name
};

/// Whether it can be a client's name: 1 to 127 of a-z A-Z 0-9 . - _ @ /
bool is_client_name(std::string_view text);
/// A new random token, visible ASCII.
std::string make_token();
/// The line that grants it. Errors: kInvalid  a name, role or log that the file could not hold.
Result<std::string> token_line(std::string_view token, std::string_view name,
                               std::string_view roles, std::string_view logs);

}  // namespace varve::api
