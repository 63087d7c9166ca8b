// varved without a command: opens everything, serves, and stops without losing what it promised.
#include <algorithm>
#include <chrono>
#include <csignal>
#include <deque>
#include <thread>

#include "api/access/root_signer.h"
#include "api/common/ebb.h"
#include "api/listeners.h"
#include "api/server.h"
#include "api/service.h"
#include "tools/common/exit_code.h"
#include "tools/server/service_manager.h"
#include "tools/server/signals.h"
#include "tools/varved/commands.h"
#include "tools/varved/config.h"
#include "tools/varved/indexer.h"
#include "tools/varved/open_tokens.h"
#include "tools/varved/preflight.h"
#include "tools/varved/recorded_grants.h"
#include "tools/varved/reload.h"
#include "tools/varved/time_stamp_config.h"
#include "tools/varved/witness_config.h"

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
      std::make_shared<env::TokenTurns>();  // at `tokens`
  std::vector<LogSite> sites;
  std::vector<std::unique_ptr<Log>> logs;
  std::deque<GrantsToRecord> grants;               // as logs
  std::vector<std::unique_ptr<Indexer>> indexers;  // of those that are indexed
  std::unique_ptr<env::Filesystem> data;           // where what others say of checkpoints is kept
  std::vector<std::unique_ptr<api::Witnesses>> witnesses;     // as logs; null: it asks none
  std::vector<std::unique_ptr<api::TimeStamps>> time_stamps;  // the same
  std::vector<api::IssuerOptions> issuers;
  std::vector<std::unique_ptr<api::RootSigner>> roots;  // of those that have not ended
  std::unique_ptr<api::Access> access;
  std::unique_ptr<api::Service> service;
  std::unique_ptr<api::Server> server;
  std::unique_ptr<api::Listeners> listeners;
};

void warn(Running& running, const std::string& log, const std::vector<Warning>& warnings) {
  for (const Warning& warning : warnings)
    running.journal.write(api::Level::kWarning, warning.event,
                          {{"log", log}, {"message", warning.message}});
}

/// For how long the log keeps what, once at each start: a draft must not be taken for the real thing.
void tell_retention(Running& running, const LogSite& site, const Log& log) {
  const format::Policy policy = log.view().retention->policy();
  const bool is_draft = policy.mode == format::Mode::kDraft;
  running.journal.write(api::Level::kInfo, "log_opened",
                        {{"log", site.name},
                         {"size", log.latest()->checkpoint.size.value},
                         {is_draft ? "retention_minutes" : "retention_days", policy.period}});
  if (is_draft)
    warn(running, site.name,
         {{"draft_log", "the log is a draft, for trying: it keeps its records for " +
                            draft_text(policy) + ". It never becomes locked"}});
  if (std::string differs = how_retention_differs(site.retention, policy); !differs.empty())
    warn(running, site.name, {{"retention_differs", std::move(differs)}});
}

bool is_draft(const Log& log) {
  return log.view().retention->policy().mode == format::Mode::kDraft;
}

/// Of a log that exists its records say the mode: the configuration may say another one, or nothing.
Result<void> expect_mode_of_others(const Running& running, const std::string& name, bool draft) {
  if (running.logs.empty() || is_draft(*running.logs.front()) == draft) return {};
  const std::string& other = running.sites.front().name;
  return draft ? two_modes(name, other) : two_modes(other, name);
}

Result<void> open_log(Running& running, LogSite& site) {
  warn(running, site.name, site.warnings);
  Environment environment = environment_of(site, *running.tokens);
  environment.notice = [&journal = running.journal, name = site.name](std::string_view event,
                                                                      const std::string& sentence) {
    journal.write(api::Level::kWarning, event, {{"log", name}, {"message", sentence}});
  };
  environment.turns = running.turns;
  auto log = Log::open(site.options, environment);
  if (!log) return std::move(log).error().during("opening log " + site.name);
  RETURN_IF_ERROR(expect_mode_of_others(running, site.name, is_draft(**log)));
  tell_retention(running, site, **log);
  running.logs.push_back(std::move(*log));
  return {};
}

/// Everything that can fail for another reason than a log's own was looked at before. Logs that are
/// there already are opened first: where one does not open, no new one is made.
Result<void> open_logs(Running& running) {
  std::ranges::stable_partition(running.sites,
                                [](const LogSite& site) { return !site.options.first_statement; });
  for (LogSite& site : running.sites) {
    const bool becomes_draft = site.options.first_policy.mode == format::Mode::kDraft;
    if (site.options.first_statement)
      RETURN_IF_ERROR(expect_mode_of_others(running, site.name, becomes_draft));
    RETURN_IF_ERROR(make_store(site, running.config.data));
    RETURN_IF_ERROR(open_log(running, site));
  }
  return {};
}

void keep_grants_of(Running& running, std::size_t i) {
  const LogSite& site = running.sites[i];
  if (auto kept = keep_grants(*running.logs[i], site.files->system_path("")); !kept)
    warn(running, site.name,
         {{"grants_not_kept",
           "the log has recorded who may do what, and the access report cannot read it: " +
               kept.error().message}});
}

bool all_grants_are_recorded(const Running& running) {
  return std::ranges::all_of(running.grants, [](const auto& one) { return one.settled(); });
}

/// What stands in the way keeps nobody from appending. `tells`: of what is not recorded.
void settle_grants(Running& running, std::chrono::seconds patience, bool tells) {
  for (GrantsToRecord& one : running.grants) one.start();  // so that no log waits for others
  const auto deadline = std::chrono::steady_clock::now() + patience;
  for (std::size_t i = 0; i < running.grants.size(); ++i) {
    const LogSite& site = running.sites[i];
    const auto recorded = running.grants[i].settle(deadline);
    if (!recorded && tells)
      warn(running, site.name,
           {{"grants_not_recorded", "varved tries again each minute, and at SIGHUP: mend this: " +
                                        recorded.error().message}});
    if (!recorded || !*recorded) continue;
    running.journal.write(api::Level::kInfo, "grants_recorded", {{"log", site.name}});
    keep_grants_of(running, i);
  }
}

