// Tokens that are not what they seem, after RFC 8725: each attack is refused, and for its own reason.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "jwt_site.h"
#include "ledger/base/text.h"

namespace varve::api {
namespace {

constexpr const char* kNoAlg = "the JWT's alg is none of this issuer's";
constexpr const char* kWrong = "the JWT's signature is wrong";
constexpr const char* kNoKey = "the JWT's issuer has no key of that kid and alg";
constexpr const char* kHeader =
    "the JWT's header is not base64url of a JSON object whose names are unique";
constexpr const char* kClaims =
    "the JWT's claims are not base64url of a JSON object whose names are unique";
constexpr const char* kSignature = "the JWT's signature is not base64url";
constexpr const char* kChanging = "the JWT's header has crit, b64, zip, enc or cty";
const std::vector<std::string> kAlgorithms = {"RS256", "PS256", "ES256", "EdDSA"};

using JwtAttack = JwtSite;

TEST_F(JwtAttack, OfNobodyIsATokenThatTheIssuerSignedWithAnyConfiguredAlgorithm) {
  for (const std::string& alg : kAlgorithms) {
    EXPECT_EQ(ask(token({}, {}, alg)), "accepted") << alg;
    EXPECT_EQ(who->client, "ward-7");
    EXPECT_EQ(who->proof, Proof::kJwt);
    EXPECT_EQ(who->subject, "subject-7");
    EXPECT_EQ(who->jti, "id-7");
    EXPECT_EQ(who->issuer, "https://idp.example.org");
    EXPECT_EQ(who->on("x").whole, Roles::kAppend);
    EXPECT_EQ(who->on("y").whole, Roles::kNone);
  }
}

TEST_F(JwtAttack, WithoutASignatureIsRefused) {
  for (const char* alg : {"none", "None", "NONE", "nOnE", ""}) {
    const std::string text =
        base64url(json_of(header(alg, {{"kid", ""}}))) + "." + base64url(json_of(claims()));
    EXPECT_EQ(ask(text + "."), kNoAlg) << alg;
    EXPECT_EQ(ask(text + ".AAAA"), kNoAlg) << alg;
  }
  for (const std::string& alg : kAlgorithms) {
    const std::string whole = token({}, {}, alg);
    EXPECT_EQ(ask(whole.substr(0, whole.rfind('.') + 1)), kWrong) << alg;
  }
}

// The public key is known to everybody: as the secret of a MAC it must prove nothing.
TEST_F(JwtAttack, WithThePublicKeyAsTheSecretOfAMacIsRefused) {
  for (const std::string& secret : {keys.rsa.pem(), keys.rsa.jwk("rsa"), std::string{"x"}})
    for (const char* alg : {"HS256", "HS384", "HS512"})
      for (const Members& kid : {Members{{"kid", in_quotes("rsa")}}, Members{{"kid", ""}}})
        EXPECT_EQ(ask(hs256_token(secret, json_of(header(alg, kid)), json_of(claims()))), kNoAlg);
}

// What the token says only chooses among what the operator allows.
TEST_F(JwtAttack, WithAnAlgorithmThatIsNotConfiguredIsRefusedThoughTheSignatureIsRight) {
  for (const std::string& only : kAlgorithms) {
    options.algorithms = {*jws_algorithm(only)};
    for (const std::string& alg : kAlgorithms)
      EXPECT_EQ(ask(token({}, {}, alg)), alg == only ? "accepted" : kNoAlg) << only << " " << alg;
  }
}

TEST_F(JwtAttack, WithAKeyOfAnotherAlgorithmIsRefused) {
  for (const std::string& alg : kAlgorithms)
    for (const std::string& other : kAlgorithms) {
      if (JwtKeys::kid_of(alg) == JwtKeys::kid_of(other)) continue;
      EXPECT_EQ(ask(token({}, {{"kid", in_quotes(JwtKeys::kid_of(other))}}, alg)), kNoKey);
    }
  held->set(jwk_set({keys.rsa.jwk("rsa", {{"alg", in_quotes("PS256")}})}));
  EXPECT_EQ(ask(token({}, {}, "RS256")), kNoKey);
  EXPECT_EQ(ask(token({}, {}, "PS256")), "accepted");
}

TEST_F(JwtAttack, WithAnUnknownKidIsRefusedAndTheSourceOfKeysHearsOfIt) {
  for (const char* kid : {"other", "EC", "ec ", "../../etc/passwd", "/dev/null", "' OR 1=1"})
    EXPECT_EQ(ask(token({}, {{"kid", in_quotes(kid)}})), kNoKey) << kid;
  EXPECT_EQ(held->misses, 6);
  EXPECT_NE(ask(token({}, {{"kid", "7"}})), "accepted");
  EXPECT_NE(ask(token({}, {{"kid", "null"}})), "accepted");
}

TEST_F(JwtAttack, WithoutAKidIsJudgedByTheOnlyKeyThatFits) {
  EXPECT_EQ(ask(token({}, {{"kid", ""}})), "accepted");
  const JwtKey another = JwtKey::make(JwtKey::Type::kP256);
  held->set(jwk_set({keys.p256.jwk("ec"), another.jwk("ec2")}));
  EXPECT_EQ(ask(token({}, {{"kid", ""}})), kNoKey);
}

/// A port of this machine on which nobody should call.
class Bell {
 public:
  Bell() {
    sockaddr_in here{};
    here.sin_family = AF_INET;
    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof here;
    auto* address = reinterpret_cast<sockaddr*>(&here);
    CHECK(::bind(socket_, address, size) == 0 && ::listen(socket_, 8) == 0 &&
          ::getsockname(socket_, address, &size) == 0);
    port_ = ntohs(here.sin_port);
  }
  ~Bell() { ::close(socket_); }
  [[nodiscard]] std::string url() const {
    return "http://127.0.0.1:" + std::to_string(port_) + "/";
  }
  [[nodiscard]] bool rang() const {
    pollfd entry{socket_, POLLIN, 0};
    return ::poll(&entry, 1, 0) != 0;
  }

