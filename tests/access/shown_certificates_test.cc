// When an operator hears of a certificate, and from when on that is worth a line.
#include "api/access/shown_certificates.h"

#include <gtest/gtest.h>

namespace varve::api {
namespace {

constexpr std::uint64_t kDay = 86'400;
constexpr std::uint64_t kNow = 20'000 * kDay;

std::string said(Validity validity) {
  return trouble_with("it", validity, kNow).value_or("");
}

TEST(ShownCertificates, AreATroubleFromThirtyDaysBeforeTheyExpire) {
  EXPECT_EQ(said({0, kNow + 30 * kDay + 1}), "");
  EXPECT_TRUE(said({0, kNow + 30 * kDay}).starts_with("it expires on 2024-11-03T00:00:00"));
  EXPECT_TRUE(said({0, kNow + 1}).starts_with("it expires on "));
  EXPECT_TRUE(said({0, kNow}).starts_with("it expired on 2024-10-04T00:00:00"));
  EXPECT_TRUE(said({kNow, kNow + 99 * kDay}).empty());
  EXPECT_TRUE(said({kNow + 1, kNow + 99 * kDay}).starts_with("it is not valid before "));
}

TEST(ShownCertificates, CountAsTheyWereLastShown) {
  ShownCertificates shown;
  EXPECT_TRUE(shown.troubles(kNow).empty());
  shown.show("relp-tls:2514", {0, kNow + kDay});
  shown.show("https:8443", {0, kNow + 99 * kDay});
  ASSERT_EQ(shown.troubles(kNow).size(), 1U);
  EXPECT_TRUE(shown.troubles(kNow)[0].starts_with("the certificate of relp-tls:2514 expires on "));
  shown.show("relp-tls:2514", {0, kNow + 99 * kDay});
  EXPECT_TRUE(shown.troubles(kNow).empty());
  EXPECT_EQ(shown.all().size(), 2U);
}

TEST(ShownCertificates, SayNothingToEverybodyOfWhoTheIssuersAndTheirCAsAre) {
  ShownCertificates shown;
  shown.trust("issuer https://idp.example.org", {{"CN=inner CA", {0, kNow + kDay}}});
  EXPECT_NE(shown.troubles(kNow)[0].find("the CA CN=inner CA of issuer https://idp"),
            std::string::npos);
  const auto told = shown.troubles(kNow, ShownCertificates::For::kEverybody);
  ASSERT_EQ(told.size(), 1U);
  EXPECT_TRUE(told[0].starts_with("the CA of an issuer expires on 2024-10-05"));
}

}  // namespace
}  // namespace varve::api
