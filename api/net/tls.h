// The TLS side of the server: version 1.3 and nothing older.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/access/shown_certificates.h"
#include "api/net/pch.h"
#include "api/server.h"

namespace varve::api {

/// Errors: kInvalid  a file cannot be read, or the key is not the certificate's.
Result<std::shared_ptr<boost::asio::ssl::context>> make_tls_context(const TlsFiles& files);

/// The CAs by which it verifies clients; none where it asks for no certificate.
std::vector<TrustedAuthority> authorities_of(boost::asio::ssl::context& context);
/// When all certificates that it shows are valid: the server's own, and those that lead to its issuer.
Validity validity_of(boost::asio::ssl::context& context);

/// Until when hold what a context shows and what it verifies by.
struct ContextDates {
  std::optional<Validity> shown;  // nullopt: there is no context
  std::vector<TrustedAuthority> trusted;
};
/// Of one that no connection has yet: handshakes change the store of CAs. Null: none.
ContextDates dates_of(const std::shared_ptr<boost::asio::ssl::context>& context);
/// `name` of what shows it, "https:8443"; `peers`: whom it verifies, "clients of ".
void show_dates(const ContextDates& dates, const std::string& name, const std::string& peers,
                ShownCertificates& certificates);

}  // namespace varve::api
