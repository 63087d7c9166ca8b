// OpenSSL's own check of chain and name.
#include "tools/client/tls.h"

#include <arpa/inet.h>
#include <openssl/x509v3.h>

#include "tools/common/files.h"

namespace varve::client {
namespace {

constexpr std::size_t kCaFileMax = 1u << 20;   // bytes
constexpr long kCertificatesMax = 64 * 1'024;  // bytes of a server's chain

bool is_address(const std::string& host) {
  in6_addr unused{};
  return ::inet_pton(AF_INET, host.c_str(), &unused) == 1 ||
         ::inet_pton(AF_INET6, host.c_str(), &unused) == 1;
}

bool require_host(SSL& session, const std::string& host) {
  X509_VERIFY_PARAM* parameters = SSL_get0_param(&session);
  if (is_address(host)) return X509_VERIFY_PARAM_set1_ip_asc(parameters, host.c_str()) == 1;
  X509_VERIFY_PARAM_set_hostflags(
      parameters, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
  return X509_VERIFY_PARAM_set1_host(parameters, host.c_str(), host.size()) == 1 &&
         SSL_set_tlsext_host_name(&session, host.c_str()) == 1;
}

}  // namespace

Result<TlsContext> make_tls_context(const std::string& ca_file) {
  TlsContext context(SSL_CTX_new(TLS_client_method()));
  if (!context || SSL_CTX_set_min_proto_version(context.get(), TLS1_3_VERSION) != 1)
    return io_error("OpenSSL could not start");
  // What is no data ends a read, so that a server cannot keep one busy with it.
  SSL_CTX_clear_mode(context.get(), SSL_MODE_AUTO_RETRY);
  SSL_CTX_set_mode(context.get(),
                   SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_max_cert_list(context.get(), kCertificatesMax);
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  if (ca_file.empty()) {
    if (SSL_CTX_set_default_verify_paths(context.get()) == 1) return context;
    return io_error("the system's certificate authorities could not be loaded");
  }
  RETURN_IF_ERROR(tools::read_file(ca_file, kCaFileMax));
  if (SSL_CTX_load_verify_file(context.get(), ca_file.c_str()) == 1) return context;
  return io_error("the CA file " + ca_file + " could not be loaded: it must hold PEM certificates");
}

Result<TlsSession> make_tls_session(SSL_CTX& context, const std::string& host, int socket) {
  TlsSession session(SSL_new(&context));
  if (session && require_host(*session, host) && SSL_set_fd(session.get(), socket) == 1)
    return session;
  return io_error("OpenSSL could not start for " + host);
}

Error handshake_error(const SSL& session, const std::string& server) {
  const long refused = SSL_get_verify_result(&session);
  if (refused != X509_V_OK)
    return io_error("the certificate of " + server + " is not to be trusted (" +
                    X509_verify_cert_error_string(refused) + "): check --ca and the address");
  return busy("no TLS 1.3 connection with " + server + ": is it a TLS server?");
}

}  // namespace varve::client
