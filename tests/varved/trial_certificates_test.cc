// A trial authority and the certificate that it vouches for, as a client looks at them.
#include "tools/varved/trial_certificates.h"

#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <memory>

namespace varve::tools {
namespace {

using HeldX509 = std::unique_ptr<X509, decltype(&X509_free)>;

HeldX509 trial_certificate_in(const std::string& pem) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> in(
      BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), &BIO_free);
  return {PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr), &X509_free};
}

/// X509_V_OK when a client that trusts `authority`, as strictly as OpenSSL can, takes it for `host`.
int trial_verdict(const TrialCertificates& made, const std::string& host) {
  const auto authority = trial_certificate_in(made.authority);
  const auto certificate = trial_certificate_in(made.certificate);
  const std::unique_ptr<X509_STORE, decltype(&X509_STORE_free)> trusted(X509_STORE_new(),
                                                                        &X509_STORE_free);
  X509_STORE_add_cert(trusted.get(), authority.get());
  const std::unique_ptr<X509_STORE_CTX, decltype(&X509_STORE_CTX_free)> context(
      X509_STORE_CTX_new(), &X509_STORE_CTX_free);
  X509_STORE_CTX_init(context.get(), trusted.get(), certificate.get(), nullptr);
  X509_VERIFY_PARAM* parameters = X509_STORE_CTX_get0_param(context.get());
  X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_X509_STRICT);
  X509_VERIFY_PARAM_set_purpose(parameters, X509_PURPOSE_SSL_SERVER);
  if (X509_VERIFY_PARAM_set1_ip_asc(parameters, host.c_str()) != 1)
    X509_VERIFY_PARAM_set1_host(parameters, host.c_str(), host.size());
  X509_verify_cert(context.get());
  return X509_STORE_CTX_get_error(context.get());
}

TEST(TrialCertificates, AreTakenForEveryHostThatTheyNameAndForNoOther) {
  const auto made = make_trial_certificates({"localhost", "127.0.0.1", "::1", "varve.example.org"});
  ASSERT_TRUE(made) << made.error().message;
  for (const char* host : {"localhost", "127.0.0.1", "::1", "varve.example.org"})
    EXPECT_EQ(trial_verdict(*made, host), X509_V_OK) << host;
  EXPECT_EQ(trial_verdict(*made, "other.example.org"), X509_V_ERR_HOSTNAME_MISMATCH);
  EXPECT_EQ(trial_verdict(*made, "127.0.0.2"), X509_V_ERR_IP_ADDRESS_MISMATCH);
}

TEST(TrialCertificates, OfOneRunAreNotTakenByAnother) {
  const auto one = make_trial_certificates({"localhost"});
  const auto two = make_trial_certificates({"localhost"});
  ASSERT_TRUE(one && two);
  EXPECT_NE(trial_verdict({two->authority, one->certificate, one->key}, "localhost"), X509_V_OK);
}

// The server's key is the only one that is written.
TEST(TrialCertificates, LeaveNoKeyOfTheAuthorityBehind) {
  const auto made = make_trial_certificates({"localhost"});
  ASSERT_TRUE(made);
  EXPECT_EQ(made->authority.find("PRIVATE KEY"), std::string::npos);
  const std::unique_ptr<BIO, decltype(&BIO_free)> in(
      BIO_new_mem_buf(made->key.data(), static_cast<int>(made->key.size())), &BIO_free);
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(
      PEM_read_bio_PrivateKey(in.get(), nullptr, nullptr, nullptr), &EVP_PKEY_free);
  EXPECT_EQ(X509_check_private_key(trial_certificate_in(made->certificate).get(), key.get()), 1);
  EXPECT_EQ(X509_check_private_key(trial_certificate_in(made->authority).get(), key.get()), 0);
}

TEST(TrialCertificates, NameNothingThatCouldBeReadAsTwoNames) {
  for (const char* host : {"a,DNS:b", "", "a b", "DNS:a", "*.example.org"})
    EXPECT_FALSE(make_trial_certificates({host})) << host;
}

TEST(TrialHosts, AreThoseOfThisMachineAndTheAddressThatIsListenedOn) {
  const auto has = [](const std::string& address, const std::string& host) {
    const auto hosts = trial_hosts(address, {"a.example", "localhost"});
    return std::ranges::count(hosts, host) == 1;
  };
  for (const char* host : {"localhost", "127.0.0.1", "::1", "a.example"})
    EXPECT_TRUE(has("::1", host)) << host;
  EXPECT_TRUE(has("192.0.2.10", "192.0.2.10"));
  EXPECT_FALSE(has("0.0.0.0", "0.0.0.0"));
  EXPECT_FALSE(has("::", "::"));
}

}  // namespace
}  // namespace varve::tools
