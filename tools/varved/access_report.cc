// varved access report: who may do what, on which log and source, by which credential, and since when.
#include <cstdio>

#include "api/common/json.h"
#include "ledger/base/month.h"
#include "tools/common/exit_code.h"
#include "tools/common/grant_rows.h"
#include "tools/varved/access_review.h"
#include "tools/varved/commands.h"
#include "tools/varved/tokens_file.h"

namespace varve::tools {
namespace {

struct AccessReport {
  std::vector<LogReview> logs;
  std::vector<std::string> revoked;  // lines of the list, without hashes of credentials
};

Result<AccessReport> look_at_access(const std::string& config_path) {
  ASSIGN_OR_RETURN(const Config config, load_config(config_path));
  ASSIGN_OR_RETURN(const api::Tokens tokens, load_tokens(config.tokens));
  api::Revocations revoked;
  if (!config.revoked.empty()) {
    ASSIGN_OR_RETURN(revoked, api::RevocationFile::load(config.revoked));
  }
  AccessReport out;
  ASSIGN_OR_RETURN(out.logs, review_access(config, tokens, revoked));
  for (const std::string& line : revoked.lines())
    if (!line.starts_with("credential ")) out.revoked.push_back(line);
  return out;
}

std::string since_text(const ReviewedGrant& one) {
  return one.granted.since_us == 0 ? "not recorded" : time_text(one.granted.since_us);
}

std::string text_of_log(const LogReview& log) {
  std::string out = "log " + log.log + ", " + log.origin + "\n";
  if (!log.recorded_us)
    out.append("  no grants recorded: start varved\n");
  else if (log.as_recorded)
    out.append("  recorded ").append(time_text(*log.recorded_us)).append("\n");
  else
    out.append("  recorded ")
        .append(time_text(*log.recorded_us))
        .append(", and changed since: start varved, or send it SIGHUP\n");
  if (log.grants.empty()) return out.append("  nobody may do anything\n");
  out.append(grant_title());
  for (const ReviewedGrant& one : log.grants) {
    std::string row = grant_row(one.granted.grant, since_text(one));
    if (one.revoked) row.insert(row.size() - 1, " (revoked)");
    out.append(row);
  }
  for (const std::string& who : log.both)
    out.append("  operator and approver at once: ").append(who).append("\n");
  for (const std::string& issuer : log.issuers_of_both)
    out.append("  may name one person operator and approver: ").append(issuer).append("\n");
  return out;
}

std::string text_of_report(const AccessReport& report) {
  std::string out;
  for (const LogReview& log : report.logs) out.append(text_of_log(log));
  for (const std::string& line : report.revoked) out.append("revoked: ").append(line).append("\n");
  return out;
}

void write_texts(api::JsonWriter& out, std::string_view key, const std::vector<std::string>& all) {
  out.key(key).begin_array();
  for (const std::string& one : all) out.text(one);
  out.end_array();
}

void write_log(api::JsonWriter& out, const LogReview& log) {
  out.begin_object().key("log").text(log.log).key("origin").text(log.origin);
  if (log.recorded_us) out.key("recorded_us").number(*log.recorded_us);
  out.key("as_recorded").boolean(log.as_recorded).key("grants").begin_array();
  for (const ReviewedGrant& one : log.grants) {
    const format::Grant& grant = one.granted.grant;
    out.begin_object().key("by").text(grant.proof).key("role").text(grant.role);
    if (!grant.source.empty()) out.key("source").text(grant.source);
    out.key("who").text(grant.who);
    if (one.granted.since_us != 0) out.key("since_us").number(one.granted.since_us);
    out.key("revoked").boolean(one.revoked).end_object();
  }
  out.end_array();
  write_texts(out, "operate_and_approve", log.both);
  write_texts(out, "issuers_of_operate_and_approve", log.issuers_of_both);
  out.end_object();
}

std::string json_of_report(const AccessReport& report) {
  api::JsonWriter out;
  out.begin_object().key("logs").begin_array();
  for (const LogReview& log : report.logs) write_log(out, log);
  out.end_array();
  write_texts(out, "revoked", report.revoked);
  return out.end_object().take() + "\n";
}

}  // namespace

int access_report(const std::string& config_path, bool json) {
  const auto found = look_at_access(config_path);
  if (!found) return report(kVarved, found.error());
  std::fputs((json ? json_of_report(*found) : text_of_report(*found)).c_str(), stdout);
  return kExitOk;
}

}  // namespace varve::tools
