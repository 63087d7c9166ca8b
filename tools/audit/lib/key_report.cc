// One entry for each key event.
#include "tools/audit/lib/key_report.h"

#include <algorithm>

#include "ledger/base/text.h"
#include "ledger/format/json.h"
#include "ledger/rules/admissions.h"
#include "ledger/rules/approver_rules.h"
#include "ledger/verify/open_keys.h"

namespace varve::audit {
namespace {

using format::json_quoted;

const char* action_name(const format::KeyEvent& event, const rules::KeyHistory& history) {
  switch (event.action) {
    case format::KeyAction::kCreate:
      return "created";
    case format::KeyAction::kRotate:
      return "joined";
    case format::KeyAction::kRetire:
      return "retired";
    case format::KeyAction::kRevoke:
      return "revoked";
    case format::KeyAction::kApprovers:
      return "named approvers";
    case format::KeyAction::kWitnessKey:
      return *history.witness_key() == event.key ? "signs for witnesses" : "signed for witnesses";
  }
  return "";
}

std::string probe_of(const format::KeyStatement& statement) {
  return statement.probe ? probe_text(*statement.probe) : "none";
}

std::string statement_lines(const format::KeyStatement& statement) {
  std::string text = "  on " + statement.token;
  text.append("\n  which claims ").append(claims_text(statement.claims));
  text.append("\n  probe ").append(probe_of(statement));
  if (!statement.attestations.empty())
    text.append("\n  attestations ").append(std::to_string(statement.attestations.size()));
  return text.append("\n");
}

std::string statement_members(const format::KeyStatement& statement) {
  std::string json = ",\"token\":" + json_quoted(statement.token);
  json.append(",\"claims\":").append(json_quoted(claims_text(statement.claims)));
  json.append(",\"probe\":").append(json_quoted(probe_of(statement))).append(",\"attestations\":[");
  for (const Buffer& attestation : statement.attestations) {
    if (json.back() != '[') json.push_back(',');
    json.append(json_quoted(base64(attestation)));
  }
  return json.append("]");
}

void add_approvers(KeyReport& report, const format::KeyEvent& event) {
  const std::string needed = std::to_string(event.approvals);
  report.text += "  every key event needs " + needed + " of\n";
  report.json += ",\"approvals\":" + needed + ",\"approvers\":[";
  for (const format::VerifierKey& approver : event.approvers) {
    const std::string vkey = format::format_vkey(approver);
    report.text += "  " + vkey + "\n";
    if (report.json.back() != '[') report.json.push_back(',');
    report.json += json_quoted(vkey);
  }
  report.json.push_back(']');
}

/// A key that a stolen one let join, beside the event in which it did.
void add_admission(KeyReport& report, const rules::AdmittedKey& admitted,
                   const rules::KeyHistory& history) {
  const bool counts = rules::still_counts(admitted, history);
  report.text += "  on the word of a revoked key: ";
  report.json += ",\"on_the_word_of_revoked\":[";
  for (const format::VerifierKey& by : admitted.by) {
    if (report.json.back() != '[') {
      report.text += ", ";
      report.json.push_back(',');
    }
    report.text += format::key_id_text(by);
    report.json += json_quoted(format::format_vkey(by));
  }
  report.text +=
      counts ? "; its signatures count: ask in whose hands it is\n" : "; it was revoked too\n";
  report.json += counts ? "],\"counts\":true" : "],\"counts\":false";
}

void add_marks(KeyReport& report, LeafIndex index, const rules::Admissions& admissions,
               const rules::KeyHistory& history) {
  for (const rules::AdmittedKey& admitted : admissions.keys)
    if (admitted.joined == index) add_admission(report, admitted, history);
  if (std::ranges::count(admissions.witness_keys, index) != 0) {
    report.text += "  on the word of a revoked key alone: ask in whose hands it is\n";
    report.json += ",\"named_by_revoked\":true";
  }
  if (std::ranges::count(admissions.approvers, index) == 0) return;
  report.text += "  by a key that was revoked for then: ask whether these are the approvers\n";
  report.json += ",\"named_by_revoked\":true";
}

/// An older server admitted them; the approvals that they gave may be one person's.
void add_shared_keys(KeyReport& report, const format::KeyEvent& event,
                     const rules::KeyHistory& history) {
  const auto shared = rules::shared_keys(event.approvers, history.all());
  for (const std::string& sentence : shared) report.text += "  " + sentence + "\n";
  if (!shared.empty()) report.json += ",\"approvers_share_keys\":true";
}

void add_event(KeyReport& report, const rules::KeyEventAt& at, const rules::Admissions& admissions,
               const rules::KeyHistory& history) {
  const auto note = format::parse_note(at.note);
  CHECK(note.has_value());  // the timeline took it
  const auto event = format::parse_key_event(note->text);
  CHECK(event.has_value());
  const std::string index = std::to_string(at.index.value);
  const std::string vkey = format::format_vkey(event->key);
  const std::string action = action_name(*event, history);
  report.text += "record " + index + ": " + vkey + " " + action;
  if (!report.json.empty()) report.json.push_back(',');
  report.json += "{\"index\":" + index + ",\"action\":" + json_quoted(action) +
                 ",\"key\":" + json_quoted(vkey);
  if (event->action == format::KeyAction::kRevoke) {
    const std::string last = std::to_string(event->last_size.value);
    report.text += ", its signatures count up to " + last + " records only";
    report.json += ",\"last_size\":" + last;
  }
  report.text.push_back('\n');
  if (event->action == format::KeyAction::kApprovers) add_approvers(report, *event);
  if (event->statement) {
    report.text += statement_lines(*event->statement);
    report.json += statement_members(*event->statement);
  }
  add_shared_keys(report, *event, history);
  add_marks(report, at.index, admissions, history);
  report.json.push_back('}');
}

/// How many keys sign or signed that a revoked key let join, for the verdict's line.
std::string doubtful_text(const rules::Admissions& admissions, const rules::KeyHistory& history) {
  const auto doubtful = std::ranges::count_if(admissions.keys, [&](const auto& admitted) {
    return rules::still_counts(admitted, history);
  });
  if (doubtful == 0) return "";
  return "; " + std::to_string(doubtful) + " joined on the word of a revoked key";
}

}  // namespace

KeyReport report_keys(const verify::VerifiedKeys& keys) {
  KeyReport report;
  const rules::KeyTimeline& timeline = keys.timeline;
  const rules::Admissions admissions =
      rules::admissions_by(rules::revoked_keys(timeline), timeline);
  for (const rules::KeyEventAt& event : timeline.events())
    add_event(report, event, admissions, timeline.history());
  const std::string size = std::to_string(keys.under.checkpoint.size.value);
  report.text += "verified: " + std::to_string(timeline.history().active().size()) + " of " +
                 std::to_string(timeline.history().all().size()) + " keys sign the checkpoint of " +
                 size + " records" + doubtful_text(admissions, timeline.history());
  std::string json = "{\"result\":\"verified\",\"origin\":" + json_quoted(timeline.origin());
  json.append(",\"size\":").append(size).append(",\"events\":[").append(report.json).append("]}");
  report.json = std::move(json);
  return report;
}

}  // namespace varve::audit
