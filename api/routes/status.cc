// The server itself: is it up, can it append, what does it count, which logs does it have.
#include <algorithm>

#include "api/access/log_metrics.h"
#include "api/access/stamped.h"
#include "api/access/witnessed.h"
#include "api/common/json.h"
#include "api/problem.h"
#include "api/routes/handlers.h"
#include "api/routes/read.h"
#include "api/service.h"
#include "ledger/ledger.h"

namespace varve::api {
namespace {

/// Witnesses that give no cosignature keep the log from nothing, so it is ready all the same.
void write_witnesses_in_trouble(const WitnessedStatus& status, JsonWriter& out) {
  if (!status.trouble.empty()) out.key("witnessed").text(status.trouble);
  if (!status.key_trouble.empty()) out.key("witness_key").text(status.key_trouble);
  if (!status.record_trouble.empty()) out.key("witnessed_record").text(status.record_trouble);
  if (!status.evidence_trouble.empty()) out.key("cosigned_evidence").text(status.evidence_trouble);
  const auto in_trouble = [](const WitnessStatus& one) {
    return !one.trouble.empty() || !one.alarm.empty();
  };
  if (std::ranges::none_of(status.witnesses, in_trouble)) return;
  out.key("witnesses").begin_array();
  for (const WitnessStatus& one : status.witnesses) {
    if (!in_trouble(one)) continue;
    out.begin_object().key("name").text(one.name);
    if (!one.trouble.empty()) out.key("trouble").text(one.trouble);
    if (!one.alarm.empty())
      out.key("state").text("witness_contradicts").key("alarm").text(one.alarm);
    out.end_object();
  }
  out.end_array();
}

/// The same of time-stamping authorities.
void write_time_stamps_in_trouble(const StampedStatus& status, JsonWriter& out) {
  if (!status.trouble.empty()) out.key("time_stamps").text(status.trouble);
  if (!status.evidence_trouble.empty()) out.key("time_evidence").text(status.evidence_trouble);
  const auto in_trouble = [](const TimeAuthorityStatus& one) {
    return !one.trouble.empty() || one.clock_is_off;
  };
  if (std::ranges::none_of(status.authorities, in_trouble)) return;
  out.key("time_authorities").begin_array();
  for (const TimeAuthorityStatus& one : status.authorities) {
    if (!in_trouble(one)) continue;
    out.begin_object().key("name").text(one.name);
    if (!one.trouble.empty()) out.key("trouble").text(one.trouble);
    if (one.clock_is_off)
      out.key("clock").text("more than a minute from this machine's: one of the two is wrong");
    out.end_object();
  }
  out.end_array();
}

/// A member of an object, or nothing. One that has expired keeps no append from whoever takes it all the same.
std::string certificates_in_trouble(const Service& service) {
  constexpr std::uint64_t kMicroseconds = 1'000'000;
  const std::vector<std::string> troubles = service.access().certificates().troubles(
      service.clock().now_us() / kMicroseconds, ShownCertificates::For::kEverybody);
  if (troubles.empty()) return {};
  JsonWriter out;
  out.begin_array();
  for (const std::string& trouble : troubles) out.text(trouble);
  return ",\"certificates\":" + out.end_array().take();
}

/// For trying: nobody is to take it for one that keeps its records.
bool is_draft(const HostedLog& hosted) {
  const auto retention = hosted.log->view().retention;
  return retention && retention->policy().mode == format::Mode::kDraft;
}

}  // namespace

void get_health(const SharedExchange&, const Reply& reply) {
  Response response = respond_json(200, R"({"status":"up"})");
  set_private(response);
  reply(std::move(response));
}

void get_readiness(const SharedExchange& exchange, const Reply& reply) {
  bool ready = true;
  JsonWriter logs;
  logs.begin_array();
  for (const HostedLog& hosted : exchange->service->access().logs()) {
    const LogStatus status = hosted.log->status();
    ready = ready && status.state == LogState::kServing;
    logs.begin_object().key("name").text(hosted.name).key("state").text(state_name(status.state));
    if (!status.reason.empty()) logs.key("reason").text(status.reason);
    if (!status.clock.empty()) logs.key("clock").text(status.clock);
    if (!status.scrub.damaged.empty()) {
      logs.key("damaged").begin_array();
      for (const std::string& file : status.scrub.damaged) logs.text(file);
      logs.end_array();
    }
    if (hosted.witnessed != nullptr) write_witnesses_in_trouble(hosted.witnessed->status(), logs);
    if (hosted.stamped != nullptr) write_time_stamps_in_trouble(hosted.stamped->status(), logs);
    logs.end_object();
  }
  const std::string states = logs.end_array().take();
  if (!ready)
    return reply(refuse(ProblemId::kBusy, "not every log takes appends", {{"logs", states}}));
  const std::string certificates = certificates_in_trouble(*exchange->service);
  Response response =
      respond_json(200, R"({"status":"ready","logs":)" + states + certificates + "}");
  set_private(response);
  reply(std::move(response));
}

void get_metrics(const SharedExchange& exchange, const Reply& reply) {
  Response response = respond(200, "text/plain; version=0.0.4; charset=utf-8",
                              exchange->service->access().metrics().text());
  set_private(response);
  reply(std::move(response));
}

void get_logs(const SharedExchange& exchange, const Reply& reply) {
  JsonWriter out;
  out.begin_object().key("logs").begin_array();
  for (const HostedLog& hosted : exchange->service->access().logs()) {
    out.begin_object().key("name").text(hosted.name).key("origin").text(hosted.origin);
    if (is_draft(hosted)) out.key("mode").text("draft");
    out.end_object();
  }
  Response response = respond_json(200, out.end_array().end_object().take());
  set_private(response);
  reply(std::move(response));
}

}  // namespace varve::api
