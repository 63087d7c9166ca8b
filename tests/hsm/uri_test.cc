// RFC 7512 URIs: what is understood, and what is refused rather than ignored.
#include "hsm/uri.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace varve::hsm {
namespace {

TEST(Uri, NamesAnObjectByLabelAndId) {
  const auto uri = Uri::parse("pkcs11:token=varve;object=card%20iology;id=%01%ff");
  ASSERT_TRUE(uri);
  EXPECT_TRUE(uri->names_token());
  EXPECT_EQ(text_of(*uri->object_label()), "card iology");
  EXPECT_EQ(*uri->object_id(), (Buffer{std::byte{1}, std::byte{0xff}}));
}

TEST(Uri, MatchesATokenByWhatItNamesOnly) {
  CK_TOKEN_INFO info{};
  std::ranges::fill(info.label, ' ');
  std::ranges::copy(std::string_view("varve"), info.label);
  std::ranges::fill(info.serialNumber, ' ');
  std::ranges::copy(std::string_view("abc1"), info.serialNumber);
  for (const char* good : {"pkcs11:", "pkcs11:token=varve", "pkcs11:serial=abc1",
                           "pkcs11:token=varve;serial=abc1;object=x"})
    EXPECT_TRUE(Uri::parse(good)->matches(info)) << good;
  for (const char* other :
       {"pkcs11:token=varv", "pkcs11:serial=abc", "pkcs11:token=varve;serial=x"})
    EXPECT_FALSE(Uri::parse(other)->matches(info)) << other;
}

TEST(Uri, ThatIsNoneOrCarriesAPinIsRefused) {
  for (const char* bad :
       {"", "token=varve", "pkcs11:token", "pkcs11:token=%zz", "pkcs12:token=varve",
        "pkcs11:tokin=varve", "pkcs11:token=varve?pin-value=1234",
        "pkcs11:token=varve?pin-source=file:/pin"}) {
    const auto uri = Uri::parse(bad);
    ASSERT_FALSE(uri) << bad;
    EXPECT_EQ(uri.error().code, Code::kInvalid);
    EXPECT_EQ(uri.error().message.find("1234"), std::string::npos);
  }
}

TEST(Uri, OfALabelComesBackAsThatLabel) {
  for (int byte = 1; byte < 256; ++byte) {
    const std::string label{'a', static_cast<char>(byte), 'z'};
    const auto uri = Uri::parse(object_uri(label));
    ASSERT_TRUE(uri) << byte;
    EXPECT_EQ(text_of(*uri->object_label()), label);
    EXPECT_FALSE(uri->names_token());
  }
}

}  // namespace
}  // namespace varve::hsm
