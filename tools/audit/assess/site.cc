// The configuration is that of the server; whoever assesses has the operator's rights on this machine.
#include "tools/audit/assess/site.h"

#include <algorithm>

#include "ledger/base/check.h"
#include "ledger/base/text.h"
#include "tools/client/problem.h"
#include "tools/config/audit_config.h"

namespace varve::audit::assess {
namespace {

constexpr std::uint32_t kProgramPatienceMs = 300'000;
constexpr int kNotExecutable = 126;  // setpriv(1), of the program that it should start
constexpr int kNotFound = 127;

const std::string& file_of(const Site& site, Who who) {
  static const std::string none;
  switch (who) {
    case Who::kNobody:
      return none;
    case Who::kAppender:
      return site.appender_file;
    case Who::kReader:
      return site.reader_file;
    case Who::kOperator:
      return site.operator_file;
  }
  check_failed("a client outside its enumeration", __FILE__, __LINE__);
}

Result<client::HttpResponse> exchange(const Site& site, Who who, const Asking& asking) {
  if (who != Who::kNobody && file_of(site, who).empty())
    return not_found("no bearer token of the " + std::string(name_of(who)) + " was given");
  client::HttpOptions options;
  options.ca_file = site.ca;
  options.token_file = file_of(site, who);
  ASSIGN_OR_RETURN(const client::Url url, client::parse_url(site.server));
  ASSIGN_OR_RETURN(client::HttpClient client, client::HttpClient::open(url, options));
  return client.request(asking.method, asking.path, asking.content_type, bytes_of(asking.body));
}

/// What is read is not shown: events have no place in a report.
std::string shown(const Asking& asking, const client::HttpResponse& response) {
  const bool is_read = asking.method == "GET" && response.status < 300;
  if (is_read) return "(" + std::to_string(response.body.size()) + " bytes)";
  return cut(response.body);
}

}  // namespace

std::string_view name_of(Who who) {
  switch (who) {
    case Who::kNobody:
      return "nobody";
    case Who::kAppender:
      return "appender";
    case Who::kReader:
      return "reader";
    case Who::kOperator:
      return "operator";
  }
  check_failed("a client outside its enumeration", __FILE__, __LINE__);
}

Result<Site> find_site(const tools::Asked& asked) {
  if (asked.config.empty())
    return invalid("assess needs the server's configuration: give --config FILE");
  Site site;
  site.asked = asked;
  ASSIGN_OR_RETURN(site.config, tools::load_keys_config(asked.config));
  ASSIGN_OR_RETURN(const tools::AuditConfig readers, tools::load_audit_config(asked.config));
  std::vector<std::string> names;
  for (const auto& log : site.config.logs) names.push_back(log.name);
  ASSIGN_OR_RETURN(const std::size_t chosen, tools::chosen_log(names, asked));
  site.log = site.config.logs[chosen];
  site.asked.log = site.log.name;
  site.server = site.config.operators.server;
  if (site.server.empty())
    return invalid(asked.config + ": [operator] does not say how to reach the server");
  site.ca = site.config.operators.ca;
  site.operator_file = site.config.operators.bearer;
  site.reader_file = readers.auditor.bearer;
  if (site.log.key.starts_with("pkcs11:")) site.key = site.log.key;
  return site;
}

Result<Answered> ask(const Site& site, Who who, const Asking& asking) {
  ASSIGN_OR_RETURN(const client::HttpResponse response, exchange(site, who, asking));
  Answered answered;
  answered.command = asking.method + " " + asking.path + ", as " + std::string(name_of(who));
  if (!asking.body.empty()) answered.command += ", with\n" + cut(asking.body);
  answered.by_server = true;
  answered.code = response.status;
  answered.text = shown(asking, response);
  return answered;
}

Result<std::string> fetch(const Site& site, Who who, const std::string& path) {
  ASSIGN_OR_RETURN(const client::HttpResponse response,
                   client::expect_success(exchange(site, who, {"GET", path, "", ""})));
  return response.body;
}

Result<std::uint64_t> append(const Site& site, const std::string& what) {
  ASSIGN_OR_RETURN(const Answered answered, ask(site, Who::kAppender,
                                                {"POST", site.path("/events"), "application/json",
                                                 "{\"assess\":\"" + what + "\"}"}));
  if (answered.code != 201) return io_error("the server did not take an event: " + answered.text);
  constexpr std::string_view kIndex = "\"first_index\":";
  const std::size_t at = answered.text.find(kIndex);
  if (at == std::string::npos) return io_error("the server answered without a receipt");
  const std::size_t begin = at + kIndex.size();
  const auto index = decode_decimal(
      answered.text.substr(begin, answered.text.find_first_not_of("0123456789", begin) - begin));
  if (!index) return io_error("the server's receipt names no record");
  return *index;
}

Result<Answered> run_with(Site& site, const Words& words, const Variables& variables) {
  ASSIGN_OR_RETURN(Ran ran, run_child(words, variables, site.fresh("output"), kProgramPatienceMs));
  if (ran.exit == kNotFound || ran.exit == kNotExecutable)
    return not_found("this machine has no program " + words[0] + ", or it cannot be run");
  Words named = words;
  const std::size_t slash = named[0].rfind('/');
  if (slash != std::string::npos) named[0].erase(0, slash + 1);
  return Answered{command_line(named), false, ran.exit, cut(std::move(ran.text))};
}

Result<Answered> run(Site& site, const Words& words) {
  ASSIGN_OR_RETURN(const Variables variables,
                   tools::variables_of(site.config.hsm, site.config.further_hsms));
  return run_with(site, words, variables);
}

}  // namespace varve::audit::assess
