// An option a field.
#include "tools/audit/question_options.h"

#include "tools/audit/search/report.h"

namespace varve::audit {

void add_question(CLI::App& command, Asked& asked) {
  for (std::size_t i = 0; i < search::kFields.size(); ++i) {
    const search::FieldRow& field = search::kFields[i];
    const std::string option = "--" + std::string(field.name);
    const std::string help(field.help);
    if (field.field != search::Field::kPatient)
      command.add_option(option, asked.values[i], help + "; repeated: one of them")
          ->allow_extra_args(false);  // or it takes the log for a value
    if (field.names_people)
      command.add_option(option + "-file", asked.files[i], help + "; a file, one in each line")
          ->check(CLI::ExistingFile);
  }
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