 private:
  int socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  unsigned port_ = 0;
};

// Keys that a token brings along, or tells where to find, are the attacker's. Nobody looks there.
TEST_F(JwtAttack, WithItsOwnKeyIsRefusedAndTheHeadersAreNotLookedAt) {
  const Bell bell;
  const JwtKey thief = JwtKey::make(JwtKey::Type::kP256);
  for (const Members& own :
       {Members{{"jwk", thief.jwk("ec")}}, Members{{"jku", in_quotes(bell.url())}},
        Members{{"x5u", in_quotes(bell.url())}}, Members{{"x5c", "[\"MIIB\"]"}},
        Members{{"jwk", "7"}}}) {
    const std::string head = json_of(header("ES256", own));
    EXPECT_EQ(ask(thief.token("ES256", head, json_of(claims()))), kWrong) << head;
    EXPECT_EQ(ask(token({}, own)), "accepted") << head;
  }
  held->set(jwk_set(
      {keys.p256.jwk("ec", {{"x5u", in_quotes(bell.url())}, {"jku", in_quotes(bell.url())}})}));
  EXPECT_EQ(ask(token()), "accepted");
  EXPECT_FALSE(bell.rang());
}

TEST_F(JwtAttack, WithAHeaderThatChangesWhatIsSignedIsRefused) {
  for (const Members& head :
       {Members{{"crit", "[\"exp\"]"}}, Members{{"crit", "[]"}}, Members{{"b64", "false"}},
        Members{{"b64", "true"}}, Members{{"zip", in_quotes("DEF")}},
        Members{{"enc", in_quotes("A128GCM")}}, Members{{"cty", in_quotes("JWT")}}})
    EXPECT_EQ(ask(token({}, head)), kChanging) << json_of(head);
  for (const Members& head : {Members{{"alg", ""}}, Members{{"alg", "7"}}, Members{{"typ", "7"}}})
    EXPECT_EQ(ask(token({}, head)),
              "the JWT's header has no alg, or an alg, typ or kid that is no text");
}

TEST_F(JwtAttack, OfAnySizeIsRefusedAtItsSize) {
  const std::string largest = token({{"x", in_quotes(std::string(5000, 'x'))}});
  EXPECT_EQ(ask(largest), "accepted");
  const std::size_t more = (kJwtBytesMax - largest.size()) * 3 / 4 + 3;
  EXPECT_EQ(ask(token({{"x", in_quotes(std::string(5000 + more, 'x'))}})),
            "the JWT is larger than 8192 bytes");
  const std::string deep(5'000, '[');
  EXPECT_EQ(ask(keys.p256.token("ES256", json_of(header("ES256")), "{\"a\":" + deep)), kClaims);
}

TEST_F(JwtAttack, ThatIsEncryptedOrNestedIsRefused) {
  const std::string inner = token();
  EXPECT_EQ(ask(inner + ".x.y"), "the JWT is encrypted, or no JWT");
  EXPECT_EQ(ask(inner + "."), "the JWT is encrypted, or no JWT");
  EXPECT_EQ(ask(keys.p256.token("ES256", json_of(header("ES256")), inner)), kClaims);
  EXPECT_EQ(ask(keys.p256.token("ES256", json_of(header("ES256")), "[" + json_of(claims()) + "]")),
            kClaims);
}

// Of two claims of one name a library takes one: which, is not ours to guess.
TEST_F(JwtAttack, WithANameTwiceIsRefused) {
  const std::string good = json_of(claims());
  for (const std::string& more :
       {std::string{R"(,"aud":"varve"})"}, std::string{R"(,"a\u0075d":"varve"})"},
        std::string{R"(,"x":{"y":1,"y":1}})"}, std::string{R"(,"x":[{"y":1,"\u0079":1}]})"}})
    EXPECT_EQ(ask(keys.p256.token("ES256", json_of(header("ES256")),
                                  good.substr(0, good.size() - 1) + more)),
              kClaims)
        << more;
  for (const char* head : {R"({"alg":"ES256","alg":"ES256","kid":"ec","typ":"at+jwt"})",
                           R"({"alg":"none","\u0061lg":"ES256","kid":"ec","typ":"at+jwt"})"})
    EXPECT_EQ(ask(keys.p256.token("ES256", head, good)), kHeader) << head;
}

TEST_F(JwtAttack, ThatIsNotStrictJsonIsRefused) {
  const std::string good = json_of(claims());
  for (const std::string& bad :
       {good + "x", good + good, "\xef\xbb\xbf" + good, good.substr(0, good.size() - 1) + ",}",
        std::string{"{\"aud\":\"\xff\"}"}, std::string{"{'aud':1}"}, std::string{},
        std::string{"null"}, good.substr(0, good.size() - 1) + ",\"a\\u0000\":1}"})
    EXPECT_EQ(ask(keys.p256.token("ES256", json_of(header("ES256")), bad)), kClaims) << bad;
}

TEST_F(JwtAttack, InAnotherSpellingOfBase64IsRefused) {
  // Sizes of which the last character carries bits that mean nothing.
  const std::string whole = token({{"pad", in_quotes("x")}}, {{"pad", in_quotes("xx")}});
  const std::size_t first = whole.find('.');
  const std::size_t last = whole.rfind('.');
  const char* reasons[] = {kHeader, kClaims, kSignature};
  const std::size_t ends[] = {first, last, whole.size()};
  for (int part = 0; part < 3; ++part) {
    std::string padded = whole;
    EXPECT_EQ(ask(padded.insert(ends[part], "=")), reasons[part]);
    EXPECT_EQ(ask(padded.insert(ends[part], "=")), reasons[part]);
    for (const char c : {'+', '/', '*', ' ', '\n'}) {
      std::string other = whole;
      other[ends[part] - 3] = c;
      EXPECT_EQ(ask(other), reasons[part]) << part << c;
    }
  }
}

// The last character of a part may have bits that decode to nothing: another spelling of one token
// would be another entry of the revocation list.
TEST_F(JwtAttack, WithStrayBitsAtTheEndOfAPartIsRefused) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  int tried = 0;
  for (const char* pad : {"", "x", "xx"}) {
    const std::string whole = token({{"p", in_quotes(pad)}}, {{"p", in_quotes(pad)}});
    for (const std::size_t end : {whole.find('.'), whole.rfind('.'), whole.size()}) {
      const std::size_t begin = end == whole.find('.') ? 0 : whole.rfind('.', end - 1) + 1;
      const std::size_t spare = (end - begin) % 4 == 2 ? 16 : (end - begin) % 4 == 3 ? 4 : 1;
      const std::size_t digit = kDigits.find(whole[end - 1]);
      for (std::size_t stray = 1; stray < spare; ++stray, ++tried) {
        std::string other = whole;
        other[end - 1] = kDigits[digit + stray];
        EXPECT_NE(ask(other).find("base64url"), std::string::npos) << other;
      }
    }
  }
  EXPECT_GT(tried, 50);
}

TEST_F(JwtAttack, SignedByAnotherKeyOfTheSameKindIsRefused) {
  for (const auto& [alg, type] :
       {std::pair{"RS256", JwtKey::Type::kRsa}, std::pair{"PS256", JwtKey::Type::kRsa},
        std::pair{"ES256", JwtKey::Type::kP256}, std::pair{"EdDSA", JwtKey::Type::kEd25519}})
    EXPECT_EQ(ask(JwtKey::make(type).token(alg, json_of(header(alg)), json_of(claims()))), kWrong);
}

TEST_F(JwtAttack, SignedUnderAnotherPaddingOfRsaIsRefused) {
  EXPECT_EQ(ask(keys.rsa.token("PS256", json_of(header("RS256")), json_of(claims()))), kWrong);
  EXPECT_EQ(ask(keys.rsa.token("RS256", json_of(header("PS256")), json_of(claims()))), kWrong);
}

TEST_F(JwtAttack, WithASignatureOfZerosOrOnesOfAnySizeIsRefused) {
  for (const std::string& alg : kAlgorithms) {
    const std::string text = base64url(json_of(header(alg))) + "." + base64url(json_of(claims()));
    for (const std::size_t size : {1U, 32U, 63U, 64U, 65U, 96U, 132U, 255U, 256U, 257U, 512U})
      for (const char filler : {'\0', '\1', '\xff'})
        EXPECT_EQ(ask(text + "." + base64url(std::string(size, filler))), kWrong) << alg << size;
  }
}

TEST_F(JwtAttack, WithAnEcdsaSignatureInDerOrOfAnotherCurveIsRefused) {
  const std::string text = base64url(json_of(header("ES256"))) + "." + base64url(json_of(claims()));
  EXPECT_EQ(ask(text + "." + base64url(keys.p256.sign_der(text))), kWrong);
  EXPECT_EQ(ask(text + "." + base64url(keys.p384.sign("ES384", text))), kWrong);
  const std::string signature = keys.p256.sign("ES256", text);
  EXPECT_EQ(ask(text + "." + base64url(signature)), "accepted");
  const std::string zeros(16,
                          '\0');  // r and s of 48 bytes: a number is the same with zeros before it
  EXPECT_EQ(
      ask(text + "." + base64url(zeros + signature.substr(0, 32) + zeros + signature.substr(32))),
      kWrong);
  EXPECT_EQ(ask(text + "." + base64url(signature + zeros)), kWrong);
  // The set has the P-384 key, which nothing here uses.
  EXPECT_EQ(ask(keys.p384.token("ES384", json_of(header("ES384", {{"kid", in_quotes("p384")}})),
                                json_of(claims()))),
            kNoAlg);
  EXPECT_EQ(ask(token({}, {{"kid", in_quotes("p384")}})), kNoKey);
}

TEST_F(JwtAttack, WithAnyBitOfItChangedIsRefused) {
  for (const std::string& alg : {std::string{"ES256"}, std::string{"EdDSA"}}) {
    const std::string whole = token({}, {}, alg);
    for (std::size_t bit = 0; bit < 8 * whole.size(); ++bit) {
      std::string other = whole;
      other[bit / 8] = static_cast<char>(other[bit / 8] ^ (1 << (bit % 8)));
      EXPECT_NE(ask(other), "accepted") << alg << " " << bit;
    }
  }
}

// Tokens whose makers are others still. Source: RFC 7515 appendix A.3, RFC 8037 appendix A.4
TEST(Jws, VerifiesThePublishedExamples) {
  const auto rfc7515 = KeySet::parse(
      jwk_set({R"({"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
               R"("y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"})"}));
  ASSERT_TRUE(rfc7515) << rfc7515.error().message;
  EXPECT_TRUE(is_signed_by(
      *rfc7515->find(std::nullopt, JwsAlgorithm::kEs256), JwsAlgorithm::kEs256,
      "eyJhbGciOiJFUzI1NiJ9."
      "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVl"
      "fQ"
      ".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"));
  const auto rfc8037 = KeySet::parse(jwk_set(
      {R"({"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})"}));
  ASSERT_TRUE(rfc8037) << rfc8037.error().message;
  EXPECT_TRUE(is_signed_by(
      *rfc8037->find(std::nullopt, JwsAlgorithm::kEdDsa), JwsAlgorithm::kEdDsa,
      "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc."
      "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"));
}

}  // namespace
}  // namespace varve::api
