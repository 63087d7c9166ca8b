// Who the server takes the client for, so that whoever sets up access sees what came of it.
#include "api/common/json.h"
#include "api/problem.h"
#include "api/routes/handlers.h"
#include "api/routes/read.h"
#include "api/service.h"

namespace varve::api {

void get_whoami(const SharedExchange& exchange, const Reply& reply) {
  const Identity& who = *exchange->caller.identity;
  JsonWriter out;
  out.begin_object().key("client").text(who.client).key("proof").text(proof_name(who.proof));
  if (!who.subject.empty()) out.key("subject").text(who.subject);
  if (!who.issuer.empty()) out.key("issuer").text(who.issuer);
  if (who.expires_s != 0) out.key("expires").number(who.expires_s);
  out.key("logs").begin_array();
  for (const HostedLog& hosted : exchange->service->access().logs()) {
    const Roles roles = who.roles_on(hosted.name);
    if (roles == Roles::kNone) continue;
    out.begin_object().key("name").text(hosted.name).key("roles").begin_array();
    for (const std::string_view role : role_names(roles)) out.text(role);
    out.end_array().end_object();
  }
  Response response = respond_json(200, out.end_array().end_object().take());
  set_private(response);
  reply(std::move(response));
}

}  // namespace varve::api
