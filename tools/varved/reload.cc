// Everything that can fail first, then what cannot.
#include "tools/varved/reload.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "api/access/revocation.h"
#include "tools/varved/certificate.h"
#include "tools/varved/descriptors.h"
#include "tools/varved/log_site.h"
#include "tools/varved/reloadable.h"
#include "tools/varved/tokens_file.h"

namespace varve::tools {
namespace {

/// What is taken up, made whole.
struct Prepared {
  Config config;
  api::Tokens tokens;
  api::Revocations revoked;
  std::size_t connections_max = 0;  // as many as there are descriptors for
  std::vector<std::function<void()>> changes;
};

class Preparation {
 public:
  Preparation(const Reloading& running, Config config) : running_(running) {
    out_.config = std::move(config);
  }

  /// Fills `problems` with all there are.
  Prepared run(std::vector<Error>& problems) {
    keep("[server] tokens", take_tokens());
    if (!out_.config.revoked.empty()) keep("[server] revoked", take_revoked());
    for (const IssuerConfig& issuer : out_.config.issuers)
      keep("[[issuer]] " + issuer.options.issuer + " keys", check_issuer(issuer));
    keep("[server]", take_server());
    keep("", take(running_.listeners.prepare_reload(listeners_options(out_.config))));
    problems = std::move(problems_);
    return std::move(out_);
  }

 private:
  void keep(const std::string& where, const Result<void>& done) {
    if (done) return;
    const std::string place = where.empty() ? "" : where + ": ";
    problems_.push_back({done.error().code, place + done.error().message});
  }
  Result<void> take(Result<std::function<void()>> change) {
    if (!change) return std::move(change).error();
    out_.changes.push_back(std::move(*change));
    return {};
  }
  Result<void> take_tokens() {
    ASSIGN_OR_RETURN(out_.tokens, load_tokens(out_.config.tokens));
    return {};
  }
  Result<void> take_revoked() {
    ASSIGN_OR_RETURN(out_.revoked, api::RevocationFile::load(out_.config.revoked));
    return {};
  }
  Result<void> take_server() {
    api::ServerOptions options = out_.config.server;
    ASSIGN_OR_RETURN(options.connections_max,
                     connections_within(raise_descriptor_limit(), out_.config));
    out_.connections_max = options.connections_max;
    return take(running_.server.prepare_reload(options));
  }

