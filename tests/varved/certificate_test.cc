// What a start says of the dates of a certificate.
#include "tools/varved/certificate.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>

namespace varve::tools {
namespace {

constexpr long kHour = 3'600;
constexpr long kDay = 24 * kHour;

class Certificate : public testing::Test {
 protected:
  ~Certificate() override { std::filesystem::remove(path_); }

  /// One whose time begins and ends so many seconds from now.
  void make(long begins_s, long ends_s) const {
    const std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> key(
        EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"), &EVP_PKEY_free);
    const std::unique_ptr<X509, void (*)(X509*)> made(X509_new(), &X509_free);
    X509_gmtime_adj(X509_getm_notBefore(made.get()), begins_s);
    X509_gmtime_adj(X509_getm_notAfter(made.get()), ends_s);
    X509_set_pubkey(made.get(), key.get());
    ASSERT_GT(X509_sign(made.get(), key.get(), nullptr), 0);
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> out(std::fopen(path_.c_str(), "w"),
                                                              &std::fclose);
    ASSERT_EQ(PEM_write_X509(out.get(), made.get()), 1);
  }
  /// What is said of it; empty when nothing.
  [[nodiscard]] std::string said() const {
    const auto warning = warn_of_certificate(path_);
    return warning ? warning->value_or("") : "error: " + warning.error().message;
  }

  const std::string path_ = testing::TempDir() + "certificate.pem";
};

TEST_F(Certificate, ThatHasExpiredOrSoonWillIsMentionedWithItsDateAndTheNextStep) {
  make(-kDay, 31 * kDay);
  EXPECT_EQ(said(), "");
  make(-kDay, 29 * kDay);
  EXPECT_NE(said().find(path_ + " expires on "), std::string::npos) << said();
  make(-kDay, -1);
  EXPECT_NE(said().find(path_ + " expired on "), std::string::npos) << said();
  EXPECT_NE(said().find("send SIGHUP"), std::string::npos) << said();
  make(-400 * kDay, -35 * kDay);
  EXPECT_NE(said().find(" expired on "), std::string::npos) << said();
  make(kHour, kDay);
  EXPECT_NE(said().find(" is not valid before "), std::string::npos) << said();
}

TEST_F(Certificate, ThatIsNoneIsAnError) {
  EXPECT_FALSE(warn_of_certificate(path_));
  std::ofstream(path_) << "-----BEGIN NOTHING-----\n";
  EXPECT_FALSE(warn_of_certificate(path_));
}

}  // namespace
}  // namespace varve::tools
