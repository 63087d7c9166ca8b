// Certificates of clients: what the handshake takes, and what is read from one that it took.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <optional>
#include <string>

#include "api/access/identity.h"
#include "api/server.h"

namespace varve::api {

/// From now on the handshake asks for a certificate that a CA in files.client_ca vouches for, is meant
/// for clients, is valid now and names nothing with control characters. Another one ends the handshake
/// with one alert whatever is wrong with it. Sessions are not resumed, so each connection is judged.
/// Requires files.client_ca. Errors: kInvalid  the file has no certificates, or others may change it.
Result<void> ask_for_certificates(SSL_CTX& context, const TlsFiles& files);

/// What a certificate says of whose it is; nullopt: an alternative name is not visible ASCII, or there are
/// too many. Says nothing about whether that is true.
std::optional<PeerCertificate> read_certificate(const X509& certificate);

/// What the client has shown, after a handshake that went well; null: nothing.
std::shared_ptr<const PeerCertificate> shown_certificate(const SSL& ssl);

/// Why the handshake refused the client's certificate: static text; empty: it did not.
std::string_view certificate_fault(const SSL& ssl);

}  // namespace varve::api
