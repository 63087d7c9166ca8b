// Serves the page. It is the same for everybody and asks this server for nothing.
#include "api/routes/verify_page.h"

#include "api/routes/handlers.h"
#include "api/routes/read.h"
#include "ledger/base/check.h"

namespace varve::api {

std::string_view policy_of_page(std::string_view page) {
  constexpr std::string_view kBefore = "http-equiv=\"Content-Security-Policy\" content=\"";
  const std::size_t begin = page.find(kBefore);
  CHECK(begin != std::string_view::npos);
  page.remove_prefix(begin + kBefore.size());
  return page.substr(0, page.find('"'));
}

void get_verify_page(const SharedExchange&, const Reply& reply) {
  Response response = respond(200, "text/html; charset=utf-8", kVerifyPage);
  // What a page cannot say of itself is who may frame it.
  response.headers.emplace_back(
      "content-security-policy",
      std::string(policy_of_page(kVerifyPage)).append("; frame-ancestors 'none'"));
  response.headers.emplace_back("x-content-type-options", "nosniff");
  response.headers.emplace_back("referrer-policy", "no-referrer");
  set_private(response);
  reply(std::move(response));
}

}  // namespace varve::api
