// Until when the log keeps what, and who may change that; and the notes that change it.
#include <algorithm>
#include <functional>
#include <span>
#include <tuple>
#include <utility>

#include "api/common/json.h"
#include "api/problem.h"
#include "api/routes/finish.h"
#include "api/routes/handlers.h"
#include "api/routes/permit.h"
#include "api/routes/read.h"
#include "api/service.h"
#include "ledger/base/month.h"
#include "ledger/base/text.h"
#include "ledger/format/disposal.h"
#include "ledger/format/json.h"
#include "ledger/format/record.h"
#include "ledger/format/tombstone.h"
#include "ledger/merkle/checked.h"
#include "ledger/rules/forecast.h"
#include "ledger/rules/signers.h"

namespace varve::api {
namespace {

/// Readings of the compliance clock, as people read them.
void write_time(JsonWriter& out, std::string_view name, std::uint64_t time_us) {
  if (time_us != 0) out.key(name).text(time_text(time_us));
}

/// A span in the policy's unit. Errors: kInvalid.
Result<std::optional<std::uint32_t>> asked_span(const Exchange& exchange, const char* name) {
  ASSIGN_OR_RETURN(const auto span, number_parameter(exchange, name));
  if (!span) return std::optional<std::uint32_t>{};
  if (*span > format::kDraftMaxMinutes)
    return invalid(std::string(name) + " is too long: no log keeps records for so long");
  return std::optional(static_cast<std::uint32_t>(*span));
}

/// What the question would change. Errors: kInvalid.
Result<rules::WhatIf> asked_for(const Exchange& exchange, format::Mode mode) {
  rules::WhatIf what;
  ASSIGN_OR_RETURN(what.period, asked_span(exchange, "period"));
  ASSIGN_OR_RETURN(what.notice, asked_span(exchange, "notice"));
  ASSIGN_OR_RETURN(what.wait, asked_span(exchange, "wait"));
  if (const std::string* scope = exchange.target.parameter("hold")) {
    ASSIGN_OR_RETURN(what.hold, format::parse_scope(*scope, mode));
  }
  if (const std::string* id = exchange.target.parameter("release")) what.release = *id;
  return what;
}

/// The spans are those of `log`, which may be what somebody asks for; the record is the one in force.
void write_policy(JsonWriter& out, const rules::Retention& log, const rules::Retention& in_force) {
  const format::Policy& policy = log.policy();
  const bool is_draft = policy.mode == format::Mode::kDraft;
  out.key("mode")
      .text(is_draft ? "draft" : "locked")
      .key("unit")
      .text(is_draft ? "minutes" : "days");
  out.key("period").number(policy.period).key("notice").number(policy.notice);
  out.key("wait").number(policy.wait).key("automatic").boolean(policy.automatic);
  const auto& place = in_force.policy_place();
  if (!place) return;
  out.key("policy_record").number(place->index.value);
  out.key("policy_leaf").text(hex(place->leaf.view()));
  out.key("policy_text").text(format::policy_text(in_force.policy()));
}

/// The vkey of the one with that hash: the same records named both.
std::string vkey_of(const Hash& hash, const std::vector<format::VerifierKey>& approvers) {
  const auto known = std::ranges::find(approvers, hash, rules::approver_hash);
  return known == approvers.end() ? "" : format::format_vkey(*known);
}

void write_approvers(JsonWriter& out, const rules::Forecast& forecast,
                     const rules::KeyHistory& keys) {
  out.key("approvals_needed").number(forecast.approvals_needed);
  out.key("approvers").begin_array();
  for (const rules::ApproverForecast& one : forecast.approvers) {
    out.begin_object().key("vkey").text(vkey_of(one.approver.key, keys.approvers()));
    out.key("named_in").number(one.approver.since.value);
    write_time(out, "counts_from", one.counts_us);
    out.end_object();
  }
  out.end_array();
}

/// Whose time stamps count as evidence, and how late it is at least by what they said.
void write_sources(JsonWriter& out, const rules::Forecast& forecast, const rules::Retention& log) {
  out.key("quorum").number(log.policy().quorum).key("time_sources").begin_array();
  for (std::size_t k = 0; k < forecast.sources.size(); ++k) {
    const rules::SourceForecast& one = forecast.sources[k];
    out.begin_object().key("name").text(log.policy().sources[k].name);
    out.key("key").text(hex(one.source.key.view()));
    out.key("named_in").number(one.source.since.value);
    write_time(out, "counts_from", one.counts_us);
    out.end_object();
  }
  out.end_array();
  if (!log.timeline().empty()) write_time(out, "earliest", log.timeline().newest().earliest_us);
}

/// The log that months are shown of.
struct Shown {
  format::Mode mode;
  TreeSize size;
  std::function<Result<Hash>(TreeSize size)> root_of;  // of the log's tree of that size
};

/// What a disposal of the month takes, and what became of one.
void write_end(JsonWriter& out, const rules::MonthForecast& month,
               const std::function<Result<Hash>(TreeSize size)>& root_of) {
  if (month.disposal) {
    const bool is_destroyed = month.state == rules::MonthState::kDestroyed;
    out.key("disposal").number(month.disposal->index.value);
    out.key("keys").text(is_destroyed ? "destroyed" : "left");
    return;
  }
  write_time(out, "goes", month.goes_us);
  if (!month.notice) return;
  const auto root = root_of(size_before(*month.end));
  out.key("notice").number(month.notice->index.value);
  out.key("notice_leaf").text(hex(month.notice->leaf.view()));
  if (root) out.key("root").text(base64(root->view()));  // else a scrub finds what is damaged
}

void write_month(JsonWriter& out, const rules::MonthForecast& month, const Shown& shown) {
  const LeafIndex end = month.end.value_or(end_of(shown.size));
  out.begin_object().key("month").text(format::key_period_text(month.month, shown.mode));
  out.key("first").number(month.first.value);
  if (month.end) out.key("end").number(month.end->value);
  out.key("records").number(end.value - month.first.value);
  out.key("state").text(rules::state_text(month.state));
  write_time(out, "due", month.due_us);
  write_end(out, month, shown.root_of);
  out.key("kept_by").begin_array();
  for (const rules::Keeper keeper : month.kept_by) out.text(rules::keeper_text(keeper));
  out.end_array().key("held_by").number(month.held_by).key("holds").begin_array();
  for (const std::string& id : month.holds) out.text(id);
  out.end_array().end_object();
}

void write_months(JsonWriter& out, std::span<const rules::MonthForecast> months,
                  const Shown& shown) {
  out.key("months").begin_array();
  for (const rules::MonthForecast& month : months) write_month(out, month, shown);
  out.end_array();
}

void write_holds(JsonWriter& out, const rules::Retention& log) {
  out.key("holds").begin_array();
  for (const auto& [id, hold] : log.holds()) {
    out.begin_object().key("id").text(id);
    out.key("scope").text(format::scope_text(hold.scope, log.policy().mode));
    out.key("record").number(hold.placed.index.value);
    out.key("leaf").text(hex(hold.placed.leaf.view()));
    out.key("state").text(hold.is_open ? "open" : "released");
    out.end_object();
  }
  out.end_array();
}

/// Whether the record goes with its month, is gone, or is there for as long as the log; "unreadable"
/// where its month's key is out of reach at the moment, which changes no date. Errors: kCorrupt.
Result<std::string_view> fate_text(const Exchange& exchange, LeafIndex index) {
  const auto entry = read_record(exchange.log(), index);
  if (!entry && entry.error().code == Code::kCorrupt) return entry.error();
  if (!entry) return std::string_view("unreadable");
  if (format::is_tombstone(*entry)) return std::string_view("gone");
  ASSIGN_OR_RETURN(const format::Record record, format::decode_record(*entry));
  const bool goes = format::row_of(record.kind).fate == format::Fate::kGoes;
  return std::string_view(goes ? "goes" : "kept");
}

/// Which record the question is about, if about one. Errors: kInvalid, kNotFound.
Result<std::optional<LeafIndex>> asked_record(const Exchange& exchange, TreeSize size) {
  ASSIGN_OR_RETURN(const auto index, number_parameter(exchange, "index"));
  if (!index) return std::optional<LeafIndex>{};
  if (contains(size, LeafIndex{*index})) return std::optional(LeafIndex{*index});
  return not_found("the log has " + std::to_string(size.value) + " records, numbered from 0");
}

/// Until when this one is kept, and why.
Result<void> write_record(JsonWriter& out, const Exchange& exchange, LeafIndex index,
                          const rules::Retention& log, const Shown& shown) {
  ASSIGN_OR_RETURN(const std::string_view fate, fate_text(exchange, index));
  out.key("index").number(index.value).key("fate").text(fate);
  const auto record = rules::forecast(log, index);
  if (!record) return {};
  write_time(out, "appended", record->appended_us);
  out.key("age_s").number(record->age_us / 1'000'000);
  write_months(out, {&record->month, 1}, shown);
  out.key("takes").begin_array();
  for (const std::string_view act : rules::acts_left(log, record->month)) out.text(act);
  out.end_array();
  return {};
}

Result<std::string> describe_retention(const Exchange& exchange) {
  const LedgerView view = exchange.log().view();
  const merkle::SignedTree newest = tree_of(*view.newest);
  ASSIGN_OR_RETURN(const rules::WhatIf what, asked_for(exchange, view.retention->policy().mode));
  ASSIGN_OR_RETURN(const auto index, asked_record(exchange, newest.size));
  ASSIGN_OR_RETURN(const rules::Retention log, rules::with(*view.retention, what));
  const Shown shown{log.policy().mode, newest.size, [&](TreeSize size) -> Result<Hash> {
                      return merkle::checked_root(size, newest, exchange.log());
                    }};
  const rules::Forecast forecast = rules::forecast(log);
  JsonWriter out;
  out.begin_object().key("origin").text(exchange.hosted->origin);
  out.key("tree_size").number(newest.size.value);
  write_time(out, "reading", forecast.reading_us);
  write_policy(out, log, *view.retention);
  write_approvers(out, forecast, view.keys->history);
  if (index) {
    RETURN_IF_ERROR(write_record(out, exchange, *index, log, shown));
    return out.end_object().take();
  }
  write_sources(out, forecast, log);
  write_time(out, "first", forecast.first_us.value_or(0));
  write_time(out, "last", forecast.last_us.value_or(0));
  write_months(out, forecast.months, shown);
  write_holds(out, log);
  return out.end_object().take();
}

/// {"note": a policy, a hold, a release or a disposal, signed, or a notice; "text": of a hold that is
/// placed}
struct RetentionNote {
  format::Kind kind;
  Rights right;  // that it takes to send it
  std::string note;
  std::string text;
};

Result<Rights> right_for_hold(std::string_view text, format::Mode mode) {
  ASSIGN_OR_RETURN(const format::Hold hold, format::parse_hold(text, mode));
  return hold.action == format::HoldAction::kPlace ? Rights::kPlaceHold : Rights::kReleaseHold;
}

/// A notice has no signature. Errors: kInvalid.
Result<std::pair<format::Kind, Rights>> kind_of(std::string_view payload, format::Mode mode) {
  if (format::is_notice(payload)) return std::pair(format::Kind::kNotice, Rights::kGiveNotice);
  ASSIGN_OR_RETURN(const format::Note note, format::parse_note(payload));
  if (format::is_policy(note.text)) return std::pair(format::Kind::kPolicy, Rights::kSetPolicy);
  if (format::is_disposal(note.text)) return std::pair(format::Kind::kDisposal, Rights::kDispose);
  if (!format::is_hold(note.text))
    return invalid("the note is no policy, hold, notice or disposal");
  ASSIGN_OR_RETURN(const Rights right, right_for_hold(note.text, mode));
  return std::pair(format::Kind::kHold, right);
}

Result<RetentionNote> note_in(const Request& request, format::Mode mode) {
  ASSIGN_OR_RETURN(const auto json, format::Json::parse(text_of(request.body)));
  RetentionNote sent{};
  ASSIGN_OR_RETURN(sent.note, json.text("note"));
  if (json.has("text")) {
    ASSIGN_OR_RETURN(sent.text, json.text("text"));
  }
  ASSIGN_OR_RETURN(std::tie(sent.kind, sent.right), kind_of(sent.note, mode));
  if (sent.kind != format::Kind::kHold && !sent.text.empty())
    return invalid("only a hold that is placed has a text beside its note");
  return sent;
}

bool is_json(const Request& request) {
  return parse_media_type(request.header("content-type")).essence == "application/json";
}

}  // namespace

void get_retention(const SharedExchange& exchange, const Reply& reply) {
  auto body = describe_retention(*exchange);
  if (!body && body.error().code == Code::kInvalid)
    return reply(refuse(ProblemId::kBadRequest, body.error().message));
  if (!body) return reply(refuse_read(*exchange, std::move(body).error()));
  Response response = respond_json(200, std::move(*body));
  set_private(response);
  reply(std::move(response));
}

void post_retention(const SharedExchange& exchange, const Reply& reply) {
  if (!is_json(exchange->request))
    return reply(refuse(ProblemId::kUnsupportedMediaType, "send the note within application/json"));
  auto sent = note_in(exchange->request, exchange->log().view().retention->policy().mode);
  if (!sent) return reply(refuse(sent.error()));
  if (auto refusal = refuse_unless(*exchange, sent->right)) return reply(std::move(*refusal));
  if (sent->kind == format::Kind::kHold)
    exchange->log().append_hold(std::move(sent->note), std::move(sent->text),
                                finish(exchange, reply));
  else
    exchange->log().append_control(sent->kind, std::move(sent->note), finish(exchange, reply));
}

// {"timestamps": [texts of timestamp records]}
void post_evidence(const SharedExchange& exchange, const Reply& reply) {
  if (!is_json(exchange->request))
    return reply(
        refuse(ProblemId::kUnsupportedMediaType, "send the time stamps within application/json"));
  const auto json = format::Json::parse(text_of(exchange->request.body));
  auto texts = json ? json->texts("timestamps") : json.error();
  if (!texts) return reply(refuse(texts.error()));
  exchange->log().append_timestamps(std::move(*texts), finish(exchange, reply));
}

}  // namespace varve::api
