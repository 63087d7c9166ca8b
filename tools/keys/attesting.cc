// attest fails closed: what a token does not claim, or was not seen to keep, counts against it.
#include "tools/keys/attesting.h"

#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "ledger/base/visible.h"
#include "ledger/format/json.h"
#include "tools/common/files.h"

namespace varve::keys {
namespace {

constexpr std::size_t kAttestationMax = 1u << 20;  // bytes read; the event takes fewer

/// The sample of this log and key, as the Prometheus text format has it.
Result<std::uint64_t> sample_of(const std::string& metrics, const std::string& log,
                                const format::VerifierKey& key) {
  std::string start = "varve_log_signatures_ever{log=\"";
  start.append(log).append("\",key=\"").append(format::key_id_text(key)).append("\"} ");
  std::size_t at = metrics.find("\n" + start);
  if (at == std::string::npos) return std::uint64_t{0};  // it never asked this key
  at += 1 + start.size();
  const double value = std::strtod(metrics.c_str() + at, nullptr);
  if (!(value >= 0 && value < 1e18)) return invalid("the server's count of signatures is none");
  return static_cast<std::uint64_t>(value);
}

struct Counts {
  std::optional<std::uint64_t> server;  // ever asked of this key
  std::optional<std::uint64_t> token;
};

Result<Counts> count_signatures(const AttestArguments& arguments, const format::VerifierKey& key) {
  Counts counts{{}, arguments.token_count};
  if (arguments.server.server.empty()) return counts;
  ASSIGN_OR_RETURN(const std::string metrics, ask_server(arguments.server, "/metrics"));
  ASSIGN_OR_RETURN(counts.server, sample_of(metrics, arguments.server.log, key));
  return counts;
}

std::string number_or(const std::optional<std::uint64_t>& number, const char* otherwise) {
  return number ? std::to_string(*number) : otherwise;
}

std::string as_text(const std::string& vkey, const format::KeyStatement& statement,
                    const Counts& counts) {
  std::string text = vkey;
  text.append("\ntoken             ").append(statement.token);
  text.append("\nthe token claims  ").append(claims_text(statement.claims));
  text.append("\na throw-away key  ")
      .append(statement.probe ? probe_text(*statement.probe) : "could not be made");
  text.append("\nthe server asked  ")
      .append(number_or(counts.server, "not asked"))
      .append(counts.server ? " signatures of this key, over all its starts" : "");
  text.append("\nthe token counts  ")
      .append(number_or(counts.token,
                        "PKCS#11 has no counter of signatures: nothing to compare with, unless the "
                        "vendor's log is read and given with --token-count"));
  return text.append("\n");
}

std::string as_json(const std::string& vkey, const format::KeyStatement& statement,
                    const Counts& counts, const std::vector<std::string>& doubts) {
  std::string json = "{\"vkey\":" + format::json_quoted(vkey);
  json.append(",\"token\":").append(format::json_quoted(statement.token));
  json.append(",\"claims\":").append(format::json_quoted(claims_text(statement.claims)));
  json.append(",\"probe\":")
      .append(format::json_quoted(statement.probe ? probe_text(*statement.probe) : "none"));
  json.append(",\"signatures_asked\":").append(number_or(counts.server, "null"));
  json.append(",\"signatures_counted\":").append(number_or(counts.token, "null"));
  json.append(",\"doubts\":[");
  for (const std::string& doubt : doubts) {
    if (json.back() != '[') json.push_back(',');
    json.append(format::json_quoted(doubt));
  }
  return json.append("]}\n");
}

}  // namespace

Result<format::KeyStatement> state_key(hsm::Token& token, const format::VerifierKey& key,
                                       const std::vector<std::string>& attestation_files) {
  ASSIGN_OR_RETURN(auto statement, token.state_key({key.algorithm, key.key}));
  for (const std::string& file : attestation_files) {
    ASSIGN_OR_RETURN(Buffer bytes, tools::read_file(file, kAttestationMax));
    statement.attestations.push_back(std::move(bytes));
  }
  RETURN_IF_ERROR(format::check_statement(statement));
  return statement;
}

std::vector<std::string> doubts_about(const format::KeyStatement& statement) {
  std::vector<std::string> doubts;
  const auto unless = [&doubts](bool good, const char* doubt) {
    if (!good) doubts.emplace_back(doubt);
  };
  const format::KeyClaims& claims = statement.claims;
  unless(claims.is_private, "the token does not ask for a PIN before it uses the key");
  unless(claims.sensitive && claims.always_sensitive,
         "the token does not claim that the key was "
         "always sensitive");
  unless(!claims.extractable && claims.never_extractable,
         "the token does not claim that the key was never extractable");
  unless(!claims.modifiable, "the key's attributes can be changed");
  unless(claims.local, "the token does not claim that it made the key itself");
  unless(statement.probe.has_value(), "no throw-away key could be made to probe the claims with");
  if (statement.probe)
    unless(statement.probe->held(), "a throw-away key made like this one could be taken out");
  return doubts;
}

Result<void> attest(const AttestArguments& arguments) {
  ASSIGN_OR_RETURN(const auto token, open_token(arguments.key.token));
  ASSIGN_OR_RETURN(const auto key, find_key(*token, arguments.key.key, arguments.key.origin));
  ASSIGN_OR_RETURN(const auto statement, state_key(*token, key, {}));
  ASSIGN_OR_RETURN(const Counts counts, count_signatures(arguments, key));
  auto doubts = doubts_about(statement);
  if (counts.server && counts.token && *counts.token > *counts.server)
    doubts.push_back("the token counts " + std::to_string(*counts.token - *counts.server) +
                     " signatures more than the server asked for");
  const std::string vkey = format::format_vkey(key);
  const std::string text = arguments.key.json ? as_json(vkey, statement, counts, doubts)
                                              : as_text(vkey, statement, counts);
  std::fputs(visible_lines(text).c_str(), stdout);
  if (doubts.empty()) return {};
  std::string all;
  for (const std::string& doubt : doubts) all.append(all.empty() ? "" : "; ").append(doubt);
  return io_error("not attested: " + all);
}

}  // namespace varve::keys
