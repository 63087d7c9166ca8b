// An option a field.
#include "tools/audit/question_options.h"

#include "tools/audit/search/report.h"

namespace varve::audit {

void add_question(CLI::App& command, Asked& asked) {
  for (std::size_t i = 0; i < search::kFields.size(); ++i) {
    const search::FieldRow& field = search::kFields[i];
    if (field.field == search::Field::kPatient) continue;
    command
        .add_option("--" + std::string(field.name), asked.values[i],
                    std::string(field.help) + "; repeated: one of them")
        ->allow_extra_args(false);  // or it takes the log for a value
  }
  command
      .add_option("--patient-file", asked.patient_file,
                  "file with the ids of the patient, a line each: one of them")
      ->check(CLI::ExistingFile);
  command.add_option("--source", asked.source, "who sent it, as `sources` lists it");
  command.add_option("--from", asked.from, "2026-03-01, or a time with its zone");
  command.add_option("--until", asked.until, "the same: events before it");
  command.add_flag("--emergency", asked.is_emergency, "emergency access only");
}

std::string report_help() {
  std::string help = "Audit the whole log, and count events for an officer to review:";
  for (const ReportRow& row : kReports)
    help.append("\n  ").append(row.name).append(": ").append(row.help);
  return help;
}

}  // namespace varve::audit
