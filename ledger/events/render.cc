// One line a value, and none for what was not said.
#include "ledger/events/render.h"

#include "ledger/base/visible.h"

namespace varve::events {
namespace {

void add_line(std::string& out, std::string_view label, const std::string& text) {
  if (!text.empty()) out.append(label).append(": ").append(visible(text)).append("\n");
}

void add_lines(std::string& out, std::string_view label, const std::vector<std::string>& texts) {
  for (const std::string& text : texts) add_line(out, label, text);
}

void add_lines(std::string& out, std::string_view label, const std::vector<Coded>& codes) {
  for (const Coded& code : codes) {
    const std::string gap = code.value.empty() || code.display.empty() ? "" : " ";
    add_line(out, label, code.value + gap + (code.display.empty() ? "" : "(" + code.display + ")"));
  }
}

void add_actor_lines(std::string& out, const Actor& actor) {
  out += "who:\n";
  add_line(out, "  id", actor.id);
  add_lines(out, "  also", actor.alternative_ids);
  add_line(out, "  name", actor.name);
  add_lines(out, "  role", actor.roles);
  add_line(out, "  session", actor.session);
  add_line(out, "  address", actor.address);
  if (actor.is_requestor) add_line(out, "  requestor", *actor.is_requestor ? "yes" : "no");
}

void add_resource_lines(std::string& out, const Resource& resource) {
  out += "what:\n";
  add_line(out, "  id", resource.id);
  add_lines(out, "  also", resource.alternative_ids);
  add_line(out, "  name", resource.name);
  add_lines(out, "  type", resource.types);
  add_lines(out, "  field", resource.fields);
}

void add_change_lines(std::string& out, const Change& change) {
  add_line(out, "change", change.field);
  if (change.old_value) add_line(out, "  old", *change.old_value);
  if (change.new_value) add_line(out, "  new", *change.new_value);
}

void add_view(std::string& out, const View& view) {
  add_line(out, "event id", view.id);
  add_lines(out, "type", view.types);
  for (const Actor& actor : view.who) add_actor_lines(out, actor);
  for (const Resource& resource : view.what) add_resource_lines(out, resource);
  add_lines(out, "whom", view.whom);
  add_line(out, "action", view.action);
  add_line(out, "outcome", view.outcome);
  add_line(out, "outcome text", view.outcome_text);
  add_line(out, "when", view.when.text);
  if (view.when.unix_ns) add_line(out, "  unix ns", std::to_string(*view.when.unix_ns));
  add_lines(out, "service", view.where.services);
  add_lines(out, "site", view.where.sites);
  add_line(out, "request", view.where.request_id);
  add_line(out, "address", view.where.address);
  add_line(out, "device", view.where.device);
  add_lines(out, "purpose", view.purposes);
  add_lines(out, "legal basis", view.legal_bases);
  add_lines(out, "recipient", view.recipients);
  for (const Change& change : view.changes) add_change_lines(out, change);
  if (view.is_emergency) out += "emergency access: yes\n";
  add_line(out, "severity", view.severity);
  add_line(out, "message", view.message);
}

}  // namespace

std::string explain(const Extraction& extraction) {
  std::string out = "format: " + extraction.format + ", extractor version " +
                    std::to_string(extraction.version) + "\n";
  for (std::size_t i = 0; i < extraction.events.size(); ++i) {
    if (extraction.events.size() > 1) out += "-- event " + std::to_string(i) + "\n";
    add_view(out, extraction.events[i]);
  }
  for (const Gap& gap : extraction.gaps)
    out += "not understood: " + visible(gap.place) + ": " + gap.reason + "\n";
  if (extraction.gaps_left_off > 0)
    out += "not understood: " + std::to_string(extraction.gaps_left_off) + " more places\n";
  return out;
}

}  // namespace varve::events
