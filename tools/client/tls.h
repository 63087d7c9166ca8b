// TLS as the tools use it: 1.3, certificate and host name always verified.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>

#include "ledger/base/result.h"

namespace varve::client {

struct FreeTls {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  void operator()(SSL* session) const { SSL_free(session); }
};
using TlsContext = std::unique_ptr<SSL_CTX, FreeTls>;
using TlsSession = std::unique_ptr<SSL, FreeTls>;

/// `ca_file`: PEM; empty: the system's certificate authorities.
/// Errors: kNotFound, kIo  the CA file, or OpenSSL does not start.
Result<TlsContext> make_tls_context(const std::string& ca_file);

/// A session that accepts certificates for `host` (a name or an address) alone. `socket` stays the
/// caller's.
Result<TlsSession> make_tls_session(SSL_CTX& context, const std::string& host, int socket);

/// Why the handshake of `session` failed, with `server` as host:port.
/// kIo  its certificate was refused.  kBusy  anything else.
Error handshake_error(const SSL& session, const std::string& server);

}  // namespace varve::client
