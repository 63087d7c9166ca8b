// Tokens that openssl makes: each that a policy's source may give is accepted, each that breaks one
// of the conditions alone is refused, and says which.
#include "ledger/format/time_token.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "ledger/base/check.h"
#include "ledger/base/text.h"
#include "tests/format/time_authority.h"
#include "tests/format/timestamp_sample.h"

namespace varve::format {
namespace {

using Settings = TimeAuthority::Settings;

constexpr const char* kTimeType = "1.2.840.113549.1.9.16.1.4";

std::string why_not(Bytes token) {
  const auto said = verify_time_token(token, kStampedText);
  return said ? "accepted" : said.error().message;
}

#define EXPECT_SAYS(token, words) \
  EXPECT_NE(why_not(token).find(words), std::string::npos) << why_not(token)

TEST(TimeToken, OfEveryStrongKeyAndHashIsAcceptedAndNamesTheKey) {
  for (const char* key : {"-newkey rsa:2048", "-newkey ec -pkeyopt ec_paramgen_curve:P-256",
                          "-newkey ec -pkeyopt ec_paramgen_curve:P-384",
                          "-newkey ec -pkeyopt ec_paramgen_curve:P-521"})
    for (const char* digest : {"sha256", "sha384", "sha512"}) {
      Settings settings;
      settings.key = key;
      settings.signer_digest = settings.certificate_digest = digest;
      TimeAuthority authority(settings);
      const auto said = verify_time_token(
          authority.token(kStampedText, std::string("-cert -") + digest), kStampedText);
      ASSERT_TRUE(said) << key << " " << digest << ": " << said.error().message;
      EXPECT_EQ(hex(said->key.view()), authority.key_hash());
      EXPECT_EQ(said->accuracy_us, 1'000'000u);
      EXPECT_GT(said->time_us, 1'577'836'800'000'000u);  // 2020: openssl's clock is the machine's
    }
}

TEST(TimeToken, IsAsAccurateAsItSaysButNoLessThanAMinuteAndNoMoreThanASecond) {
  const std::vector<std::pair<std::string, std::uint64_t>> all{
      {"", 1'000'000},
      {"secs:0, millisecs:1, microsecs:1", 1'000'000},
      {"secs:1, microsecs:1", 1'000'001},
      {"secs:60", 60'000'000},
      {"secs:60, microsecs:1", 0},
      {"secs:61", 0},
      {"secs:2000000000", 0}};
  for (const auto& [accuracy, us] : all) {
    Settings settings;
    settings.accuracy = accuracy;
    TimeAuthority authority(settings);
    const auto said = verify_time_token(authority.token(kStampedText), kStampedText);
    EXPECT_EQ(said ? said->accuracy_us : 0, us) << accuracy;
    if (!said) {
      EXPECT_NE(said.error().message.find("accura"), std::string::npos) << said.error().message;
    }
  }
}

TEST(TimeToken, OfAWeakHashOrKeyIsRefused) {
  TimeAuthority good;
  EXPECT_SAYS(good.token(kStampedText, "-sha1 -cert"), "over a hash by another function");
  EXPECT_SAYS(good.token(kStampedText, "-sha256"), "without its signer's certificate");
  Settings weak;
  weak.signer_digest = "sha1";
  EXPECT_SAYS(TimeAuthority(weak).token(kStampedText), "signed with another hash");
  weak = {};
  weak.certificate_digest = "sha1";
  EXPECT_SAYS(TimeAuthority(weak).token(kStampedText), "RFC 5816");
  weak = {};
  weak.key = "-newkey rsa:1024";
  EXPECT_SAYS(TimeAuthority(weak).token(kStampedText), "its signer's key is not");
  weak.key = "-newkey ec -pkeyopt ec_paramgen_curve:secp256k1";
  EXPECT_SAYS(TimeAuthority(weak).token(kStampedText), "its signer's key is not");
}

/// Where `part` begins in `whole`. CHECKs that it is there.
std::size_t place_of(Bytes part, Bytes whole) {
  const auto at = std::search(whole.begin(), whole.end(), part.begin(), part.end());
  CHECK(at != whole.end());
  return static_cast<std::size_t>(at - whole.begin());
}

/// What an authority signs in a token, alone: the TSTInfo.
void split_off_info(TimeAuthority& authority, const std::string& text = kStampedText) {
  authority.write("token", authority.token(text));
  authority.openssl("cms -verify -noverify -binary -inform DER -in token -out info");
}

/// The same statement, signed as CMS by whoever has a certificate of any kind.
Buffer signed_by_cms(TimeAuthority& authority, const std::string& arguments = "",
                     const std::string& type = kTimeType,
                     const std::string& attributes = "-cades") {
  authority.openssl(
      "cms -sign -binary -nodetach -nosmimecap -md sha256 -in info -outform DER "
      "-out cms -econtent_type " +
      type + " -signer tsa.pem -inkey tsa.key " + attributes + " " + arguments);
  return authority.file("cms");
}

TEST(TimeToken, OfAnotherTypeWithTwoSignersOrNestedIsRefused) {
  TimeAuthority authority;
  split_off_info(authority);
  EXPECT_EQ(why_not(signed_by_cms(authority, "")), "accepted");
  EXPECT_SAYS(signed_by_cms(authority, "", "1.2.840.113549.1.7.1"), "of another type");
  EXPECT_SAYS(signed_by_cms(authority, "", "1.2.3.4"), "of another type");
  authority.openssl(
      "req -x509 -config tsa.cnf -extensions certificate -nodes -keyout b.key -out b.pem "
      "-newkey rsa:2048");
  EXPECT_SAYS(signed_by_cms(authority, "-signer b.pem -inkey b.key"), "exactly one signer");
  EXPECT_SAYS(signed_by_cms(authority, "", kTimeType, "-noattr"),
              "signature is for data of another");
  EXPECT_SAYS(signed_by_cms(authority, "", kTimeType, ""), "RFC 5816");
  authority.write("info", authority.token(kStampedText));
  EXPECT_SAYS(signed_by_cms(authority, ""), "not a time stamp in DER");
}

// The type is outside of what is signed, and inside: an authority's signature on other data is none on a
// time stamp, even where the bytes are the same.
TEST(TimeToken, WhoseSignatureIsForAnotherTypeIsRefused) {
  TimeAuthority authority;
  split_off_info(authority);
  Buffer token = signed_by_cms(authority, "", "1.2.840.113549.1.9.16.1.2");
  const Buffer other_type = *decode_hex("060b2a864886f70d0109100102");
  const std::size_t at = place_of(other_type, token);
  token[at + other_type.size() - 1] = std::byte{4};
  EXPECT_SAYS(token, "for data of another type");
}

TEST(TimeToken, WhoseCertificateIsNotForTimeStampsAloneIsRefused) {
  for (const char* extensions :
       {"extendedKeyUsage = timeStamping",
        "extendedKeyUsage = critical,timeStamping,emailProtection",
        "extendedKeyUsage = critical,emailProtection", "keyUsage = digitalSignature",
        "extendedKeyUsage = critical,timeStamping\nkeyUsage = critical,keyCertSign"}) {
    TimeAuthority good;
    split_off_info(good);
    Settings settings;
    settings.extensions = extensions;
    TimeAuthority other(settings);
    other.write("info", good.file("info"));
    EXPECT_SAYS(signed_by_cms(other, ""), "not one for time stamps and nothing else") << extensions;
  }
}

TEST(TimeToken, AtATimeThatItsCertificateDoesNotHaveIsRefused) {
  TimeAuthority authority;
  split_off_info(authority);
  Buffer info = authority.file("info");
  const std::size_t time = place_of(bytes_of("\x18"), info) + 2;  // behind tag and length
  for (const char* year : {"1980", "2190"}) {
    std::ranges::copy(bytes_of(year), info.begin() + static_cast<std::ptrdiff_t>(time));
    authority.write("info", info);
    EXPECT_SAYS(signed_by_cms(authority), "does not verify");
  }
}

// A certificate that somebody else makes for the authority's key does not take the place of its own.
TEST(TimeToken, IsUnderTheCertificateThatItsSignerNames) {
  TimeAuthority authority;
  Buffer token = authority.token(kStampedText);
  authority.openssl("x509 -in tsa.pem -outform DER -out tsa.der");
  const Buffer certificate = authority.file("tsa.der");
  const std::size_t at = place_of(certificate, token);
  token[at + certificate.size() - 1] ^=
      std::byte{1};  // in the signature of the certificate, which nobody else looks at
  EXPECT_SAYS(token, "does not verify");
}

}  // namespace
}  // namespace varve::format