  const Reloading& running_;
  Prepared out_;
  std::vector<Error> problems_;
};

/// Who is let in by the new configuration. Issuers that did not change go on with what they have fetched and verified.
api::AccessRules new_rules(const Reloading& running, const Prepared& next) {
  const Config& fresh = next.config;
  api::Journal& journal = running.access.journal();
  api::AccessRules rules = *running.access.rules();
  rules.tokens = std::make_shared<const api::Tokens>(next.tokens);
  if (fresh.revoked != running.config.revoked)
    rules.revoked = fresh.revoked.empty() ? nullptr
                                          : std::make_shared<api::RevocationFile>(
                                                fresh.revoked, journal, next.revoked);
  // Each time: the tables may stand in another order, and each issuer's keys stay with it.
  running.issuers = open_issuers(fresh.issuers, journal, running.config.issuers, running.issuers);
  rules.issuers = std::make_shared<api::Issuers>(running.issuers);
  rules.limits = fresh.limits;
  rules.clients = fresh.clients;
  return rules;
}

std::vector<LogConfig> logs_that_join(const Config& before, const Config& after) {
  std::vector<LogConfig> out;
  for (const LogConfig& log : after.logs)
    if (!find_log(before, log.name)) out.push_back(log);
  return out;
}

std::string joined(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out.append(out.empty() ? "" : ", ").append(name);
  return out;
}

std::optional<api::Tokens> refuse_reload(const Reloading& running,
                                         const std::vector<Error>& problems) {
  for (const Error& problem : problems)
    running.access.journal().error(
        "reload_refused", problem.message +
                              ": nothing has changed; mend it, look with varved check-config, and "
                              "send SIGHUP again");
  running.access.metrics().reloaded(false);
  return std::nullopt;
}

/// Serves the logs that are new. What counts has them if they are served.
void serve_more(const Reloading& running, Config whole, const api::Tokens& tokens,
                ChangedKeys& changed) {
  const std::vector<LogConfig> logs = logs_that_join(running.config, whole);
  std::vector<Error> problems;
  if (!logs.empty()) running.serve_more(whole, tokens, logs, problems);
  if (problems.empty())
    running.config = std::move(whole);
  else
    for (const LogConfig& log : logs)
      std::erase(changed.reloaded, "[[log]] " + log.name + " (added)");
  for (const Error& problem : problems)
    running.access.journal().error(
        "log_not_opened",
        problem.message +
            ": no new log is served, and all else of the configuration counts; mend it, look with "
            "varved check-config, and send SIGHUP again");
  running.access.metrics().reloaded(problems.empty());
}

void tell(const Reloading& running, const ChangedKeys& changed, std::size_t lines) {
  api::Journal& journal = running.access.journal();
  journal.write(api::Level::kInfo, "reloaded",
                {{"changed", joined(changed.reloaded)}, {"tokens", lines}});
  if (!changed.waiting.empty())
    journal.write(api::Level::kWarning, "restart_needed",
                  {{"message", "varved takes these up when it starts the next time: " +
                                   joined(changed.waiting)}});
}

/// `forgives`: the file of revocations was taken out.
void warn_of(const Reloading& running, const Prepared& next, bool forgives) {
  api::Journal& journal = running.access.journal();
  const auto warn = [&](std::string_view event, const std::string& message) {
    journal.write(api::Level::kWarning, event, {{"message", message}});
  };
  if (next.connections_max < running.config.server.connections_max)
    warn("connections_limited",
         "this process may open too few files for connections_max: there are at most " +
             std::to_string(next.connections_max) + " connections; raise LimitNOFILE= and restart");
  if (forgives)
    warn("revocations_left_out",
         "the configuration names no file revoked any more: access that was ended by it is there "
         "again");
}

}  // namespace

api::ListenersOptions listeners_options(const Config& config) {
  api::ListenersOptions out;
  out.listeners = config.listeners;
  out.threads = config.server.threads;
  out.bytes_per_second_min = config.server.bytes_per_second_min;
  out.timeouts = config.server.timeouts;
  return out;
}

void look_at_outbound_authorities(const Config& config, api::ShownCertificates& certificates) {
  const auto look = [&](const std::string& use, const std::string& path) {
    if (path.empty()) return;
    if (auto authorities = authorities_in(path)) certificates.trust(use, std::move(*authorities));
  };
  for (const IssuerConfig& issuer : config.issuers)
    look("issuer " + issuer.options.issuer, issuer.keys_url.peer.ca_file);
  for (const LogConfig& log : config.logs)
    look("witnesses of log " + log.name, log.witnesses.ca_file);
}

std::optional<api::Tokens> reload_configuration(const Reloading& running) {
  api::Access& access = running.access;
  auto fresh = load_config(running.path);
  if (!fresh) return refuse_reload(running, {fresh.error()});
  ChangedKeys changed = changed_keys(*running.config.file, *fresh->file);
  auto counting = reloaded_config(running.config, *fresh);
  if (!counting) return refuse_reload(running, {counting.error()});
  std::vector<Error> problems;
  Prepared next = Preparation(running, std::move(*counting)).run(problems);
  if (!problems.empty()) return refuse_reload(running, problems);

  const auto before =
      access.rules();  // what goes with it does so on this thread, and keeps no request waiting
  const api::Level level = access.journal().least();
  access.replace(new_rules(running, next));
  for (const std::function<void()>& change : next.changes) change();
  for (const IssuerConfig& issuer : running.config.issuers)
    access.certificates().trust("issuer " + issuer.options.issuer, {});
  const bool forgives = !running.config.revoked.empty() && next.config.revoked.empty();
  Config whole = next.config;
  leave_out_logs(next.config, logs_that_join(running.config, next.config));
  running.config = std::move(next.config);
  // Whatever the level: who has changed what a server does is never left out.
  access.journal().set_least(std::min({level, running.config.log_level, api::Level::kInfo}));
  serve_more(running, std::move(whole), next.tokens, changed);
  look_at_outbound_authorities(running.config, access.certificates());
  tell(running, changed, next.tokens.size());
  warn_of(running, next, forgives);
  access.journal().set_least(running.config.log_level);
  return std::move(next.tokens);
}

}  // namespace varve::tools
