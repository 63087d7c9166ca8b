// What a token's claims have to say, whom they make of a client, and for how long.
#include <gtest/gtest.h>

#include "api/access/smart_scopes.h"
#include "jwt_site.h"
#include "ledger/base/text.h"

namespace varve::api {
namespace {

using JwtClaims = JwtSite;

TEST_F(JwtClaims, ForAnotherAudienceOrNoneAreRefused) {
  for (const char* aud : {R"("varve")", R"(["x","varve"])", R"(["https://varve.example.org"])"})
    EXPECT_EQ(ask(token({{"aud", aud}})), "accepted") << aud;
  for (const char* aud : {R"("varve2")", R"("Varve")", R"("varv")", R"("")", R"("varve x")", "[]",
                          R"(["x",["varve"]])", R"(["varve",7])", "7", "{\"varve\":1}", "null", ""})
    EXPECT_NE(ask(token({{"aud", aud}})), "accepted") << aud;
}

TEST_F(JwtClaims, OfAnotherIssuerOrNoneAreRefused) {
  for (const char* iss :
       {R"("https://idp.example.org/")", R"("https://idp.example.or")",
        R"("HTTPS://idp.example.org")", R"("")", "7", R"(["https://idp.example.org"])", ""})
    EXPECT_EQ(ask(token({{"iss", iss}})), "the JWT has an issuer that is not configured") << iss;
}

// Each issuer's keys vouch for its own tokens alone.
TEST_F(JwtClaims, OfOneIssuerAreNotSignedByAnother) {
  IssuerOptions other = options;
  other.issuer = "https://other.example.org";
  const auto others = std::make_shared<HeldKeys>();
  const JwtKey theirs = JwtKey::make(JwtKey::Type::kP256);
  others->set(jwk_set({theirs.jwk("ec")}));
  other.keys = others;
  Issuers issuers({options, other});
  const Members named = {{"iss", in_quotes("https://other.example.org")}};
  EXPECT_EQ(ask(issuers, token()), "accepted");
  EXPECT_EQ(ask(issuers, theirs.token("ES256", json_of(header("ES256")), json_of(claims(named)))),
            "accepted");
  EXPECT_EQ(ask(issuers, theirs.token("ES256", json_of(header("ES256")), json_of(claims()))),
            "the JWT's signature is wrong");
  EXPECT_EQ(ask(issuers, token(named)), "the JWT's signature is wrong");
}

TEST_F(JwtClaims, AreValidFromTheirStartToTheirEndWithTheSkewOfClocks) {
  const Members times = {{"exp", std::to_string(kJwtNow_s + 10)},
                         {"nbf", std::to_string(kJwtNow_s)},
                         {"iat", std::to_string(kJwtNow_s - 100)}};
  options.skew_s = 5;
  const std::string bearer = token(times);
  EXPECT_EQ(ask(bearer, kJwtNow_s - 6), "the JWT is not valid yet");
  EXPECT_EQ(ask(bearer, kJwtNow_s - 5), "accepted");
  EXPECT_EQ(ask(bearer, kJwtNow_s + 14), "accepted");
  EXPECT_EQ(who->expires_s, kJwtNow_s + 15);
  EXPECT_EQ(ask(bearer, kJwtNow_s + 15), "the JWT has expired");
  EXPECT_EQ(ask(token({{"iat", std::to_string(kJwtNow_s + 6)}})), "the JWT is not valid yet");
  options.skew_s = 0;
  EXPECT_EQ(ask(bearer, kJwtNow_s + 9), "accepted");
  EXPECT_EQ(ask(bearer, kJwtNow_s + 10), "the JWT has expired");
}

TEST_F(JwtClaims, WithATimeThatIsNoneAreRefused) {
  for (const char* exp : {"", "null", "true", "\"2000000\"", "-1", "1e300", "[2000000]", "1e16"})
    EXPECT_EQ(ask(token({{"exp", exp}})), "the JWT has no exp, or one that is no time") << exp;
  for (const char* name : {"nbf", "iat"})
    for (const char* time : {"null", "\"1\"", "-1", "{}", "1e16"})
      EXPECT_EQ(ask(token({{name, time}})), "the JWT has an nbf or iat that is no time") << time;
  EXPECT_EQ(ask(token({{"exp", "1000300.75"}, {"iat", ""}})), "accepted");
  EXPECT_EQ(who->expires_s, 1'000'360U);
}

TEST_F(JwtClaims, OfATypeThatIsNotConfiguredAreRefused) {
  const std::string wrong = "the JWT's typ is none of this issuer's";
  for (const char* typ : {"at+jwt", "AT+JWT", "application/at+jwt", "Application/At+Jwt"})
    EXPECT_EQ(ask(token({}, {{"typ", in_quotes(typ)}})), "accepted") << typ;
  for (const char* typ : {"JWT", "", "application/", "logout+jwt", "dpop+jwt", "at+jwt2"})
    EXPECT_EQ(ask(token({}, {{"typ", in_quotes(typ)}})), wrong) << typ;
  EXPECT_EQ(ask(token({}, {{"typ", ""}})), wrong);
  options.types = {"at+jwt", "jwt"};
  EXPECT_EQ(ask(token({}, {{"typ", in_quotes("JWT")}})), "accepted");
  EXPECT_EQ(ask(token({}, {{"typ", ""}})), wrong);
}

TEST_F(JwtClaims, WithoutTheRequiredKindOfAuthenticationAreRefused) {
  options.acr = {"gold", "silver"};
  EXPECT_EQ(ask(token({{"acr", in_quotes("silver")}})), "accepted");
  for (const char* acr : {"", R"("bronze")", R"("")", R"(["gold"])", "7"})
    EXPECT_EQ(ask(token({{"acr", acr}})), "the JWT's acr is none of those that are required");
  options.acr = {};
  options.amr = {"mfa", "hwk"};
  EXPECT_EQ(ask(token({{"amr", R"(["pwd","hwk","mfa"])"}})), "accepted");
  for (const char* amr : {"", R"("mfa")", R"(["mfa"])", "[]", R"(["mfa","hwk",7])", R"("mfa hwk")"})
    EXPECT_EQ(ask(token({{"amr", amr}})), "the JWT's amr lacks one of those that are required");
}

TEST_F(JwtClaims, BoundToACertificateAreUsedWithItAlone) {
  PeerCertificate mine;
  mine.fingerprint.bytes.fill(std::byte{0xab});
  mine.not_before_s = kJwtNow_s - 10;
  mine.expires_s = kJwtNow_s + 10;
  PeerCertificate another = mine;
  another.fingerprint.bytes[31] = std::byte{0xac};
  const std::string hash(32, '\xab');
  const std::string bearer = token({{"cnf", json_of({{"x5t#S256", in_quotes(base64url(hash))}})}});
  const std::string elsewhere = "the JWT is bound to another certificate than the connection's";
  Issuers issuers({options});  // one for all: a token that was seen is no freer
  EXPECT_EQ(ask(issuers, bearer), elsewhere);
  EXPECT_EQ(ask(issuers, bearer, kJwtNow_s, &another), elsewhere);
  EXPECT_EQ(ask(issuers, bearer, kJwtNow_s, &mine), "accepted");
  EXPECT_EQ(issuers.remembered(), 1U);
  EXPECT_EQ(ask(issuers, bearer), elsewhere);
  EXPECT_EQ(ask(issuers, bearer, kJwtNow_s, &another), elsewhere);
  for (const std::uint64_t now_s : {kJwtNow_s - 11, kJwtNow_s + 10})
    EXPECT_EQ(ask(issuers, bearer, now_s, &mine),
              "the certificate that the JWT is bound to is not valid now");
  options.certificate_bound = true;
  EXPECT_EQ(ask(bearer, kJwtNow_s, &mine), "accepted");
  EXPECT_EQ(ask(token(), kJwtNow_s, &mine),
            "the JWT is not bound to a certificate, and this issuer's have to be");
}

TEST_F(JwtClaims, BoundInAWayThatIsNotKnownAreRefused) {
  const std::string good = in_quotes(base64url(std::string(32, '\xab')));
  PeerCertificate mine;
  mine.fingerprint.bytes.fill(std::byte{0xab});
  mine.expires_s = kJwtNow_s + 10;
  for (const Members& cnf :
       {Members{}, Members{{"jkt", in_quotes("x")}}, Members{{"x5t#S256", "7"}},
        Members{{"x5t#S256", good}, {"jkt", in_quotes("x")}},
        Members{{"x5t#S256", in_quotes(base64url(std::string(31, '\xab')))}},
        Members{{"x5t#S256", in_quotes(base64(Buffer(32, std::byte{0xab})))}}})
    EXPECT_EQ(ask(token({{"cnf", json_of(cnf)}}), kJwtNow_s, &mine),
              "the JWT is bound to a key in a way that is not known here");
  EXPECT_NE(ask(token({{"cnf", good}}), kJwtNow_s, &mine), "accepted");
  EXPECT_NE(ask(token({{"cnf", "null"}}), kJwtNow_s, &mine), "accepted");
}

TEST_F(JwtClaims, NameTheClientByTheConfiguredClaim) {
  options.client_claim = "azp";
  options.client_prefix = "idp/";
  EXPECT_EQ(ask(token({{"azp", in_quotes("ward@7")}})), "accepted");
  EXPECT_EQ(who->client, "idp/ward@7");
  for (const char* azp : {"", "7", "[\"ward\"]", "null"})
    EXPECT_EQ(ask(token({{"azp", azp}})),
              "the JWT has no claim that names the client, or it is no text");
  for (const std::string& azp : {std::string{"a b"}, std::string{"a\\nb"}, std::string{"\xc3\xa4"},
                                 std::string{"a,b"}, std::string(124, 'a')})
    EXPECT_NE(ask(token({{"azp", in_quotes(azp)}})).find("has a name that is not"),
              std::string::npos);
  options.client_prefix = "";
  EXPECT_NE(ask(token({{"azp", in_quotes("")}})), "accepted");
  for (const char* name : {"sub", "jti"})
    for (const char* value : {"\"\"", "\" \"", R"("a\nb")", R"("\u007f")", "7", "null"})
      EXPECT_NE(ask(token({{"azp", in_quotes("a")}, {name, value}})), "accepted") << name << value;
  EXPECT_EQ(ask(token({{"azp", in_quotes("a")}, {"sub", ""}, {"jti", ""}})), "accepted");
}

TEST_F(JwtClaims, GrantRolesByWholeWordsAndNothingElse) {
  options.grants = {{"scope", "append", {Roles::kAppend, {"x"}}},
                    {"groups", "auditors", {Roles::kRead, {}}}};
  const auto roles = [&](const char* scope, const char* groups) {
    EXPECT_EQ(ask(token({{"scope", scope}, {"groups", groups}})), "accepted");
    return who->on("x").whole;
  };
  EXPECT_EQ(roles(R"("append")", ""), Roles::kAppend);
  EXPECT_EQ(roles(R"(["a","append"])", R"(["auditors"])"), Roles::kAppend | Roles::kRead);
  EXPECT_EQ(roles(R"("  x  append ")", R"("auditors")"), Roles::kAppend | Roles::kRead);
  for (const char* none : {R"("appendx")", R"("Append")", R"(["a append"])", "7", "{\"append\":1}",
                           "\"\"", R"("append\u0000")", R"(["append",7])", ""})
    if (std::string_view{none}.find("u0000") == std::string_view::npos) {
      EXPECT_EQ(roles(none, none), Roles::kNone) << none;
    }
  EXPECT_EQ(who->on("y").whole, Roles::kNone);
}

TEST_F(JwtClaims, GrantBySmartScopesOnlyWhereThatIsConfigured) {
  const std::string bearer = token({{"scope", in_quotes("system/AuditEvent.cruds patient/*.rs")}});
  EXPECT_EQ(ask(bearer), "accepted");
  EXPECT_EQ(who->on("x").whole, Roles::kNone);
  options.smart = Permission{Roles::kNone, {"y"}};
  EXPECT_EQ(ask(bearer), "accepted");
  EXPECT_EQ(who->on("x").whole, Roles::kNone);
  EXPECT_EQ(who->on("y").whole, Roles::kAppend | Roles::kRead);
}

TEST(SmartScope, OfASystemForAuditEventsGrantsAppendAndRead) {
  const Roles both = Roles::kAppend | Roles::kRead;
  const std::pair<const char*, Roles> table[] = {
      {"system/AuditEvent.cruds", both},      {"system/AuditEvent.c", Roles::kAppend},
      {"system/AuditEvent.r", Roles::kRead},  {"system/AuditEvent.s", Roles::kRead},
      {"system/AuditEvent.ud", Roles::kNone}, {"system/AuditEvent.cs", both},
      {"system/AuditEvent.rc", Roles::kNone}, {"system/AuditEvent.cc", Roles::kNone},
      {"system/AuditEvent.", Roles::kNone},   {"system/AuditEvent.crudsx", Roles::kNone},
      {"system/*.rs", Roles::kRead},          {"system/AuditEvent.read", Roles::kRead},
      {"system/AuditEvent.*", both},          {"system/AuditEvent.write", Roles::kAppend},
      {"system/AuditEvent", Roles::kNone},    {"system/AuditEvent.rs?agent=x", Roles::kNone},
      {"user/AuditEvent.rs", Roles::kNone},   {"patient/AuditEvent.rs", Roles::kNone},
      {"system/Patient.cruds", Roles::kNone}, {"system/auditevent.r", Roles::kNone},
      {"system/AuditEvent.R", Roles::kNone},  {"", Roles::kNone},
      {"SYSTEM/AuditEvent.r", Roles::kNone},  {"system/AuditEvent.r ", Roles::kNone}};
  for (const auto& [scope, roles] : table) EXPECT_EQ(roles_of_smart_scope(scope), roles) << scope;
}

using JwtMemory = JwtSite;

TEST_F(JwtMemory, KeepsATokenUntilItExpires) {
  Issuers issuers({options});
  const std::string bearer = token();
  EXPECT_EQ(ask(issuers, bearer), "accepted");
  const SharedIdentity first = who;
  EXPECT_EQ(ask(issuers, bearer, kJwtNow_s + 359), "accepted");
  EXPECT_EQ(who, first);
  EXPECT_EQ(issuers.remembered(), 1U);
  EXPECT_EQ(ask(issuers, bearer, kJwtNow_s - 61), "the JWT is not valid yet");
  EXPECT_EQ(ask(issuers, bearer, kJwtNow_s + 360), "the JWT has expired");
  EXPECT_EQ(issuers.remembered(), 0U);
}

TEST_F(JwtMemory, ForgetsATokenWhoseKeyLeftTheSet) {
  Issuers issuers({options});
  const std::string bearer = token();
  EXPECT_EQ(ask(issuers, bearer), "accepted");
  held->set(jwk_set({keys.rsa.jwk("rsa")}));
  EXPECT_EQ(ask(issuers, bearer), "the JWT's issuer has no key of that kid and alg");
  held->set(jwk_set({JwtKey::make(JwtKey::Type::kP256).jwk("ec")}));
  EXPECT_EQ(ask(issuers, bearer), "the JWT's signature is wrong");
  held->set(keys.set());
  EXPECT_EQ(ask(issuers, bearer), "accepted");
  held->keys = nullptr;
  EXPECT_EQ(ask(issuers, bearer), "there are no keys of the JWT's issuer, or they are too old");
}

TEST_F(JwtMemory, IsBoundedAndHoldsNoTokenThatWasRefused) {
  Issuers issuers({options});
  EXPECT_NE(ask(issuers, token({{"aud", in_quotes("x")}})), "accepted");
  EXPECT_NE(ask(issuers, token(), kJwtNow_s + 1'000), "accepted");
  EXPECT_EQ(issuers.remembered(), 0U);
  JwtCache cache(3);
  const auto hash = [](int n) {
    Hash out;
    out.bytes[0] = static_cast<std::byte>(n);
    return out;
  };
  for (int n = 0; n < 10; ++n) {
    cache.keep(hash(n), std::make_shared<const JwtCache::Entry>());
    EXPECT_LE(cache.size(), 3U);
    EXPECT_NE(cache.find(hash(n)), nullptr);
  }
  EXPECT_EQ(cache.find(hash(6)), nullptr);
  cache.drop(hash(8));
  cache.keep(hash(20), std::make_shared<const JwtCache::Entry>());
  EXPECT_NE(cache.find(hash(7)), nullptr);
}

}  // namespace
}  // namespace varve::api
