// Authentication, roles, limits, the journal's line and the metrics: the same for every way into
// the server. A way in (HTTP, or a listener for another protocol) makes a Caller for each request
// and takes it through these steps:
//
//   arrive()         takes from what its address may send in a second; may refuse
//   identify()       checks the credential, and what it allows on the log (rights.h); may refuse
//   take_turn()      takes from what its client may send in a second; may refuse
//   let_in()         takes a share of what may be under way at once; may refuse
//   hold()           counts the bytes of body and answer as they come; may refuse
//   put_on_record()  takes down which events the answer is about (reads.h); may refuse
//   finished()       counts the request and writes its line into the journal
//
// A refusal is a value (refusal.h), which each way in says in its own protocol. This folder knows
// no HTTP: tests/tidy refuses the include.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "api/access/client_rules.h"
#include "api/access/gate.h"
#include "api/access/hosted_logs.h"
#include "api/access/identity.h"
#include "api/access/issuers.h"
#include "api/access/journal.h"
#include "api/access/metrics.h"
#include "api/access/rates.h"
#include "api/access/reads.h"
#include "api/access/refusal.h"
#include "api/access/revocation.h"
#include "api/access/rights.h"
#include "api/access/shown_certificates.h"
#include "api/access/tokens.h"
#include "api/access/workers.h"
#include "ledger/base/mutex.h"
#include "ledger/env/posix.h"
#include "ledger/format/sender.h"

namespace varve::api {

/// Whose share of what may be under way at once a request takes. The server's state and the
/// checkpoint are small and take none, so they are answered when all else is refused.
enum class Share : std::uint8_t { kNone, kAsker };

/// What a request requires.
struct Needs {
  Rights rights = Rights::kNone;  // one of these
  Share share = Share::kAsker;
};

/// Whoever makes one request, and what was found out so far. `way` outlives it.
struct Caller {
  Caller(Traffic& w, std::string p) : way(w), peer(std::move(p)) {}

  Traffic& way;                         // the counters of its way in
  std::string peer;                     // its address, whose share it takes without a credential
  std::optional<Address> address = {};  // the same in full; nullopt: senders of many addresses
  std::uint64_t announced = 0;          // bytes that were charged before they came
  std::string client;       // empty: without a credential, and nobody's word for who it is
  SharedIdentity identity;  // of the client; null: without a credential
  std::shared_ptr<const PeerCertificate> certificate;  // of its connection; null: it showed none
  Authority authority = {};                            // of the client on the log it asks for
  std::unique_ptr<Gate::Pass> pass;  // null: takes no share, or was not let in yet
};

/// Whose events the log says that it sends. Requires that it was identified: whoever showed no credential
/// is the listener's sender, and nobody's word for more.
format::Sender sender_of(const Caller& caller);

/// How one request ended.
struct Outcome {
  std::string_view method;  // static text, like the route
  std::string_view route;   // a pattern, never the path or anything else that was sent
  std::string_view log;     // empty: none
  int status = 0;  // as HTTP counts, whatever the way in: 201 appended, 403 without the role
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
  double seconds = 0;
};

struct AccessOptions {
  std::vector<HostedLog> logs;
  GateLimits limits;
  ClientRules clients = {};
  unsigned workers = 2;
  std::string revoked = {};                 // file of revoked clients; empty: none
  std::vector<IssuerOptions> issuers = {};  // of JWTs
  ReadAnswered reads = ReadAnswered::kBeforeItIsOnRecord;
  env::Clock* clock = &env::posix_clock();
};

/// Who is let in, and how much each may send: what a reload replaces, all of it at once. Immutable.
struct AccessRules {
  std::shared_ptr<const Tokens> tokens;
  std::shared_ptr<RevocationFile> revoked;  // null: nobody is
  std::shared_ptr<Issuers> issuers;         // not null
  GateLimits limits;
  ClientRules clients;
};

/// Thread: any. Outlives every way in. Before it is destroyed, stop reads(), then the logs, because an
/// append that they still hold leads back to a caller's pass; then call stop().
class Access {
 public:
  /// `journal` outlives it.
  Access(AccessOptions options, Tokens tokens, Journal& journal);

