// What the server knows of the client: who it takes it for, so that whoever sets up access sees what came of it,
// and which of its reads are not on record yet.
#include "api/common/json.h"
#include "api/problem.h"
#include "api/routes/handlers.h"
#include "api/routes/read.h"
#include "api/service.h"

namespace varve::api {
namespace {

void write_roles(JsonWriter& out, Roles roles) {
  out.key("roles").begin_array();
  for (const std::string_view role : role_names(roles)) out.text(role);
  out.end_array();
}

void write_sources(JsonWriter& out, const Authority& may) {
  out.key("sources").begin_array();
  for (const auto& [name, roles] : may.sources) {
    out.begin_object().key("name").text(name);
    write_roles(out, roles);
    out.end_object();
  }
  out.end_array();
}

}  // namespace

void get_whoami(const SharedExchange& exchange, const Reply& reply) {
  const Identity& who = *exchange->caller.identity;
  JsonWriter out;
  out.begin_object().key("client").text(who.client).key("proof").text(proof_name(who.proof));
  if (!who.subject.empty()) out.key("subject").text(who.subject);
  if (!who.issuer.empty()) out.key("issuer").text(who.issuer);
  if (who.expires_s != 0) out.key("expires").number(who.expires_s);
  out.key("logs").begin_array();
  for (const HostedLog& hosted : exchange->service->access().logs()) {
    const Authority may = who.on(hosted.name);
    if (may.anywhere() == Roles::kNone) continue;
    out.begin_object().key("name").text(hosted.name);
    write_roles(out, may.whole);
    if (!may.sources.empty()) write_sources(out, may);
    out.end_object();
  }
  Response response = respond_json(200, out.end_array().end_object().take());
  set_private(response);
  reply(std::move(response));
}

void get_reads_waiting(const SharedExchange& exchange, const Reply& reply) {
  const std::uint64_t waiting =
      exchange->service->access().reads_waiting(exchange->caller, *exchange->hosted);
  JsonWriter out;
  out.begin_object().key("waiting").number(waiting).end_object();
  Response response = respond_json(200, out.take());
  set_private(response);
  reply(std::move(response));
}

}  // namespace varve::api