void record_grants_of(Running& running, const api::Tokens& tokens) {
  constexpr std::chrono::seconds kPatience{10};  // whoever waits for a signal waits no longer
  for (std::size_t i = 0; i < running.logs.size(); ++i) {
    const LogSite& site = running.sites[i];
    if (running.grants.size() == i)
      running.grants.emplace_back(*running.logs[i], site.options.origin);
    if (!site.options.ended)
      running.grants[i].add(configured_grants(running.config, tokens, site.name));
  }
  settle_grants(running, kPatience, true);
}

Warning policy_without_key() {
  return {
      "witness_policy_without_key",
      "the lines `log` of the witness policy name no key that signs what goes to witnesses now, "
      "so whoever verifies by it refuses it: write the vkey of the log's witness key into it"};
}

Result<void> ask_witnesses(Running& running) {
  for (std::size_t i = 0; i < running.logs.size(); ++i) {
    const std::string& name = running.sites[i].name;
    ASSIGN_OR_RETURN(const LogConfig config, find_log(running.config, name));
    running.witnesses.emplace_back();
    if (!config.witnesses.asks()) continue;
    if (!running.data) {
      ASSIGN_OR_RETURN(running.data, env::open_posix(running.config.data));
    }
    ASSIGN_OR_RETURN(api::WitnessOptions options,
                     witness_options(config.witnesses, name, config.options.origin));
    Log& log = *running.logs[i];
    const rules::KeyHistory& keys = log.view().keys->history;
    if (const auto others = witnesses_are_others(options.policy, keys); !others) {
      warn(running, name, {{"witnesses_not_asked", others.error().message}});
      continue;
    }
    if (!config.options.ended) options.records_in = running.sites[i].files.get();
    if (!takes_a_key_of(options.policy, keys)) warn(running, name, {policy_without_key()});
    running.witnesses.back() =
        std::make_unique<api::Witnesses>(std::move(options), log, *running.data, running.journal);
  }
  return {};
}

Result<void> ask_time_authorities(Running& running) {
  for (std::size_t i = 0; i < running.logs.size(); ++i) {
    const LogSite& site = running.sites[i];
    ASSIGN_OR_RETURN(const LogConfig config, find_log(running.config, site.name));
    running.time_stamps.emplace_back();
    if (!config.time_stamps.asks()) continue;
    if (!running.data) {
      ASSIGN_OR_RETURN(running.data, env::open_posix(running.config.data));
    }
    api::TimeStampOptions options = time_stamp_options(config.time_stamps, site.name);
    options.has_ended = site.options.ended;
    running.time_stamps.back() = std::make_unique<api::TimeStamps>(
        std::move(options), *running.logs[i], *running.data, running.journal);
  }
  return {};
}

/// An index that is made from a log's beginning takes long: nobody waits for it.
void start_indexers(Running& running) {
  for (std::size_t i = 0; i < running.logs.size(); ++i) {
    const LogSite& site = running.sites[i];
    const auto config = find_log(running.config, site.name);
    if (!config || config->index_minutes == 0 || site.options.ended) continue;
    running.indexers.push_back(std::make_unique<Indexer>(
        IndexerOptions{site.name, site.options.origin, config->index_minutes}, *running.logs[i],
        env::posix_clock(), running.journal));
    running.indexers.back()->start();
  }
}

Result<void> open_service(Running& running, api::Tokens tokens) {
  api::AccessOptions options;
  for (std::size_t i = 0; i < running.logs.size(); ++i) {
    const LogSite& site = running.sites[i];
    if (!site.options.ended)
      running.roots.push_back(std::make_unique<api::RootSigner>(
          site.name, *running.logs[i], env::posix_clock(), running.journal));
    options.logs.push_back({site.name, site.options.origin, site.open_reads, running.logs[i].get(),
                            site.files.get(), site.options.ended, running.witnesses[i].get(),
                            running.time_stamps[i].get(),
                            site.options.ended ? nullptr : running.roots.back().get()});
  }
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

// Access ends before the record of it is written: a token that is slow keeps nobody in.
void reload(Running& running) {
  const auto tokens = reload_configuration({running.path, running.config, running.issuers,
                                            *running.access, *running.server, *running.listeners});
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
  for (const auto& witnesses : running.witnesses)
    if (witnesses) witnesses->stop();
  for (const auto& time_stamps : running.time_stamps)
    if (time_stamps) time_stamps->stop();
  for (const auto& roots : running.roots) roots->stop();
  for (const auto& indexer : running.indexers) indexer->stop();
  for (const auto& log : running.logs) log->stop();
  if (running.access) running.access->reads().end();
  if (running.access) running.access->stop();
  running.server.reset();
  running.listeners.reset();
  running.service.reset();
  running.access.reset();
  running.witnesses.clear();
  running.time_stamps.clear();
  running.roots.clear();
  running.indexers.clear();
  running.grants.clear();
  running.logs.clear();
}

/// Returns what stands in the way of opening the logs; nothing was made then.
Result<std::vector<Error>> look_before(Running& running, api::Tokens& tokens) {
  Preflight found = preflight(running.config);
  warn(running, "", found.warnings);
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
    for (std::size_t i = 0; i < running.logs.size(); ++i) keep_grants_of(running, i);
    record_grants_of(running, tokens);
  }
  if (opened) opened = ask_witnesses(running);
  if (opened) opened = ask_time_authorities(running);
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
