// The steps. None of them waits for anything but a mutex.
#include "api/access/access.h"

#include <algorithm>
#include <string>
#include <utility>

#include "api/access/authenticate.h"

namespace varve::api {
namespace {

constexpr int kServersFault = 500;  // from this status on
constexpr std::uint64_t kMicrosecondsPerSecond = 1'000'000;

Asker asker_of(const Caller& caller) {
  const bool anonymous = caller.identity == nullptr;
  return {anonymous, anonymous ? caller.peer : caller.client};
}

/// Whose rate it is. Whoever is only said to be a client takes nothing from one that has proven it.
std::string rate_name(const Caller& caller) {
  return caller.identity ? caller.client : "listener " + caller.client;
}

format::Reader reader_of(const Caller& caller) {
  format::Reader reader;
  reader.address = format::report_value(caller.peer);
  if (!caller.identity) return reader;
  const Identity& who = *caller.identity;
  reader.client = format::report_value(who.client);
  reader.proof = proof_name(who.proof);
  reader.credential = who.credential_id;
  reader.subject = format::report_value(who.subject);
  reader.issuer = format::report_value(who.issuer);
  reader.token_id = format::report_value(who.jti);
  return reader;
}

ReadBy read_by(const Caller& caller) {
  const bool breaks_glass = intersects(caller.authority.whole, Roles::kBreakGlass);
  return breaks_glass ? ReadBy::kBreakGlass : ReadBy::kAnybody;
}

}  // namespace

Access::Access(AccessOptions options, Tokens tokens, Journal& journal)
    : logs_(std::move(options.logs)),
      journal_(journal),
      clock_(*options.clock),
      gate_(options.limits),
      reads_(logs_, clock_, journal_, options.reads),
      metrics_(
          logs_, journal_, [this] { return rules()->issuers; }, reads_, certificates_),
      workers_(options.workers) {
  AccessRules rules;
  rules.tokens = std::make_shared<const Tokens>(std::move(tokens));
  if (!options.revoked.empty())
    rules.revoked = std::make_shared<RevocationFile>(options.revoked, journal);
  rules.issuers = std::make_shared<Issuers>(std::move(options.issuers));
  rules.limits = options.limits;
  rules.clients = std::move(options.clients);
  replace(std::move(rules));
}

// Whoever had a rate before may have owed more than it now could.
void Access::replace(AccessRules rules) {
  CHECK(rules.tokens && rules.issuers);
  const ClientRules& clients = rules.clients;
  const bool paced = !clients.each_address.none() || !clients.each_client.none() ||
                     std::ranges::any_of(clients.clients, [&](const auto& one) {
                       return !clients.limits_of(one.first).none();
                     });
  gate_.set(rules.limits);
  auto fresh = std::make_shared<const AccessRules>(std::move(rules));
  const MutexLock lock(rules_mutex_);
  rules_ = std::move(fresh);
  paced_ = paced;
  addresses_.forget();
  clients_.forget();
}

Result<void> Access::serve_more(std::vector<HostedLog> more) {
  if (!logs_.has_room_for(more.size()))
    return full("no more than " + std::to_string(HostedLogs::kJoinMax) +
                " logs join a server while it runs: restart it");
  auto taken = reads_.add(logs_.add(std::move(more)));
  if (taken)
    logs_.show();
  else
    logs_.take_back();
  return taken;
}

std::shared_ptr<const AccessRules> Access::rules() const {
  const MutexLock lock(rules_mutex_);
  return rules_;
}

void Access::warn_of_certificates() {
  for (const std::string& trouble :
       certificates_.troubles(clock_.now_us() / kMicrosecondsPerSecond))
    journal_.write(Level::kWarning, "certificate_ends", {{"message", trouble}});
}

void Access::refuse_credential(std::string_view peer, const Identity& who,
                               std::string_view reason) {
  metrics_.authenticated(who.proof, false);
  journal_.write(Level::kWarning, "credential_refused",
                 {{"proof", proof_name(who.proof)},
                  {"client", who.client},
                  {"peer", peer},
                  {"message", reason}});
}

void Access::refused_certificate(std::string_view peer, std::string_view reason) {
  Identity nobody;
  nobody.proof = Proof::kCertificate;
  refuse_credential(peer, nobody, reason);
}

std::optional<Refusal> Access::recognise(Caller& caller,
                                         std::optional<std::string_view> credential) {
  if (!credential && !caller.certificate) return NoCredential{};
  const std::shared_ptr<const AccessRules> rules = this->rules();
  auto found = authenticate(*rules->tokens, *rules->issuers, {credential, caller.certificate.get()},
                            clock_.now_us() / kMicrosecondsPerSecond);
  if (const auto* denied = std::get_if<Denied>(&found)) {
    Identity nobody;
    nobody.proof = denied->tried;
    refuse_credential(caller.peer, nobody, denied->reason);
    return UnknownCredential{};
  }
  SharedIdentity identity = std::move(*std::get_if<SharedIdentity>(&found));
  if (rules->revoked && rules->revoked->covers(*identity)) {
    refuse_credential(caller.peer, *identity, "the access of this credential was revoked");
    return UnknownCredential{};
  }
  if (!rules->clients.lets_in(identity->client, caller.address)) {
    refuse_credential(caller.peer, *identity, "this client may not come from this address");
    return UnknownCredential{};
  }
  metrics_.authenticated(identity->proof, true);
  caller.client = identity->client;
  caller.identity = std::move(identity);
  return std::nullopt;
}

std::optional<Refusal> Access::identify(Caller& caller, const Needs& needs, const HostedLog& hosted,
                                        std::optional<std::string_view> credential) {
  if (is_everybodys(needs.rights, false)) return std::nullopt;
  const bool open = is_everybodys(needs.rights, hosted.open_reads);
  if (open && !credential && !caller.certificate) return std::nullopt;
  auto refusal = recognise(caller, credential);
  if (refusal) return open && !credential ? std::nullopt : std::move(refusal);
  caller.authority = caller.identity->on(hosted.name);
  if (open) return std::nullopt;
  return judge(caller, hosted, needs.rights, Asked::kAtTheDoor, std::nullopt);
}

std::optional<Refusal> Access::permit(const Caller& caller, const HostedLog& hosted, Rights right,
                                      std::optional<std::string_view> source) {
  return judge(caller, hosted, right, Asked::kOfSource, source);
}

std::optional<Refusal> Access::judge(const Caller& caller, const HostedLog& hosted, Rights rights,
                                     Asked asked, std::optional<std::string_view> source) {
  if (has_one(rights, caller.authority, asked, source)) return std::nullopt;
  journal_.write(Level::kWarning, "request_denied",
                 {{"log", hosted.name},
                  {"client", caller.client},
                  {"peer", caller.peer},
                  {"source", source.value_or("")},
                  {"message", explain_denial(rights, caller.authority)}});
  return NotAllowed{};
}

std::optional<Refusal> Access::presume(Caller& caller, const Needs& needs, const HostedLog& hosted,
                                       const std::string& client) {
  Identity presumed;
  presumed.client = client;
  const std::shared_ptr<const AccessRules> rules = this->rules();
  if (rules->revoked && rules->revoked->covers(presumed)) return UnknownCredential{};
  if (!rules->clients.lets_in(client, caller.address)) {
    journal_.write(Level::kWarning, "request_denied",
                   {{"log", hosted.name},
                    {"client", client},
                    {"peer", caller.peer},
                    {"message", "this client may not come from this address"}});
    return UnknownCredential{};
  }
  caller.client = client;
  caller.authority = {Roles::kAppend};
  return judge(caller, hosted, needs.rights, Asked::kAtTheDoor, std::nullopt);
}

format::Sender sender_of(const Caller& caller) {
  const bool proven = caller.identity != nullptr;
  return {proven ? format::SenderKind::kClient : format::SenderKind::kListener, caller.client};
}

Refusal Access::refuse_name(Caller& caller) {
  refuse_credential(caller.peer, *caller.identity,
                    "the name that was sent beside this credential is not its own");
  caller.client.clear();
  caller.identity.reset();
  caller.authority = {};
  return UnknownCredential{};
}

std::optional<Refusal> Access::enter_rate(Caller& caller, Limit limit, std::uint64_t wait_ms) {
  if (wait_ms == 0) return std::nullopt;
  caller.way.limited(limit);
  return TooFast{limit, wait_ms};
}

std::optional<Refusal> Access::arrive(Caller& caller) {
  if (!paced_) return std::nullopt;
  const RateLimits limits =
      rules()->clients.each_address;  // a copy: a reload may let go of the rules
  return enter_rate(caller, Limit::kAddressRate,
                    addresses_.enter(caller.peer, limits, clock_.steady_ms()));
}

void Access::charge(const Caller& caller, std::uint64_t bytes) {
  if (!paced_) return;
  const std::shared_ptr<const AccessRules> rules = this->rules();
  const std::uint64_t now_ms = clock_.steady_ms();
  addresses_.charge_bytes(caller.peer, rules->clients.each_address, bytes, now_ms);
  if (!caller.client.empty())
    clients_.charge_bytes(rate_name(caller), rules->clients.limits_of(caller.client), bytes,
                          now_ms);
}

std::optional<TooFast> Access::pause_before(const Caller& caller, std::uint64_t bytes) {
  if (!paced_) return std::nullopt;
  const std::shared_ptr<const AccessRules> rules = this->rules();
  const std::uint64_t now_ms = clock_.steady_ms();
  const std::uint64_t of_address =
      caller.address ? addresses_.wait_for_bytes(caller.peer, rules->clients.each_address, now_ms)
                     : 0;
  const std::uint64_t of_client =
      clients_.wait_for_bytes(rate_name(caller), rules->clients.limits_of(caller.client), now_ms);
  if (of_address != 0 && of_address >= of_client) return TooFast{Limit::kAddressRate, of_address};
  if (of_client != 0) return TooFast{Limit::kClientRate, of_client};
  charge(caller, bytes);
  return std::nullopt;
}

std::optional<Refusal> Access::take_turn(Caller& caller, const Needs& needs) {
  if (needs.share == Share::kNone || !paced_ || caller.client.empty()) return std::nullopt;
  const RateLimits limits = rules()->clients.limits_of(caller.client);
  return enter_rate(caller, Limit::kClientRate,
                    clients_.enter(rate_name(caller), limits, clock_.steady_ms()));
}

std::optional<Refusal> Access::let_in(Caller& caller, const Needs& needs, std::uint64_t announced) {
  if (needs.share == Share::kNone) return std::nullopt;
  Gate::Entry entry = gate_.enter(asker_of(caller), announced);
  if (const auto* limit = std::get_if<Limit>(&entry)) {
    caller.way.limited(*limit);
    return *limit;
  }
  caller.pass = std::move(*std::get_if<std::unique_ptr<Gate::Pass>>(&entry));
  caller.announced = announced;
  charge(caller, announced);
  return std::nullopt;
}

std::optional<Limit> Access::hold(Caller& caller, std::uint64_t bytes) {
  if (!caller.pass) return std::nullopt;
  const auto limit = caller.pass->hold(bytes);
  if (limit) caller.way.limited(*limit);
  return limit;
}

Result<void> Access::put_on_record(const Caller& caller, const HostedLog& hosted,
                                   const ReadAnswer& answer) {
  return reads_.take(hosted, reader_of(caller), answer);
}

void Access::put_on_record(const Caller& caller, const HostedLog& hosted, const ReadAnswer& answer,
                           Recorded recorded) {
  reads_.take(hosted, reader_of(caller), answer, read_by(caller), std::move(recorded));
}

bool Access::waits_for_record(const Caller& caller) const {
  return reads_.answers_once_recorded() || read_by(caller) == ReadBy::kBreakGlass;
}

void Access::put_on_record(const Caller& caller, const HostedLog& hosted, std::string_view method,
                           std::string_view route, const Refusal& refusal) {
  reads_.take(hosted, format::Refused{std::string(reason_name(refusal)), std::string(method),
                                      std::string(route), format::report_value(caller.peer),
                                      format::report_value(caller.client)});
}

std::uint64_t Access::reads_waiting(const Caller& caller, const HostedLog& hosted) const {
  return reads_.waiting(hosted, reader_of(caller));
}

void Access::charge_body(const Caller& caller, std::uint64_t bytes) {
  if (bytes > caller.announced) charge(caller, bytes - caller.announced);
}

void Access::finished(const Caller& caller, const Outcome& outcome) {
  caller.way.finished(outcome);
  charge_body(caller, outcome.bytes_in);
  journal_.write(outcome.status >= kServersFault ? Level::kWarning : Level::kInfo, "request",
                 {{"method", outcome.method},
                  {"route", outcome.route},
                  {"log", outcome.log},
                  {"client", caller.client},
                  {"status", static_cast<std::uint64_t>(outcome.status)},
                  {"bytes_in", outcome.bytes_in},
                  {"bytes_out", outcome.bytes_out},
                  {"us", static_cast<std::uint64_t>(outcome.seconds * 1e6)}});
}

void Access::work(const Caller& caller, Share share, TaskQueue::Task task, TaskKind kind) {
  Asker asker = asker_of(caller);
  if (share == Share::kNone) asker.name.append(" status");  // a turn of its own
  workers_.post(asker, std::move(task), kind);
}

}  // namespace varve::api
