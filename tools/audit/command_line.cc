// One function for each group of commands, in the order of --help.
#include "tools/audit/command_line.h"

#include "tools/audit/config_defaults.h"
#include "tools/audit/leave_metrics.h"
#include "tools/audit/mirror_options.h"
#include "tools/audit/question_options.h"
#include "tools/config/asked.h"

namespace varve::audit {

CommandLine::CommandLine()
    : app_("Checks that nothing in a Varve log was altered, removed, inserted or hidden.",
           "varve-audit") {
  app_.require_subcommand(1);
  app_.add_flag("--json", json_, "print the result as one line of JSON");
  add_config_options(app_);
  app_.fallthrough();
  add_online_commands();
  add_offline_command();
  add_compare();
  add_whole_log_commands();
  add_renewal_commands();
  add_assess();
}

int CommandLine::measured(int exit) const {
  return leave_metrics(request_, app_.get_subcommands().front()->get_name(), exit);
}

CLI::App* CommandLine::add(const std::string& name, const std::string& help, Run function) {
  CLI::App* command = app_.add_subcommand(name, help);
  command->callback([this, function] { run_ = function; });
  return command;
}

void CommandLine::connects(CLI::App* command) {
  command->add_option("--ca", request_.http.ca_file, "PEM file of the certificate authority")
      ->check(CLI::ExistingFile);
  command->add_option("--bearer-file", request_.http.token_file, "file with the access token")
      ->check(CLI::ExistingFile);
}

void CommandLine::url(CLI::App* command) {
  command->add_option("URL", request_.where, "https://host:port/logs/name")->required();
  connects(command);
}

void CommandLine::vkey(CLI::App* command) {
  command->add_option("--vkey", request_.vkey, "the log's first public key")->required();
}

/// The log's first key, or a bundle that begins with it; a bundle may be held against the key.
CLI::Option* CommandLine::trust(CLI::App* command) {
  command->add_option("--vkey", request_.vkey, "the log's first public key");
  return command
      ->add_option("--bundle", request_.bundle_file,
                   "the log's trust bundle: its first key and all later ones, offline")
      ->check(CLI::ExistingFile);
}

/// C2SP tlog-policy.
CLI::Option* CommandLine::policy(CLI::App* command, const std::string& help) {
  CLI::Option* const file =
      command->add_option("--policy", request_.policy_file, help)->check(CLI::ExistingFile);
  const std::map<std::string, std::uint64_t> units{{"h", 3'600}, {"d", 86'400}};
  command
      ->add_option("--max-age", request_.max_age_s,
                   "cosignatures older than this do not count: 36h, 7d")
      ->transform(CLI::AsNumberWithUnit(units, CLI::AsNumberWithUnit::UNIT_REQUIRED))
      ->needs(file);
  return file;
}

/// Whose key an authority's is, only the authority itself can say.
void CommandLine::stamped(CLI::App* command) {
  CLI::Option* const file =
      command
          ->add_option("--stamped", request_.stamped_file,
                       "stamped checkpoint of the log: when what is verified was there")
          ->check(CLI::ExistingFile);
  CLI::Option* const authority =
      command
          ->add_option("--authority", request_.authorities,
                       "time-stamping authority, NAME=HEX: SHA-256 of its public key "
                       "(SubjectPublicKeyInfo); once for each")
          ->needs(file)
          ->allow_extra_args(false);
  file->needs(authority);
  command
      ->add_option("--stamped-consistency", request_.stamped_consistency_file,
                   "the log's proof that the stamped checkpoint continues the one of FILE")
      ->check(CLI::ExistingFile)
      ->needs(file);
}

void CommandLine::connections(CLI::App* command) {
  command->add_option("--connections", request_.connections, "to the server, at once")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
}

void CommandLine::add_online_commands() {
  CLI::App* checkpoint = add(
      "checkpoint", "Verify the log's checkpoint; with --state, that it extends the last one seen",
      run_checkpoint);
  url(checkpoint);
  vkey(checkpoint);
  CLI::Option* state =
      checkpoint
          ->add_option("--state", request_.state_directory, "directory to remember checkpoints in")
          ->check(CLI::ExistingDirectory);
  policy(checkpoint, "ask for the newest one that witnesses have cosigned, by this policy")
      ->excludes(state);  // it may be older than what is remembered

  CLI::App* keys =
      add("keys", "Walk from the first key to today's and print the history", run_keys);
  keys->add_option("URL", request_.where, "https://host:port/logs/name; not with --bundle");
  connects(keys);
  trust(keys);

  CLI::App* inclusion = add("inclusion", "Prove that a record is in the log", run_inclusion);
  url(inclusion);
  vkey(inclusion);
  CLI::Option_group* which = inclusion->add_option_group("which record");
  which->add_option("--index", request_.index, "by its position");
  which->add_option("--record", request_.record_file, "by its bytes, in a file")
      ->check(CLI::ExistingFile);
  which->add_option("--leaf", request_.leaf_hex, "by its leaf hash, in hex");
  which->require_option(1);

  add_record_commands();
}

void CommandLine::add_record_commands() {
  CLI::App* event =
      add("event", "Fetch one record, verify it, and write its payload to a file", run_event);
  url(event);
  vkey(event);
  event->add_option("N", request_.index, "position of the record")->required();
  event->add_option("--out", request_.out_file, "file for the payload");
  event->add_flag("--explain", request_.explain,
                  "print what the event says: who, what, whom, when, where, why");

  CLI::App* proof = add(
      "proof", "Fetch the proof of one record, verify it, and keep it for offline use", run_proof);
  url(proof);
  vkey(proof);
  proof->add_option("N", request_.index, "position of the record")->required();
  proof->add_option("--out", request_.out_file, "file for the proof, NAME.tlog-proof")->required();
}

void CommandLine::add_offline_command() {
  CLI::App* verify =
      add("verify",
          "Verify a checkpoint, a .tlog-proof, a receipt (JSON, COSE), a gap certificate, evidence "
          "or a contradiction, offline",
          run_verify);
  verify
      ->add_option("FILE", request_.where,
                   "a checkpoint, a .tlog-proof, a receipt in JSON or COSE, a gap certificate, "
                   "evidence, or a contradiction")
      ->required()
      ->check(CLI::ExistingFile);
  CLI::Option* bundle = trust(verify);
  verify->add_option("--origin", request_.origin,
                     "the log's origin, when it is not the key's name");
  verify
      ->add_option("--keys", request_.keys_file,
                   "saved keys.json, for a checkpoint signed by a later key")
      ->check(CLI::ExistingFile)
      ->excludes(bundle);
  CLI::Option* payload = verify
                             ->add_option("--payload", request_.payload_file,
                                          "what was sent, or what the record must hold")
                             ->check(CLI::ExistingFile);
  verify->add_option("--batch", request_.batch_file, "the sealed batch that the receipt is for")
      ->check(CLI::ExistingFile)
      ->excludes(payload);
  verify
      ->add_option("--record", request_.record_file,
                   "the record, for a proof that does not carry it")
      ->check(CLI::ExistingFile);
  verify
      ->add_option("--older", request_.older_file,
                   "the older checkpoint, for a COSE receipt that a tree begins with it")
      ->check(CLI::ExistingFile);
  verify
      ->add_option("--consistency", request_.consistency_file,
                   "the server's proof that the checkpoint is a beginning of the bundle's: needed "
                   "where all keys that signed it have left the log since")
      ->check(CLI::ExistingFile);
  verify
      ->add_option("--renewal", request_.renewal_file,
                   "proof of renewal: the same has to hold under its hash function, too")
      ->check(CLI::ExistingFile);
  policy(verify, "enough witnesses of this policy have to have cosigned the checkpoint");
  stamped(verify);
}

void CommandLine::add_compare() {
  CLI::App* compare = add(
      "compare", "Compare what two people hold: one history, or two, and then a file that shows it",
      run_compare);
  for (std::size_t i = 0; i < request_.compared.size(); ++i)
    compare
        ->add_option(i == 0 ? "A" : "B", request_.compared[i],
                     "a checkpoint, a .tlog-proof, a receipt or a gap certificate")
        ->required()
        ->check(CLI::ExistingFile);
  compare->add_option("URL|DIR", request_.where,
                      "a server's log, or an export of it, where the trees differ in size");
  connects(compare);
  CLI::Option* bundle = trust(compare);
  compare->add_option("--keys", request_.keys_file, "saved keys.json, for later keys")
      ->check(CLI::ExistingFile)
      ->excludes(bundle);
  compare->add_option("--out", request_.out_file, "file for the contradiction, if there is one");
}

void CommandLine::add_whole_log_commands() {
  CLI::App* fetch =
      add("fetch",
          "Copy the whole log into a directory (C2SP layout); run again to continue or to catch up",
          run_fetch);
  url(fetch);
  fetch->add_option("DIR", request_.out_file, "directory of the export")->required();
  connections(fetch);
  vkey(fetch);

  CLI::App* mirror = add("mirror",
                         "Keep a verified copy of the log, from which a server can be restored; "
                         "run again to continue or to catch up",
                         run_mirror);
  url(mirror);
  mirror_options(*mirror, request_);
  connections(mirror);
  vkey(mirror);

  CLI::App* check =
      add("check", "Audit the whole log: every record, hash, seal, key and signature", run_check);
  audits(check);
  check
      ->add_option("--policy", request_.policy_file,
                   "verify the cosignatures in the log's records by this policy of witnesses, and "
                   "count quorums")
      ->check(CLI::ExistingFile);
  locked_option(*check, request_);
  metrics_option(*check, request_);
  audits(add("sources",
             "Audit the whole log, and list who sent to it: how much, when last, what is missing",
             run_sources));
  CLI::App* retention =
      add("retention",
          "Audit the whole log, and say until when it keeps what, and why: each month, or one "
          "record",
          run_retention);
  audits(retention);
  retention->add_option("N", request_.index, "position of the record");
  whole_log(add("index", "Audit the whole log, and each index that it committed to", run_index));
  add_search();
  add_gaps();
  add_reads();
}

void CommandLine::add_reads() {
  CLI::App* reads = add("reads",
                        "Audit the whole log, and list who read its events, as the server put "
                        "it on record; who was refused; and where some of that may be missing",
                        run_reads);
  whole_log(reads);
  reads->add_option("--index", request_.index, "only reads of the record at this position");
  reads->add_option("--client", request_.client, "only what this client did");
}

void CommandLine::add_search() {
  CLI::App* search = add(
      "search",
      "Audit the whole log, and list the events that answer all that is asked: none is left out",
      run_search);
  whole_log(search);
  search_options(*search, request_);
  add_reports();
}

void CommandLine::add_reports() {
  CLI::App* report = add("report", report_help(), run_report);
  whole_log(report);
  report_options(*report, request_);

  CLI::App* disclosures =
      add("disclosures",
          "Audit the whole log, and make the accounting of a patient's disclosures of six years",
          run_disclosures);
  whole_log(disclosures);
  disclosure_options(*disclosures, request_);
}

void CommandLine::add_gaps() {
  CLI::App* gaps = add("gaps",
                       "Audit the whole log, and certify that a source which seals left nothing "
                       "out between two of its events, for offline use",
                       run_gaps);
  whole_log(gaps);
  gaps->add_option("SOURCE", request_.source, "its name, as `sources` lists it")->required();
  gaps->add_option("--from", request_.from, "number of the first event")->capture_default_str();
  gaps->add_option("--to", request_.to, "number of the last event; without it, the newest");
  gaps->add_option("--out", request_.out_file, "file for the certificate")->required();
}

void CommandLine::whole_log(CLI::App* command) {
  command->add_option("URL|DIR", request_.where, "a server's log, or an export of it")->required();
  connects(command);
  connections(command);
  vkey(command);
}

void CommandLine::audits(CLI::App* command) {
  whole_log(command);
  command
      ->add_option("--since", request_.since_file, "an older checkpoint that the log must extend")
      ->check(CLI::ExistingFile);
  command
      ->add_option("--state", request_.state_directory,
                   "directory to continue from, and to remember in")
      ->check(CLI::ExistingDirectory);
}

void CommandLine::add_renewal_commands() {
  CLI::App* renew = add(
      "renew", "Bind all records and checkpoints under another hash function, or check a renewal",
      run_renew);
  renew->add_option("URL|DIR", request_.where, "a server's log, or an export of it")->required();
  connects(renew);
  vkey(renew);
  CLI::Option* hash = renew->add_option("--hash", request_.hash_name, "sha512-256 or sha3-256");
  renew->add_option("--out", request_.out_file, "file for the statement, for varve-keys renew")
      ->needs(hash);
  renew->add_option("--leaves", request_.leaves_file,
                    "file for what proofs are made from: 64 bytes a record");
  renew
      ->add_option("--check", request_.renewal_file,
                   "instead: a .tlog-proof of a renewal in the log, to be made again and compared")
      ->check(CLI::ExistingFile)
      ->excludes(hash);

  CLI::App* proof =
      add("renewal-proof", "Prove that what a receipt is about was bound by a renewal, offline",
          run_renewal_proof);
  proof->add_option("LEAVES", request_.where, "the file of renew --leaves")
      ->required()
      ->check(CLI::ExistingFile);
  trust(proof);
  proof->add_option("--receipt", request_.receipt_file, "a receipt in JSON, or a .tlog-proof")
      ->required()
      ->check(CLI::ExistingFile);
  proof->add_option("--renewal", request_.renewal_file, "a .tlog-proof of the renewal's record")
      ->required()
      ->check(CLI::ExistingFile);
  proof->add_option("--out", request_.out_file, "file for the proof of renewal")->required();
}

void CommandLine::add_assess() {
  CLI::App* assess =
      add("assess",
          "Try on a draft log, which was made for this, what a log must refuse or an "
          "audit must name, and report how each attempt ended",
          run_assess);
  assess->callback([this] {
    run_ = run_assess;
    request_.config = app_.get_option("--config")->as<std::string>();
    request_.log = app_.get_option("--log")->as<std::string>();
    if (request_.config.empty()) request_.config = tools::asked_in({}).config;
  });
  vkey(assess);
  assess->add_option("--report", request_.out_file, "directory for the report; it is not there yet")
      ->required();
  assess
      ->add_option("--appender", request_.appender_file,
                   "file with a bearer token of the role append alone")
      ->check(CLI::ExistingFile);
  assess->add_option("--key", request_.key,
                     "URI of a key of the log that signs now; else the log's first key");
  assess
      ->add_option("--patience", request_.patience_minutes,
                   "minutes to wait at most for a month to become due, and for its notice")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str();
  assess->add_option("--yes", request_.yes,
                     "the log's origin: what is appended stays; without it the plan is printed");
}

}  // namespace varve::audit
