// The subcommands of varve-audit, each one function: what was asked, and what there is to say.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ledger/base/result.h"
#include "tools/audit/search/asked.h"
#include "tools/audit/search/report.h"
#include "tools/client/http.h"

namespace varve::audit {

/// What the command line said. A command reads the members that its help names.
struct Request {
  std::string where;  // URL, directory or file
  std::string vkey;
  std::string origin;
  std::string state_directory;
  std::string since_file;
  std::string record_file;
  std::string payload_file;
  std::string batch_file;
  std::string keys_file;
  std::string bundle_file;
  std::string out_file;
  std::string hash_name;
  std::string renewal_file;
  std::string receipt_file;
  std::string consistency_file;
  std::string older_file;  // a checkpoint
  std::string leaves_file;
  std::string policy_file;
  std::string stamped_file;
  std::string stamped_consistency_file;
  std::vector<std::string> authorities;    // NAME=HEX, of time stamps
  std::optional<std::uint64_t> max_age_s;  // of cosignatures
  std::string leaf_hex;
  std::array<std::string, 2> compared;  // files
  std::vector<std::string> forget_months;
  std::string decided_by;
  bool must_be_locked = false;
  std::string source;      // name of a source
  std::uint64_t from = 0;  // numbers of its events, both included
  std::uint64_t to = UINT64_MAX;
  std::optional<std::uint64_t> index;
  std::uint32_t connections = 4;
  bool explain = false;  // print what the event says
  Asked asked;
  std::string report;  // its name
  WorkingHours hours;
  std::string html_file;
  std::string client;         // name of a client
  std::string config;         // of an assessment: varved.toml,
  std::string log;            // the log in it, where it has several,
  std::string key;            // URI of a key of the log on its token,
  std::string appender_file;  // bearer token of the role append,
  std::string yes;            // the log's origin, typed
  std::uint32_t patience_minutes = 30;
  std::string metrics_file;  // for Prometheus, of a run by a timer
  client::HttpOptions http;
};

/// One result: a line for people and the same for programs.
struct Answer {
  int exit = 0;
  std::string line;  // without its newline
  std::string json;  // an object, on one line
};

// Errors of all: the exit code of their Code; kInvalid also for a wrong key or a missing file name.
Result<Answer> run_checkpoint(const Request& request);
Result<Answer> run_keys(const Request& request);
Result<Answer> run_inclusion(const Request& request);
Result<Answer> run_event(const Request& request);
Result<Answer> run_proof(const Request& request);
Result<Answer> run_verify(const Request& request);
/// Whether two files that people kept are of one history.
Result<Answer> run_compare(const Request& request);
Result<Answer> run_fetch(const Request& request);
Result<Answer> run_mirror(const Request& request);
Result<Answer> run_check(const Request& request);
/// The same, and says of each source what the records say.
Result<Answer> run_sources(const Request& request);
/// The same, and says until when the log keeps what, by its records: of all months, or of one record.
Result<Answer> run_retention(const Request& request);
/// The same, and lists the events that answer a question: complete, for every record was read.
Result<Answer> run_search(const Request& request);
/// The same, and makes each index that the log committed to again.
Result<Answer> run_index(const Request& request);
/// The same, and counts events for each actor, patient or source.
Result<Answer> run_report(const Request& request);
/// The same, and makes the accounting of disclosures that a patient may ask for.
Result<Answer> run_disclosures(const Request& request);
/// The same, and writes a certificate that a source left nothing out.
Result<Answer> run_gaps(const Request& request);
/// The same, and lists who read what, who was refused, and what of that may be missing.
Result<Answer> run_reads(const Request& request);
/// Tries on a draft log what a log must refuse, and writes a report.
Result<Answer> run_assess(const Request& request);
Result<Answer> run_renew(const Request& request);
Result<Answer> run_renewal_proof(const Request& request);

}  // namespace varve::audit
