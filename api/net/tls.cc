// Certificate, key and protocol version.
#include "api/net/tls.h"

#include <algorithm>

#include "api/net/client_certificate.h"
#include "ledger/env/posix.h"

namespace varve::api {

namespace ssl = boost::asio::ssl;

Result<std::shared_ptr<ssl::context>> make_tls_context(const TlsFiles& files) {
  if (const auto mode = env::check_mode(files.key, env::Others::kNothing); !mode)
    return Error{mode.error().code, "TLS key " + mode.error().message};
  if (const auto mode = env::check_mode(files.certificate, env::Others::kRead); !mode)
    return Error{mode.error().code, "TLS certificate " + mode.error().message};
  auto context = std::make_shared<ssl::context>(ssl::context::tls_server);
  SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_3_VERSION);
  SSL_CTX_set_options(context->native_handle(), SSL_OP_NO_RENEGOTIATION);
  boost::system::error_code error;
  // Else OpenSSL asks the terminal for the password of an encrypted key, and waits.
  context->set_password_callback([](std::size_t, auto) { return std::string(); }, error);
  if (!error) context->use_certificate_chain_file(files.certificate, error);
  if (error) return invalid("TLS certificate " + files.certificate + ": " + error.message());
  context->use_private_key_file(files.key, ssl::context::pem, error);
  if (ERR_GET_REASON(static_cast<unsigned long>(error.value())) == X509_R_KEY_VALUES_MISMATCH)
    return invalid("TLS key " + files.key + " is not that of the certificate " + files.certificate);
  if (error) return invalid("TLS key " + files.key + ": " + error.message());
  if (SSL_CTX_check_private_key(context->native_handle()) != 1)
    return invalid("TLS key " + files.key + " is not that of the certificate");
  if (!files.client_ca.empty())
    RETURN_IF_ERROR(ask_for_certificates(*context->native_handle(), files));
  return context;
}

std::vector<TrustedAuthority> authorities_of(ssl::context& context) {
  std::vector<TrustedAuthority> out;
  const X509_STORE* const store = SSL_CTX_get_cert_store(context.native_handle());
  const STACK_OF(X509_OBJECT)* const objects = X509_STORE_get0_objects(store);
  for (int k = 0; k < sk_X509_OBJECT_num(objects); ++k) {
    const X509* const one = X509_OBJECT_get0_X509(sk_X509_OBJECT_value(objects, k));
    if (one != nullptr) out.push_back(authority_of(*one));
  }
  return out;
}

Validity validity_of(ssl::context& context) {
  SSL_CTX* const native = context.native_handle();
  Validity all = validity_of(*SSL_CTX_get0_certificate(native));
  STACK_OF(X509)* chain = nullptr;
  SSL_CTX_get0_chain_certs(native, &chain);
  for (int i = 0; i < sk_X509_num(chain); ++i) {
    const Validity one = validity_of(*sk_X509_value(chain, i));
    all.not_before_s = std::max(all.not_before_s, one.not_before_s);
    all.expires_s = std::min(all.expires_s, one.expires_s);
  }
  return all;
}

ContextDates dates_of(const std::shared_ptr<boost::asio::ssl::context>& context) {
  if (!context) return {};
  return {validity_of(*context), authorities_of(*context)};
}

void show_dates(const ContextDates& dates, const std::string& name, const std::string& peers,
                ShownCertificates& certificates) {
  if (!dates.shown) return;
  certificates.show(name, *dates.shown);
  certificates.trust(peers + name, dates.trusted);
}

}  // namespace varve::api
