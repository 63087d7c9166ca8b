// varved without a command: opens everything, serves, and stops without losing what it promised.
#include <algorithm>
#include <chrono>
#include <csignal>
#include <iterator>
#include <thread>

#include "api/common/ebb.h"
#include "api/listeners.h"
#include "api/server.h"
#include "api/service.h"
#include "tools/common/exit_code.h"
#include "tools/server/service_manager.h"
#include "tools/server/signals.h"
#include "tools/varved/commands.h"
#include "tools/varved/config.h"
#include "tools/varved/open_tokens.h"
#include "tools/varved/preflight.h"
#include "tools/varved/reload.h"
#include "tools/varved/served_log.h"

namespace varve::tools {
namespace {

/// Opened front to back, closed back to front.
struct Running {
  Running(Config c, std::string p)
      : path(std::move(p)), config(std::move(c)), journal(config.log_level) {}

  const std::string path;  // of the configuration
  Config config;           // as it counts
  api::Journal journal;
  std::unique_ptr<hsm::TokenSet> tokens;
  const std::shared_ptr<env::TokenTurns> turns =
      std::make_shared<env::TokenTurns>();       // at `tokens`
  std::unique_ptr<env::Filesystem> data;         // of all logs
  std::vector<LogSite> sites;                    // not opened yet
  std::vector<std::unique_ptr<ServedLog>> logs;  // as they were opened
  std::vector<api::IssuerOptions> issuers;
  std::unique_ptr<api::Access> access;
  std::unique_ptr<api::Service> service;
  std::unique_ptr<api::Server> server;
  std::unique_ptr<api::Listeners> listeners;
};

Shared shared_of(Running& running) {
  return {running.journal, *running.tokens, running.turns, *running.data};
}

/// Of a log that exists its records say the mode: the configuration may say another one, or nothing.
Result<void> expect_mode_of_others(const Running& running, const std::string& name, bool draft) {
  if (running.logs.empty() || running.logs.front()->is_draft() == draft) return {};
  const std::string& other = running.logs.front()->site().name;
  return draft ? two_modes(name, other) : two_modes(other, name);
}

/// Where its mode is not that of the others it is closed again, and a new one is not made.
Result<std::unique_ptr<ServedLog>> open_log(Running& running, LogSite site) {
  const bool becomes_draft = site.options.first_policy.mode == format::Mode::kDraft;
  if (site.options.first_statement)
    RETURN_IF_ERROR(expect_mode_of_others(running, site.name, becomes_draft));
  ASSIGN_OR_RETURN(auto log,
                   ServedLog::open(std::move(site), running.config.data, shared_of(running)));
  RETURN_IF_ERROR(expect_mode_of_others(running, log->site().name, log->is_draft()));
  return log;
}

/// Logs that are there already are opened first: where one does not open, no new one is made.
void order_to_open(std::vector<LogSite>& sites) {
  std::ranges::stable_partition(sites,
                                [](const LogSite& site) { return !site.options.first_statement; });
}

/// Everything that can fail for another reason than a log's own was looked at before.
Result<void> open_logs(Running& running) {
  ASSIGN_OR_RETURN(running.data, env::open_posix(running.config.data));
  order_to_open(running.sites);
  for (LogSite& site : running.sites) {
    ASSIGN_OR_RETURN(auto log, open_log(running, std::move(site)));
    running.logs.push_back(std::move(log));
  }
  running.sites.clear();
  return {};
}

bool all_grants_are_recorded(const Running& running) {
  return std::ranges::all_of(running.logs, [](const auto& log) { return log->grants().settled(); });
}

/// Returns whether there is a new record.
Result<bool> settle_grants_of(Running& running, ServedLog& log,
                              std::chrono::steady_clock::time_point deadline) {
  ASSIGN_OR_RETURN(const bool recorded, log.grants().settle(deadline));
  if (!recorded) return false;
  running.journal.write(api::Level::kInfo, "grants_recorded", {{"log", log.site().name}});
  log.keep_grants();
  return true;
}

/// What stands in the way keeps nobody from appending. `tells`: of what is not recorded.
void settle_grants(Running& running, std::chrono::seconds patience, bool tells) {
  for (const auto& log : running.logs) log->grants().start();  // so that no log waits for others
  const auto deadline = std::chrono::steady_clock::now() + patience;
  for (const auto& log : running.logs) {
    const auto recorded = settle_grants_of(running, *log, deadline);
    if (!recorded && tells)
      warn(running.journal, log->site().name,
           {{"grants_not_recorded", "varved tries again each minute, and at SIGHUP: mend this: " +
                                        recorded.error().message}});
  }
}

constexpr std::chrono::seconds kPatience{10};  // whoever waits for a signal waits no longer

void record_grants_of(Running& running, const api::Tokens& tokens) {
  for (const auto& log : running.logs)
    if (!log->site().options.ended)
      log->grants().add(configured_grants(running.config, tokens, log->site().name));
  settle_grants(running, kPatience, true);
}

Result<void> ask_others(Running& running) {
  for (const auto& log : running.logs) {
    ASSIGN_OR_RETURN(const LogConfig config, find_log(running.config, log->site().name));
    RETURN_IF_ERROR(log->ask_others(config));
  }
  return {};
}

void start_indexers(Running& running) {
  for (const auto& log : running.logs)
    if (const auto config = find_log(running.config, log->site().name)) log->start_indexer(*config);
}

Result<void> open_service(Running& running, api::Tokens tokens) {
  api::AccessOptions options;
  for (const auto& log : running.logs) options.logs.push_back(log->hosted());
  options.limits = running.config.limits;
  options.clients = running.config.clients;
  options.workers = running.config.workers;
  options.revoked = running.config.revoked;
  options.reads = running.config.reads;
  running.issuers = open_issuers(running.config.issuers, running.journal);
  options.issuers = running.issuers;
  running.access =
      std::make_unique<api::Access>(std::move(options), std::move(tokens), running.journal);
  look_at_outbound_authorities(running.config, running.access->certificates());
  RETURN_IF_ERROR(running.access->reads().start());
  start_indexers(running);
  running.service = std::make_unique<api::Service>(*running.access, env::posix_clock());
  RETURN_IF_ERROR(running.listeners->serve(*running.access, env::posix_clock()));
  RETURN_IF_ERROR(running.server->serve(*running.service));
  running.journal.write(api::Level::kInfo, "listening",
                        {{"address", running.config.server.address},
                         {"port", std::uint64_t{running.server->port()}}});
  return {};
}

/// As they were loaded, which is what clients see: the files may be newer.
void look_at_certificates(Running& running) {
  look_at_outbound_authorities(running.config, running.access->certificates());
  running.access->warn_of_certificates();
}

/// Before anybody uses a log that joins, its records say who may.
Result<void> record_first_grants(Running& running, ServedLog& log, const Config& config,
                                 const api::Tokens& tokens) {
  if (log.site().options.ended) return {};
  log.grants().add(configured_grants(config, tokens, log.site().name));
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  auto recorded = settle_grants_of(running, log, deadline);
  if (recorded) return {};
  return std::move(recorded).error().during("recording who may do what on log " + log.site().name);
}

/// Logs that join. Where one of them cannot, none is served; what was made of the others stays for the next time.
Result<std::vector<std::unique_ptr<ServedLog>>> open_more(Running& running, const Config& config,
                                                          const api::Tokens& tokens,
                                                          const std::vector<LogConfig>& logs) {
  std::vector<LogSite> sites;
  for (const LogConfig& log : logs) {
    ASSIGN_OR_RETURN(LogSite site, find_working_site(log, config.data, *running.tokens));
    sites.push_back(std::move(site));
  }
  order_to_open(sites);
  std::vector<std::unique_ptr<ServedLog>> opened;
  std::vector<api::HostedLog> hosted;
  for (LogSite& site : sites) {
    ASSIGN_OR_RETURN(auto log, open_log(running, std::move(site)));
    ASSIGN_OR_RETURN(const LogConfig its, find_log(config, log->site().name));
    RETURN_IF_ERROR(record_first_grants(running, *log, config, tokens));
    RETURN_IF_ERROR(log->ask_others(its));
    hosted.push_back(log->hosted());
    opened.push_back(std::move(log));
  }
  RETURN_IF_ERROR(running.access->serve_more(std::move(hosted)));
  return opened;
}

void serve_more(Running& running, const Config& config, const api::Tokens& tokens,
                const std::vector<LogConfig>& logs, std::vector<Error>& problems) {
  for (const LogConfig& log : logs)
    std::ranges::move(problems_of(log, config.data), std::back_inserter(problems));
  if (!problems.empty()) return;
  auto opened = open_more(running, config, tokens, logs);
  if (!opened) return problems.push_back(std::move(opened).error());
  for (auto& log : *opened) {
    if (const auto its = find_log(config, log->site().name)) log->start_indexer(*its);
    running.logs.push_back(std::move(log));
  }
}

// Access ends before the record of it is written: a token that is slow keeps nobody in.
void reload(Running& running) {
  const auto tokens =
      reload_configuration({running.path, running.config, running.issuers, *running.access,
                            *running.server, *running.listeners,
                            [&](const Config& config, const api::Tokens& granted,
                                const std::vector<LogConfig>& logs, std::vector<Error>& problems) {
                              serve_more(running, config, granted, logs, problems);
                            }});
  if (tokens) record_grants_of(running, *tokens);
  running.access->warn_of_certificates();
}

/// How long an orderly end may take: requests under way, then whatever asks a token a last time.
std::chrono::seconds longest_end(const Config& config) {
  // One is for witnesses, one for evidence of the time, one for COSE receipts.
  constexpr int kTokenCalls = 7;
  constexpr std::chrono::seconds kRest{10};
  std::uint32_t token_ms = config.hsm.timeout_ms;
  for (const HsmConfig& further : config.further_hsms)
    token_ms = std::max(token_ms, further.timeout_ms);
  return std::chrono::ceil<std::chrono::seconds>(
      config.server.timeouts.stop + kTokenCalls * std::chrono::milliseconds{token_ms} + kRest);
}

/// 0: a day has passed, and more while grants were not recorded.
int next_signal(Running& running, Signals& signals) {
  constexpr std::chrono::hours kDay{24};
  constexpr std::chrono::minutes kMinute{1};
  while (!all_grants_are_recorded(running)) {
    if (const int signal = signals.wait(kMinute); signal != 0) return signal;
    settle_grants(running, std::chrono::seconds{0}, false);
  }
  return signals.wait(kDay);
}

void wait_for_the_end(Running& running, Signals& signals) {
  int signal = next_signal(running, signals);
  for (; signal == 0 || signal == SIGHUP; signal = next_signal(running, signals))
    signal == 0 ? look_at_certificates(running) : reload(running);
  tell_stopping();
  signals.stop_within(longest_end(running.config));
  running.journal.write(api::Level::kInfo, "stopping");
}

// Requests first, then what is to be on record of them, then the logs, then the workers that still build
// receipts for nobody.
void close_all(Running& running) {
  {
    const std::jthread beside([&] {  // so that the two together take no longer than one
      if (running.listeners) running.listeners->stop();
    });
    if (running.server) running.server->stop();
  }
  if (running.access) running.access->reads().stop();
  for (const auto& log : running.logs) log->stop_beside();
  for (const auto& log : running.logs) log->log().stop();
  if (running.access) running.access->reads().end();
  if (running.access) running.access->stop();
  running.server.reset();
  running.listeners.reset();
  running.service.reset();
  running.access.reset();
  running.logs.clear();
}

/// Returns what stands in the way of opening the logs; nothing was made then.
Result<std::vector<Error>> look_before(Running& running, api::Tokens& tokens) {
  Preflight found = preflight(running.config);
  warn(running.journal, "", found.warnings);
  if (!found.problems.empty()) return std::move(found.problems);
  running.server = std::move(found.server);
  running.listeners = std::move(found.listeners);
  tokens = std::move(found.tokens);
  ASSIGN_OR_RETURN(running.tokens, open_tokens(running.config));
  FoundSites sites = find_sites(running.config, *running.tokens);
  running.sites = std::move(sites.sites);
  return std::move(sites.problems);
}

Result<void> serve_until_signal(Running& running, api::Tokens tokens, Signals& signals) {
  tell_starting();
  auto opened = open_logs(running);
  if (opened) {
    for (const auto& log : running.logs) log->keep_grants();
    record_grants_of(running, tokens);
  }
  if (opened) opened = ask_others(running);
  if (opened) signals.serve();  // whoever reads that it listens may already end it, in order
  if (opened) opened = open_service(running, std::move(tokens));
  if (opened) {
    tell_ready();
    wait_for_the_end(running, signals);
  }
  close_all(running);
  if (opened) running.journal.write(api::Level::kInfo, "stopped");
  return opened;
}

}  // namespace

int serve(const std::string& config_path) {
  auto config = adopt_config(config_path);
  if (!config) return report(kVarved, config.error());
  api::keep_little_memory();
  Signals signals;
  Running running{std::move(*config), config_path};
  api::Tokens tokens;
  const auto problems = look_before(running, tokens);
  if (!problems) return report(kVarved, problems.error());
  if (!problems->empty()) return report(kVarved, *problems);
  const auto served = serve_until_signal(running, std::move(tokens), signals);
  return served ? kExitOk : report(kVarved, served.error());
}

}  // namespace varve::tools
