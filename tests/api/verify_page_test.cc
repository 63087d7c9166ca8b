// The page that verifies in a browser: what the server says with it. tests/system runs it in one.
#include "api/routes/verify_page.h"

#include <gtest/gtest.h>

#include "ledger/base/text.h"
#include "ledger/merkle/tree.h"
#include "tests/api/site.h"

namespace varve::api {
namespace {

/// As a content security policy names the text of this element.
std::string hash_of_element(const std::string& name) {
  const std::string page(kVerifyPage);
  const std::size_t begin = page.find("<" + name + ">") + name.size() + 2;
  const std::string text = page.substr(begin, page.find("</" + name + ">", begin) - begin);
  return "'sha256-" + base64(merkle::sha256(bytes_of(text)).view()) + "'";
}

TEST(VerifyPage, AllowsItselfItsOwnScriptAndStyleAndNothingElse) {
  EXPECT_EQ(policy_of_page(kVerifyPage),
            "default-src 'none'; script-src " + hash_of_element("script") + "; style-src " +
                hash_of_element("style") + "; base-uri 'none'; form-action 'none'");
}

TEST(VerifyPage, IsForEverybodyWithThePolicyThatItStates) {
  Site site;
  const Response response = site.get("/verify");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(body_of(response), kVerifyPage);
  EXPECT_EQ(header_of(response, "content-type"), "text/html; charset=utf-8");
  EXPECT_EQ(header_of(response, "content-security-policy"),
            std::string(policy_of_page(kVerifyPage)) + "; frame-ancestors 'none'");
  EXPECT_EQ(header_of(response, "x-content-type-options"), "nosniff");
  EXPECT_EQ(header_of(response, "cache-control"), "no-store");
}

}  // namespace
}  // namespace varve::api
