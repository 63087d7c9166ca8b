// Types, purposes, and the lines of one recipient and purpose.
#include "tools/audit/search/accounting.h"

#include <algorithm>
#include <array>

#include "ledger/search/codes.h"
#include "tools/audit/search/row.h"

namespace varve::audit {
namespace {

using search::CodeSystem;
using search::Field;

/// Codes of v3-ActReason that 164.528(a)(1) leaves out.
constexpr std::array<std::string_view, 31> kExempt{
    // treatment
    "TREAT", "TREATDS", "ETREAT", "BTG", "ERTREAT", "CAREMGT", "COC",
    // payment
    "HPAYMT", "CLMATTCH", "COVAUTH", "COVERAGE", "ELIGDTRM", "ELIGVER", "ENROLLM", "MILDCRG",
    "REMITADV",
    // operations
    "HOPERAT", "HACCRED", "HCOMPL", "HLEGAL", "HOUTCOMS", "HPRGRP", "HQUALIMP", "HSYSADMIN",
    "PATADMIN", "PERFMSR", "RECORDMGT", "SYSDEV",
    // to the individual, persons involved in the care, the facility's directory
    "PATRQT", "FAMRQT", "HDIRECT"};

Telling telling_of_purpose(std::string_view purpose) {
  const std::string_view code = search::code_of(purpose, CodeSystem::kActReason);
  if (code.empty()) return Telling::kReview;
  return std::ranges::find(kExempt, code) == kExempt.end() ? Telling::kTold : Telling::kExempt;
}

std::string purpose_text(const events::View& view) {
  std::vector<std::string> texts;
  for (const events::Coded& purpose : view.purposes) {
    std::string text = purpose.display.empty() ? purpose.value : purpose.display;
    if (std::ranges::find(texts, text) == texts.end()) texts.push_back(std::move(text));
  }
  return joined(texts);
}

/// The objects, without the patient.
std::string what_text(const events::View& view) {
  std::vector<std::string> objects = search::values_of(view, Field::kObject);
  std::erase_if(objects, [&view](const std::string& object) {
    return std::ranges::find(view.whom, object) != view.whom.end();
  });
  return joined(objects);
}

}  // namespace

bool is_disclosure(const events::View& view) {
  const std::vector<std::string> types = search::values_of(view, Field::kType);
  const auto is_import = [](const std::string& type) {
    return search::code_of(type, CodeSystem::kDicom) == "110107";
  };
  const auto leaves = [](const std::string& type) {
    return search::code_of(type, CodeSystem::kDicom) == "110106" ||
           search::code_of(type, CodeSystem::kLifecycle) == "disclose";
  };
  return std::ranges::any_of(types, leaves) && std::ranges::none_of(types, is_import);
}

bool has_failed(const events::View& view) {
  const std::string& outcome = view.outcome;
  return outcome == "serious-failure" || outcome == "major-failure" || outcome == "failure";
}

Telling telling_of(const events::View& view) {
  const std::vector<std::string> purposes = search::values_of(view, Field::kPurpose);
  Telling telling = purposes.empty() ? Telling::kReview : Telling::kExempt;
  for (const std::string& purpose : purposes)
    telling = std::min(telling, telling_of_purpose(purpose));
  return telling;
}

void Accounting::add(const Seen& seen) {
  const events::View& view = seen.view;
  if (!is_disclosure(view)) {
    if (!view.recipients.empty()) received_.push_back(seen.record.value);
    return;
  }
  if (has_failed(view)) {
    ++failed_;
    return;
  }
  const Telling telling = telling_of(view);
  if (telling == Telling::kExempt) {
    ++exempt_;
    return;
  }
  const std::string recipient = joined(search::values_of(view, Field::kRecipient));
  const std::string purpose = purpose_text(view);
  Lines& lines = telling == Telling::kTold ? told_ : review_;
  const std::uint64_t time_us = search::time_of(view, seen.origin).us;
  Disclosure& line = lines[{recipient, purpose}];
  if (line.count == 0 || time_us < line.first_us) {
    line.recipient = recipient;
    line.purpose = purpose;
    line.what = what_text(view);
    line.first_us = time_us;
  }
  line.last_us = std::max(line.last_us, time_us);
  ++line.count;
  line.records.push_back(seen.record.value);
}

std::vector<Disclosure> Accounting::listed(const Lines& lines) {
  std::vector<Disclosure> all;
  for (const auto& [key, line] : lines) all.push_back(line);
  std::ranges::stable_sort(all, {}, &Disclosure::first_us);
  return all;
}

}  // namespace varve::audit