  /// Before anything else is known of a request: takes it from what its address may send. Counts a refusal.
  std::optional<Refusal> arrive(Caller& caller);
  /// Fills in client, identity and authority. `credential`: the bearer token that was presented; empty
  /// when something else was, and nullopt when nothing was. Without one the connection's certificate
  /// counts; one that is nobody's is, where anybody may, as none. What the caller lacks is explained in
  /// the journal alone.
  std::optional<Refusal> identify(Caller& caller, const Needs& needs, const HostedLog& hosted,
                                  std::optional<std::string_view> credential);
  /// The part of identify() that asks for no log: fills in client and identity. A credential that is
  /// nobody's, has expired or was revoked, or that its client may not use from there, is explained in
  /// the journal alone.
  std::optional<Refusal> recognise(Caller& caller, std::optional<std::string_view> credential);
  /// In place of identify() where the protocol carries no credential: the configuration says who sends,
  /// and that it may append to this log. The share that it takes is its address's. Refuses a client
  /// that was revoked, or that may not come from there.
  std::optional<Refusal> presume(Caller& caller, const Needs& needs, const HostedLog& hosted,
                                 const std::string& client);
  /// What identify() could not decide yet: whether an identified caller has this very right, now that
  /// its request has said which it needs, and for which source. What it lacks is explained in the
  /// journal alone. `source`: as has_one().
  std::optional<Refusal> permit(const Caller& caller, const HostedLog& hosted, Rights right,
                                std::optional<std::string_view> source = std::nullopt);
  /// Takes back what recognise() filled in: the caller sent another name beside its credential. The
  /// journal alone says so. Requires caller.identity.
  Refusal refuse_name(Caller& caller);
  /// Takes a request from what an identified client may send in a second, if the request takes a share.
  /// Counts a refusal. Whoever comes in no requests, but messages, asks pause_before() instead.
  std::optional<Refusal> take_turn(Caller& caller, const Needs& needs);
  /// Gives the caller a pass, if the request takes a share. `announced`: as Gate::enter. Counts a
  /// refusal.
  std::optional<Refusal> let_in(Caller& caller, const Needs& needs, std::uint64_t announced);
  /// Whether a client that was identified, or presumed, may send messages of so many bytes now, which are charged then
  /// (nullopt), or when. Nothing is refused: whoever reads them waits. Counts nothing.
  std::optional<TooFast> pause_before(const Caller& caller, std::uint64_t bytes);
  /// As Gate::Pass::hold; without a pass nothing is counted. Counts a refusal.
  std::optional<Limit> hold(Caller& caller, std::uint64_t bytes);
  /// Takes down that somebody is about to be answered about events. Errors: as Reads::take: there must be
  /// no answer then.
  Result<void> put_on_record(const Caller& caller, const HostedLog& hosted,
                             const ReadAnswer& answer);
  /// The same where waits_for_record(caller), which calls `recorded`.
  void put_on_record(const Caller& caller, const HostedLog& hosted, const ReadAnswer& answer,
                     Recorded recorded);
  /// Whether an answer to the caller about events waits until `recorded` is called: those of all do where the server is
  /// told so, and those by break-glass.
  [[nodiscard]] bool waits_for_record(const Caller& caller) const;
  /// Takes down that somebody was refused who asked for events. `method` and `route` as in Outcome.
  void put_on_record(const Caller& caller, const HostedLog& hosted, std::string_view method,
                     std::string_view route, const Refusal& refusal);
  /// As Reads::waiting, of the caller.
  [[nodiscard]] std::uint64_t reads_waiting(const Caller& caller, const HostedLog& hosted) const;
  /// Charges a body, whole or not, for what came of it beyond what was announced.
  void charge_body(const Caller& caller, std::uint64_t bytes);
  /// Counts a request that was answered or refused, and writes its line into the journal.
  void finished(const Caller& caller, const Outcome& outcome);
  /// Counts a certificate that the handshake refused, and writes the reason into the journal.
  void refused_certificate(std::string_view peer, std::string_view reason);

  /// Runs on a worker, in the caller's share of them. `task` must not throw.
  void work(const Caller& caller, Share share, TaskQueue::Task task,
            TaskKind kind = TaskKind::kOther);
  /// Finishes what the workers have to do. Requires that the logs and all ways in have stopped.
  void stop() { workers_.stop(); }
  [[nodiscard]] bool is_stopping() const { return workers_.is_stopping(); }

  [[nodiscard]] std::shared_ptr<const AccessRules> rules() const;
  /// From the next request on, also on connections that are open. `rules` are whole.
  void replace(AccessRules rules);
  /// A line for each certificate that the server shows or trusts, and that has a trouble.
  void warn_of_certificates();

  [[nodiscard]] std::span<const HostedLog> logs() const { return logs_.all(); }
  /// Null: there is none of this name.
  [[nodiscard]] const HostedLog* find_log(std::string_view name) const { return logs_.find(name); }
  /// Serves these logs too, from now on: all, or on an error none. What they name outlives this, as what the options
  /// name does. Requires that reads() were started. Thread: one. Errors: kFull  as many joined as may while a server
  /// runs.  As Reads::start.
  Result<void> serve_more(std::vector<HostedLog> more);
  [[nodiscard]] Reads& reads() { return reads_; }
  [[nodiscard]] ShownCertificates& certificates() { return certificates_; }
  [[nodiscard]] Metrics& metrics() { return metrics_; }
  [[nodiscard]] Journal& journal() { return journal_; }

 private:
  void refuse_credential(std::string_view peer, const Identity& who, std::string_view reason);
  std::optional<Refusal> judge(const Caller& caller, const HostedLog& hosted, Rights rights,
                               Asked asked, std::optional<std::string_view> source);
  std::optional<Refusal> enter_rate(Caller& caller, Limit limit, std::uint64_t wait_ms);
  void charge(const Caller& caller, std::uint64_t bytes);

  HostedLogs logs_;
  Journal& journal_;
  env::Clock& clock_;
  Gate gate_;
  Rates addresses_;
  Rates clients_;
  Reads reads_;
  ShownCertificates certificates_;
  Metrics metrics_;
  std::atomic<bool> paced_{false};  // somebody has a rate, so that nobody else pays for the look
  mutable Mutex rules_mutex_;
  std::shared_ptr<const AccessRules> rules_ GUARDED_BY(rules_mutex_);
  Workers workers_;  // last: it finishes its tasks before the rest goes
};

}  // namespace varve::api
