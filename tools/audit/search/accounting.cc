// Types, purposes, and the lines of one recipient and purpose.
#include "tools/audit/search/accounting.h"

#include <algorithm>
#include <array>
#include <optional>

#include "ledger/base/month.h"
#include "ledger/search/codes.h"
#include "tools/audit/search/row.h"

namespace varve::audit {
namespace {

using search::CodeSystem;
using search::Field;

constexpr std::size_t kDateLength = 10;  // of "2026-03-01T08:00:00Z"

constexpr std::string_view kCareAndPayment = "treatment, payment or operations";
constexpr std::string_view kToThePatient = "to the patient, or at the patient's request";
constexpr std::string_view kInvolved = "to persons involved in the care, or the directory";

/// A purpose of HL7's ActReason, and the part of 164.528(a)(1) that leaves it out; empty: it is told. A code
/// that is not here is reviewed: what a hospital means by it, this program cannot know.
struct PurposeRow {
  std::string_view code;
  std::string_view exempt_as;
};

constexpr std::array<PurposeRow, 31> kPurposes{{
    {"TREAT", kCareAndPayment},
    {"ETREAT", kCareAndPayment},
    {"CAREMGT", kCareAndPayment},
    {"HPAYMT", kCareAndPayment},
    {"CLMATTCH", kCareAndPayment},
    {"COVAUTH", kCareAndPayment},
    {"COVERAGE", kCareAndPayment},
    {"ELIGDTRM", kCareAndPayment},
    {"ELIGVER", kCareAndPayment},
    {"ENROLLM", kCareAndPayment},
    {"REMITADV", kCareAndPayment},
    {"HOPERAT", kCareAndPayment},
    {"HACCRED", kCareAndPayment},
    {"HCOMPL", kCareAndPayment},
    {"HOUTCOMS", kCareAndPayment},
    {"HQUALIMP", kCareAndPayment},
    {"PATADMIN", kCareAndPayment},
    {"PATRQT", kToThePatient},
    {"FAMRQT", kInvolved},
    {"HDIRECT", kInvolved},
    {"HMARKT", ""},
    {"HRESCH", ""},
    {"CLINTRCH", ""},
    {"BIORCH", ""},
    {"DSRCH", ""},
    {"PUBHLTH", ""},
    {"THREAT", ""},
    {"DONAT", ""},
    {"HDECD", ""},
    {"GOV", ""},
    {"MILDCRG", ""},
}};

Judgement judge_purpose(std::string_view purpose) {
  const std::string_view code = search::code_of(purpose, CodeSystem::kActReason);
  const auto row = std::ranges::find(kPurposes, code, &PurposeRow::code);
  if (code.empty() || row == kPurposes.end())
    return {Telling::kReview, "its purpose is none that this program knows"};
  if (row->exempt_as.empty()) return {Telling::kTold, {}};
  return {Telling::kExempt, row->exempt_as};
}

std::string purpose_text(const events::Coded& purpose) {
  if (!purpose.display.empty()) return purpose.display;
  const std::string_view code = search::code_of(purpose.value, CodeSystem::kActReason);
  return code.empty() ? purpose.value : std::string(code);
}

std::vector<std::string> purposes_of(const events::View& view) {
  std::vector<std::string> texts;
  for (const events::Coded& purpose : view.purposes) {
    std::string text = purpose_text(purpose);
    if (!text.empty() && std::ranges::find(texts, text) == texts.end())
      texts.push_back(std::move(text));
  }
  return texts;
}

bool is_patient(const events::View& view, const events::Resource& object) {
  const auto is_in = [&view](const std::string& id) {
    return !id.empty() && std::ranges::find(view.whom, id) != view.whom.end();
  };
  return is_in(object.id) || is_in(object.name) ||
         std::ranges::any_of(object.alternative_ids, is_in);
}

/// The patients' names are nobody's to read but their own.
std::string what_text(const events::View& view) {
  std::vector<std::string> all;
  for (const events::Resource& object : view.what) {
    if (is_patient(view, object)) continue;
    for (const std::string* text : {&object.name, &object.id})
      if (!text->empty()) all.push_back(*text);
    for (const std::string& field : object.fields)
      if (field.starts_with("description=")) all.push_back(field.substr(field.find('=') + 1));
  }
  return joined(all);
}

std::string with_address(const events::Actor& actor) {
  std::string text = actor.name.empty() ? actor.id : actor.name;
  if (!actor.name.empty() && !actor.id.empty()) text += " (" + actor.id + ")";
  if (actor.address.empty()) return text;
  return text.empty() ? actor.address : text + ", " + actor.address;
}

std::string recipient_text(const events::View& view) {
  std::vector<std::string> all;
  std::vector<std::string> left = view.recipients;
  for (const events::Actor& actor : view.who) {
    if (!search::is_recipient(view, actor)) continue;
    all.push_back(with_address(actor));
    std::erase_if(left, [&actor](const std::string& name) {
      return name == actor.id || name == actor.name || name == actor.address;
    });
  }
  all.insert(all.end(), left.begin(), left.end());
  return joined(all);
}

/// As the event writes it, by its own zone.
std::string date_of(const Seen& seen) {
  const search::EventTime time = search::time_of(seen.view, seen.origin);
  const std::string& own = seen.view.when.text;
  const bool is_written = !time.is_of_record && own.size() > kDateLength && own[4] == '-';
  const std::string date =
      is_written ? own.substr(0, kDateLength) : time_text(time.us).substr(0, kDateLength);
  return date + (time.is_of_record || time.is_ahead ? "?" : "");
}

bool has_life_cycle(const events::View& view, const std::array<std::string_view, 2>& codes) {
  for (const events::Resource& object : view.what)
    for (const std::string_view field : object.fields) {
      if (!field.starts_with("lifecycle=")) continue;
      std::string_view code = field.substr(0, field.find(" ("));
      code.remove_prefix(std::max(code.rfind('=') + 1, code.rfind('|') + 1));
      if (std::ranges::find(codes, code) != codes.end()) return true;
    }
  return false;
}

std::size_t patients_in(const events::View& view) {
  return static_cast<std::size_t>(std::ranges::count_if(
      view.what, [&view](const events::Resource& object) { return is_patient(view, object); }));
}

}  // namespace

bool is_disclosure(const events::View& view) {
  const std::vector<std::string> types = search::values_of(view, Field::kType);
  const auto is_dicom = [&types](std::string_view wanted) {
    return std::ranges::any_of(types, [wanted](const std::string& type) {
      return search::code_of(type, CodeSystem::kDicom) == wanted;
    });
  };
  if (is_dicom("110107") || has_life_cycle(view, {"2", "12"})) return false;  // import, receipt
  const auto leaves = [](const std::string& type) {
    const std::string_view code = search::code_of(type, CodeSystem::kLifecycle);
    return code == "disclose" || code == "transmit";
  };
  return is_dicom("110106") || std::ranges::any_of(types, leaves) ||
         has_life_cycle(view, {"10", "11"}) || view.action == "export" || view.action == "disclose";
}

bool has_failed(const events::View& view) {
  constexpr std::array<std::string_view, 8> kFailed{
      "serious-failure", "major-failure", "failure", "Failure", "8", "12", "fatal", "error"};
  const std::string_view outcome = view.outcome;
  const std::string_view code = outcome.substr(outcome.rfind('|') + 1);
  return std::ranges::find(kFailed, code) != kFailed.end();
}

Judgement judge_disclosure(const events::View& view, const search::Wanted& patient) {
  const auto is_the_patient = [&patient](const std::string& id) { return patient.has(id); };
  if (!view.recipients.empty() && std::ranges::all_of(view.recipients, is_the_patient))
    return {Telling::kExempt, kToThePatient};
  const std::vector<std::string> purposes = search::values_of(view, Field::kPurpose);
  if (purposes.empty()) return {Telling::kReview, "it does not say what for"};
  Judgement judgement{Telling::kExempt, {}};
  for (const std::string& purpose : purposes) {
    const Judgement one = judge_purpose(purpose);
    if (one.telling <= judgement.telling) judgement = one;
  }
  if (judgement.telling != Telling::kTold) return judgement;
  if (patients_in(view) > 1) return {Telling::kReview, "it is about several patients"};
  if (!view.legal_bases.empty())
    return {Telling::kReview, "it names a legal basis: what a patient authorized is left out"};
  return judgement;
}

void Accounting::add(const Seen& seen) {
  const events::View& view = seen.view;
  if (!is_disclosure(view)) {
    if (view.recipients.empty())
      ++others_;
    else
      received_.push_back(seen.record.value);
    return;
  }
  if (has_failed(view)) {
    left_out_["it failed, says the event"].push_back(seen.record.value);
    return;
  }
  const Judgement judgement = judge_disclosure(view, patient_);
  if (judgement.telling == Telling::kExempt)
    left_out_[judgement.why].push_back(seen.record.value);
  else
    add_line(seen, judgement);
}

/// Only what is known to have gone to one recipient for one purpose is summed up.
void Accounting::add_line(const Seen& seen, const Judgement& judgement) {
  const std::string recipient = recipient_text(seen.view);
  const std::vector<std::string> purposes = purposes_of(seen.view);
  const bool is_one = judgement.telling == Telling::kTold && seen.view.recipients.size() == 1 &&
                      purposes.size() == 1;
  const std::string key =
      is_one ? "to " + recipient + "\n" + purposes.front()
             : std::to_string(seen.record.value) + "." + std::to_string(seen.event);
  const std::uint64_t time_us = search::time_of(seen.view, seen.origin).us;
  Disclosure& line = (judgement.telling == Telling::kTold ? told_ : review_)[key];
  if (line.records.empty() || time_us < line.first_us) {
    line.date = date_of(seen);
    line.recipient = recipient;
    line.purpose = joined(purposes);
    line.what = what_text(seen.view);
    line.why = judgement.why;
    line.first_us = time_us;
  }
  if (line.records.empty() || time_us >= line.last_us) {
    line.last_date = date_of(seen);
    line.last_us = time_us;
  }
  line.records.push_back(seen.record.value);
}

std::vector<Disclosure> Accounting::listed(const Lines& lines) {
  std::vector<Disclosure> all;
  for (const auto& [key, line] : lines) all.push_back(line);
  std::ranges::stable_sort(all, {}, &Disclosure::first_us);
  return all;
}

}  // namespace varve::audit
