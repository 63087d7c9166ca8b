// Opens state, token and address, cosigns, and stops without losing what it promised.
#include <chrono>
#include <csignal>

#include "api/common/ebb.h"
#include "api/service.h"
#include "api/witness/witness_routes.h"
#include "ledger/env/posix.h"
#include "ledger/store/mark_file.h"
#include "tools/common/exit_code.h"
#include "tools/common/version.h"
#include "tools/server/service_manager.h"
#include "tools/server/signals.h"
#include "tools/witness/commands.h"
#include "tools/witness/follower.h"
#include "tools/witness/log_file.h"
#include "tools/witness/mark_place.h"
#include "tools/witness/token.h"

namespace varve::tools {
namespace {

/// Opened front to back, closed back to front.
struct RunningWitness {
  explicit RunningWitness(WitnessProgramConfig c)
      : config(std::move(c)),
        journal(config.log_level),
        follower(config.log_ca, env::posix_clock(), journal) {}

  WitnessProgramConfig config;
  api::Journal journal;
  std::unique_ptr<hsm::Token> token;
  std::unique_ptr<env::Filesystem> data;
  std::unique_ptr<env::Filesystem> mark_files;
  std::unique_ptr<env::Lock> mark_lock;  // of the place: two states with one mark are two witnesses
  std::unique_ptr<env::HighWaterMark> mark;
  Follower follower;
  std::unique_ptr<witness::Witness> witness;
  std::unique_ptr<api::WitnessSite> site;
  std::vector<api::Route> routes;
  std::unique_ptr<api::Access> access;
  std::unique_ptr<api::Service> service;
  std::unique_ptr<api::Server> server;
};

witness::WitnessOptions options_of(RunningWitness& running, format::CosignerKey key) {
  witness::WitnessOptions options;
  options.key = std::move(key);
  options.signer = running.token.get();
  options.clock = &env::posix_clock();
  options.mark = running.mark.get();
  options.notice = [&journal = running.journal](std::string_view event, std::string_view origin,
                                                const std::string& message) {
    journal.write(api::Level::kWarning, event, {{"origin", origin}, {"message", message}});
  };
  options.follow = [&follower = running.follower](const std::string& origin,
                                                  witness::Urgency urgency) {
    follower.ask(origin, urgency);
  };
  return options;
}

Result<void> open_mark(RunningWitness& running) {
  if (running.config.marks.empty()) return {};
  RETURN_IF_ERROR(check_mark_place(running.config));
  ASSIGN_OR_RETURN(running.mark_files, env::open_posix(running.config.marks));
  ASSIGN_OR_RETURN(running.mark_lock, running.mark_files->lock("lock"));
  running.mark = store::mark_file(*running.mark_files, kWitnessMarkName);
  return {};
}

Result<void> open_witness(RunningWitness& running) {
  ASSIGN_OR_RETURN(const format::LogList logs, load_log_list(running.config.logs));
  RETURN_IF_ERROR(env::check_mode(running.config.data, env::Others::kRead));
  ASSIGN_OR_RETURN(running.data, env::open_posix(running.config.data));
  RETURN_IF_ERROR(open_mark(running));
  ASSIGN_OR_RETURN(running.server, api::Server::bind(running.config.server));
  ASSIGN_OR_RETURN(running.token, open_witness_token(running.config));
  ASSIGN_OR_RETURN(format::CosignerKey key, find_witness_key(running.config, *running.token));
  ASSIGN_OR_RETURN(running.witness,
                   witness::Witness::open(*running.data, options_of(running, std::move(key))));
  return running.witness->set_logs(logs);
}

Result<void> open_door(RunningWitness& running) {
  const std::string line = version_line(kVarveWitness);
  running.site = std::make_unique<api::WitnessSite>(
      api::WitnessSite{*running.witness, running.config.url, line.substr(line.find(' ') + 1)});
  running.routes = api::witness_routes(*running.site);
  api::AccessOptions options;
  options.limits = running.config.limits;
  options.workers = running.config.workers;
  running.access =
      std::make_unique<api::Access>(std::move(options), api::Tokens{}, running.journal);
  running.service =
      std::make_unique<api::Service>(*running.access, env::posix_clock(), running.routes);
  running.follower.start(*running.witness);
  RETURN_IF_ERROR(running.server->serve(*running.service));
  running.journal.write(api::Level::kInfo, "listening",
                        {{"address", running.config.server.address},
                         {"port", std::uint64_t{running.server->port()}}});
  return {};
}

void reload_witness(RunningWitness& running) {
  const auto logs = load_log_list(running.config.logs);
  const auto set = logs ? running.witness->set_logs(*logs) : logs.error();
  if (set)
    running.journal.write(api::Level::kInfo, "logs_reloaded",
                          {{"logs", running.witness->status().logs}});
  else
    running.journal.error("logs_not_reloaded", set.error().message);
  if (const auto certificate = running.server->prepare_reload(running.config.server); certificate)
    (*certificate)();
  else
    running.journal.error("certificate_not_reloaded", certificate.error().message);
  running.access->warn_of_certificates();
}

void wait_for_the_end_of(RunningWitness& running, Signals& signals) {
  constexpr std::chrono::hours kDay{24};
  constexpr std::chrono::seconds kRest{10};
  for (int signal = signals.wait(kDay); signal == 0 || signal == SIGHUP;
       signal = signals.wait(kDay))
    signal == SIGHUP ? reload_witness(running) : running.access->warn_of_certificates();
  tell_stopping();
  signals.stop_within(std::chrono::ceil<std::chrono::seconds>(
      running.config.server.timeouts.stop +
      2 * std::chrono::milliseconds{running.config.hsm.timeout_ms} + kRest));
  running.journal.write(api::Level::kInfo, "stopping");
}

// Requests first, then the rounds that answer them, then whoever still follows a log.
void close_witness(RunningWitness& running) {
  if (running.server) running.server->stop();
  running.follower.stop();
  if (running.witness) running.witness->stop();
  if (running.access) running.access->stop();
  running.server.reset();
  running.service.reset();
  running.access.reset();
  running.witness.reset();
}

}  // namespace

int serve_witness(const std::string& config_path) {
  auto config = adopt_witness_config(config_path);
  if (!config) return report(kVarveWitness, config.error());
  api::keep_little_memory();
  Signals signals;
  RunningWitness running{std::move(*config)};
  tell_starting();
  auto opened = open_witness(running);
  if (opened) {
    signals.serve();  // whoever reads that it listens may already end it, in order
    opened = open_door(running);
  }
  if (opened) {
    tell_ready();
    wait_for_the_end_of(running, signals);
  }
  close_witness(running);
  if (!opened) return report(kVarveWitness, opened.error());
  running.journal.write(api::Level::kInfo, "stopped");
  return kExitOk;
}

}  // namespace varve::tools
