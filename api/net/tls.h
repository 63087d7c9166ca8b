// The TLS side of the server: version 1.3 and nothing older.
#pragma once

#include <memory>
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

}  // namespace varve::api
