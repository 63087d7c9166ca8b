// OpenSSL verifies the chain; this file adds what it leaves open, and hides the reason from the client.
#include "api/net/client_certificate.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <algorithm>

#include "api/access/shown_certificates.h"
#include "ledger/env/posix.h"

namespace varve::api {
namespace {

constexpr int kDepthMax = 4;  // intermediate CAs
constexpr int kNamesMax = 64;

struct Free {
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(GENERAL_NAMES* names) const { GENERAL_NAMES_free(names); }
};

/// Where an SSL keeps why it refused a certificate.
int fault_index() {
  static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

/// A name as text; nullopt when it holds anything but visible ASCII, a NUL above all: where one
/// program reads on and another stops there, two names are one.
std::optional<std::string> visible(const ASN1_STRING& text) {
  const auto* begin = ASN1_STRING_get0_data(&text);
  const std::string out(begin, begin + ASN1_STRING_length(&text));
  const bool fine = std::ranges::all_of(out, [](char c) { return c > 0x20 && c < 0x7f; });
  return fine && !out.empty() ? std::optional{out} : std::nullopt;
}

/// "dns:..." and its like; empty: of a kind that nothing here goes by.
std::optional<std::string> text_of_name(const GENERAL_NAME& name) {
  const auto with = [](std::string kind, const ASN1_STRING& text) -> std::optional<std::string> {
    const auto value = visible(text);
    return value ? std::optional{kind + *value} : std::nullopt;
  };
  if (name.type == GEN_DNS) return with("dns:", *name.d.dNSName);
  if (name.type == GEN_URI) return with("uri:", *name.d.uniformResourceIdentifier);
  if (name.type == GEN_EMAIL) return with("email:", *name.d.rfc822Name);
  return std::string{};
}

/// nullopt: a name that is no honest text, or too many.
std::optional<std::vector<std::string>> names_in(const X509& certificate) {
  int critical = -1;
  const std::unique_ptr<GENERAL_NAMES, Free> names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(&certificate, NID_subject_alt_name, &critical, nullptr)));
  std::vector<std::string> out;
  if (!names) return critical == -1 ? std::optional{out} : std::nullopt;  // -1: it has none
  if (sk_GENERAL_NAME_num(names.get()) > kNamesMax) return std::nullopt;
  for (int k = 0; k < sk_GENERAL_NAME_num(names.get()); ++k) {
    auto text = text_of_name(*sk_GENERAL_NAME_value(names.get(), k));
    if (!text) return std::nullopt;
    if (!text->empty()) out.push_back(std::move(*text));
  }
  return out;
}

/// A certificate without the extension may be used for anything, a server's own for one: OpenSSL takes
/// it, and this server does not.
const char* fault_of(X509& certificate) {
  const bool limited = (X509_get_extension_flags(&certificate) & EXFLAG_XKUSAGE) != 0;
  if (!limited || (X509_get_extended_key_usage(&certificate) & XKU_SSL_CLIENT) == 0)
    return "the certificate is not marked for clients (extended key usage clientAuth)";
  if (!names_in(certificate)) return "an alternative name of the certificate is not plain text";
  return nullptr;
}

/// Called for each certificate of the chain. Keeps the true reason and gives OpenSSL one from which
/// it makes the same alert for all.
int judge(int trusted, X509_STORE_CTX* chain) {
  const char* fault = nullptr;
  if (trusted != 1)
    fault = X509_verify_cert_error_string(X509_STORE_CTX_get_error(chain));
  else if (X509_STORE_CTX_get_error_depth(chain) == 0)
    fault = fault_of(*X509_STORE_CTX_get_current_cert(chain));
  if (fault == nullptr) return 1;
  auto* ssl =
      static_cast<SSL*>(X509_STORE_CTX_get_ex_data(chain, SSL_get_ex_data_X509_STORE_CTX_idx()));
  SSL_set_ex_data(ssl, fault_index(), const_cast<char*>(fault));
  X509_STORE_CTX_set_error(chain, X509_V_ERR_APPLICATION_VERIFICATION);
  return 0;
}

}  // namespace

Result<void> ask_for_certificates(SSL_CTX& context, const TlsFiles& files) {
  const std::string& path = files.client_ca;
  if (const auto mode = env::check_mode(path, env::Others::kRead); !mode)
    return Error{mode.error().code, "client_ca " + mode.error().message};
  STACK_OF(X509_NAME)* names = SSL_load_client_CA_file(path.c_str());
  const bool loaded =
      names != nullptr && SSL_CTX_load_verify_locations(&context, path.c_str(), nullptr) == 1;
  SSL_CTX_set_client_CA_list(&context, names);  // takes them
  ERR_clear_error();
  if (!loaded) return invalid("client_ca " + path + " has no certificates in PEM");
  static_cast<void>(fault_index());
  SSL_CTX_set_verify_depth(&context, kDepthMax);
  SSL_CTX_set_mode(&context, SSL_MODE_NO_AUTO_CHAIN);  // these CAs are not of our own chain
  SSL_CTX_set_session_cache_mode(&context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_options(&context, SSL_OP_NO_TICKET);
  SSL_CTX_set_num_tickets(&context, 0);
  const int needed = files.client_certificates == ClientCertificates::kRequired
                         ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT
                         : 0;
  SSL_CTX_set_verify(&context, SSL_VERIFY_PEER | needed, judge);
  return {};
}

std::optional<PeerCertificate> read_certificate(const X509& certificate) {
  auto names = names_in(certificate);
  PeerCertificate out;
  unsigned length = 0;
  if (!names || X509_digest(&certificate, EVP_sha256(), u8(MutableBytes{out.fingerprint.bytes}),
                            &length) != 1)
    return std::nullopt;
  out.names = std::move(*names);
  out.subject = subject_of(certificate);
  const Validity validity = validity_of(certificate);
  out.not_before_s = validity.not_before_s;
  out.expires_s = validity.expires_s;
  return out;
}

std::shared_ptr<const PeerCertificate> shown_certificate(const SSL& ssl) {
  const X509* const certificate = SSL_get0_peer_certificate(&ssl);
  if (certificate == nullptr || SSL_get_verify_result(&ssl) != X509_V_OK) return nullptr;
  auto read = read_certificate(*certificate);
  return read ? std::make_shared<const PeerCertificate>(std::move(*read)) : nullptr;
}

std::string_view certificate_fault(const SSL& ssl) {
  const auto* fault = static_cast<const char*>(SSL_get_ex_data(&ssl, fault_index()));
  return fault == nullptr ? std::string_view{} : fault;
}

}  // namespace varve::api
