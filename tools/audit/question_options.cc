// An option a field.
#include "tools/audit/question_options.h"

#include "tools/audit/search/report.h"

namespace varve::audit {
namespace {

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

}  // namespace

void search_options(CLI::App& command, Request& request) {
  Asked& asked = request.asked;
  add_question(command, asked);
  command.add_flag("--newest", asked.is_newest_first, "the newest first");
  command
      .add_option("--limit", asked.limit,
                  "events that are shown; without it 1000, and in a CSV 100000")
      ->check(CLI::Range(1, 100'000));
  command.add_option("--csv", asked.csv_file, "file for them, instead of the table");
  command.add_option("--evidence", asked.evidence_file,
                     "file that shows the answer to somebody else, and that it leaves out none");
  command.add_flag("--believe-server", asked.believes_server,
                   "ask the server instead of auditing the log: soon, and its word only");
}

void report_options(CLI::App& command, Request& request) {
  command.add_option("REPORT", request.report, "its name")->required();
  add_question(command, request.asked);
  command.add_option("--csv", request.asked.csv_file, "file for it, instead of the table");
  command
      .add_option("--day-begins", request.hours.from,
                  "for after-hours: when work begins, an hour of this machine's time zone")
      ->check(CLI::Range(0, 23))
      ->capture_default_str();
  command.add_option("--day-ends", request.hours.until, "and when it ends")
      ->check(CLI::Range(1, 24))
      ->capture_default_str();
}

void disclosure_options(CLI::App& command, Request& request) {
  Asked& asked = request.asked;
  command
      .add_option("--patient-file", asked.files[0], "file with the ids of the patient, a line each")
      ->check(CLI::ExistingFile)
      ->required();
  command.add_option("--from", asked.from, "instead of six years before its end");
  command.add_option("--until", asked.until, "instead of now");
  command.add_option("--csv", asked.csv_file, "file for it, for a spreadsheet");
  command.add_option("--html", request.html_file, "file for it, to be printed");
}

std::string report_help() {
  std::string help = "Audit the whole log, and count events for an officer to review:";
  for (const ReportRow& row : kReports)
    help.append("\n  ").append(row.name).append(": ").append(row.help);
  return help;
}

}  // namespace varve::audit
