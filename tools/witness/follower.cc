// One log after the other. What a server shows is believed only as far as its proofs reach, and only in a tree that
// begins with what was cosigned.
#include "tools/witness/follower.h"

#include <algorithm>
#include <utility>

#include "ledger/format/json.h"
#include "ledger/verify/cosigning.h"
#include "ledger/verify/json_members.h"
#include "ledger/verify/open_keys.h"
#include "tools/client/problem.h"

namespace varve::tools {
namespace {

constexpr std::uint64_t kAskedAgainMs = 5'000;
constexpr std::uint64_t kLookedAgainMs = 3'600'000;
constexpr std::uint32_t kConnectMs = 5'000;
constexpr std::uint32_t kSilenceMs = 10'000;
constexpr std::size_t kAnswerMax = 4u << 20;

Result<std::optional<format::SignedCheckpoint>> cosigned_last(const witness::Witness& witness,
                                                              const witness::SharedLog& log) {
  ASSIGN_OR_RETURN(auto note, witness.checkpoint(log->id));
  if (!note) return std::optional<format::SignedCheckpoint>{};
  ASSIGN_OR_RETURN(const format::Note parsed, format::parse_note(*note));
  ASSIGN_OR_RETURN(format::Checkpoint checkpoint, format::parse_checkpoint_text(parsed.text));
  return std::optional(format::SignedCheckpoint{std::move(checkpoint), std::move(*note)});
}

/// By the history that was just proven.
bool is_evidence_of(const witness::SharedLog& log, const verify::VerifiedKeys& keys,
                    const format::Contradiction& contradiction) {
  witness::KnownLog known = *log;
  known.proven = keys;
  return witness::is_evidence(known, contradiction);
}

Result<merkle::Proof> ask_proof(client::HttpClient& server, TreeSize from, TreeSize to) {
  if (from == TreeSize{} || from >= to) return merkle::Proof{};
  ASSIGN_OR_RETURN(
      const auto answer,
      client::expect_success(server.get("/proof/consistency?from=" + std::to_string(from.value) +
                                        "&to=" + std::to_string(to.value))));
  ASSIGN_OR_RETURN(const format::Json json, format::Json::parse(answer.body));
  return verify::proof_member(json);
}

}  // namespace

Follower::Follower(std::string ca, env::Clock& clock, api::Journal& journal)
    : ca_(std::move(ca)), clock_(clock), journal_(journal) {}

Follower::~Follower() {
  stop();
}

void Follower::start(witness::Witness& witness) {
  thread_ = std::thread([this, &witness] { run(witness); });
}

void Follower::ask(const std::string& origin, bool key_is_known) {
  const MutexLock lock(mutex_);
  const std::uint64_t now_ms = clock_.steady_ms();
  const auto [asked, is_first] = asked_ms_.try_emplace({origin, key_is_known}, now_ms);
  const std::uint64_t pause_ms = key_is_known ? kLookedAgainMs : kAskedAgainMs;
  if (!is_first && now_ms - asked->second < pause_ms) return;
  asked->second = now_ms;
  if (std::ranges::find(waiting_, origin) == waiting_.end()) waiting_.push_back(origin);
  changed_.notify_all();
}

void Follower::stop() {
  cancelled_ = true;
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

void Follower::run(witness::Witness& witness) {
  for (;;) {
    std::string origin;
    {
      const MutexLock lock(mutex_);
      while (waiting_.empty() && !stopping_) changed_.wait(mutex_);
      if (stopping_) return;
      origin = std::move(waiting_.front());
      waiting_.pop_front();
    }
    const witness::SharedLog log = witness.find_log(origin);
    if (log == nullptr || log->listed.url.empty()) continue;
    const auto followed = follow(witness, log);
    if (followed && *followed)
      journal_.write(api::Level::kInfo, "keys_followed", {{"origin", origin}});
    else if (!followed && !cancelled_)
      journal_.write(api::Level::kWarning, "keys_not_followed",
                     {{"origin", origin}, {"message", followed.error().message}});
  }
}

Result<bool> Follower::follow(witness::Witness& witness, const witness::SharedLog& log) {
  ASSIGN_OR_RETURN(const client::Url url, client::parse_url(log->listed.url));
  client::HttpOptions options;
  options.ca_file = ca_;
  options.connect_timeout_ms = kConnectMs;
  options.io_timeout_ms = kSilenceMs;
  options.response_max_bytes = kAnswerMax;
  options.cancelled = &cancelled_;
  ASSIGN_OR_RETURN(client::HttpClient server, client::HttpClient::open(url, options));
  ASSIGN_OR_RETURN(const auto answer, client::expect_success(server.get("/keys")));
  ASSIGN_OR_RETURN(verify::VerifiedKeys keys,
                   verify::open_keys(answer.body, log->listed.keys.front()));
  ASSIGN_OR_RETURN(const auto kept, cosigned_last(witness, log));
  const format::SignedCheckpoint& under = keys.under;
  const TreeSize size = kept ? kept->checkpoint.size : TreeSize{};
  if (under.checkpoint.size < size)
    return busy("its server shows an older tree than the one that was cosigned");
  ASSIGN_OR_RETURN(merkle::Proof proof, ask_proof(server, size, under.checkpoint.size));
  const auto judged = verify::judge_cosigning(kept, {size, std::move(proof), under.note}, under);
  if (judged.contradiction && is_evidence_of(log, keys, *judged.contradiction)) {
    RETURN_IF_ERROR(witness.accuse(log, *judged.contradiction));
    return corrupt("its server shows another history than the one that was cosigned");
  }
  if (judged.verdict != verify::CosigningVerdict::kCosign)
    return corrupt("its server does not prove that its tree begins with the one that was cosigned");
  return witness.learn(log, answer.body, std::move(keys));
}

}  // namespace varve::tools
