// One log after the other. What a server shows is believed only as far as its proofs reach: Witness::learn judges it.
#include "tools/witness/follower.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "ledger/base/text.h"
#include "ledger/format/json.h"
#include "ledger/merkle/tree.h"
#include "ledger/verify/json_members.h"
#include "ledger/verify/open_keys.h"
#include "tools/client/problem.h"

namespace varve::tools {
namespace {

constexpr std::uint64_t kAskedAgainMs = 5'000;
constexpr std::uint64_t kLookedAgainMs = 3'600'000;
// Of two exchanges: no server keeps the others waiting for longer than half a minute.
constexpr std::uint32_t kConnectMs = 2'500;
constexpr std::uint32_t kSilenceMs = 5'000;
constexpr std::uint32_t kExchangeMs = 10'000;
constexpr std::size_t kAnswerMax = 4u << 20;
constexpr int kTries = 3;  // of a log that gets cosignatures meanwhile

Result<merkle::Proof> ask_proof(client::HttpClient& server, TreeSize from, TreeSize to) {
  if (from == TreeSize{} || from >= to) return merkle::Proof{};
  ASSIGN_OR_RETURN(
      const auto answer,
      client::expect_success(server.get("/proof/consistency?from=" + std::to_string(from.value) +
                                        "&to=" + std::to_string(to.value))));
  ASSIGN_OR_RETURN(const format::Json json, format::Json::parse(answer.body));
  return verify::proof_member(json);
}

/// The root of the first `from` records. The path of the first record leads over it.
Result<Hash> ask_beginning(client::HttpClient& server, TreeSize from, TreeSize to) {
  ASSIGN_OR_RETURN(const auto answer,
                   client::expect_success(
                       server.get("/proof/inclusion?index=0&size=" + std::to_string(to.value))));
  ASSIGN_OR_RETURN(const format::Json json, format::Json::parse(answer.body));
  ASSIGN_OR_RETURN(const merkle::Proof path, verify::proof_member(json));
  ASSIGN_OR_RETURN(const std::string leaf, json.text("leaf_hash"));
  ASSIGN_OR_RETURN(Hash root, decode_base64_hash(leaf));
  const auto height = static_cast<std::size_t>(std::countr_zero(from.value));
  if (path.size() < height) return corrupt("its proof of the first record is too short");
  for (std::size_t i = 0; i < height; ++i) root = merkle::node_hash(root, path[i]);
  return root;
}

std::uint64_t pause_ms_of(witness::Urgency urgency) {
  if (urgency == witness::Urgency::kNow) return 0;
  return urgency == witness::Urgency::kSoon ? kAskedAgainMs : kLookedAgainMs;
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

void Follower::ask(const std::string& origin, witness::Urgency urgency) {
  const MutexLock lock(mutex_);
  const std::uint64_t now_ms = clock_.steady_ms();
  const auto [asked, is_first] = asked_ms_.try_emplace({origin, urgency}, now_ms);
  if (!is_first && now_ms - asked->second < pause_ms_of(urgency)) return;
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
    auto followed = follow(witness, log);
    for (int i = 1; i < kTries && !followed && followed.error().code == Code::kOutOfOrder; ++i)
      followed = follow(witness, log);
    if (followed && *followed)
      journal_.write(api::Level::kInfo, "keys_followed", {{"origin", origin}});
    else if (!followed && !cancelled_)
      journal_.write(api::Level::kWarning, "keys_not_followed",
                     {{"origin", origin}, {"message", followed.error().message}});
  }
}

/// What was cosigned is looked up first: whatever the server shows behind that is no older, if it is honest.
Result<bool> Follower::follow(witness::Witness& witness, const witness::SharedLog& log) {
  ASSIGN_OR_RETURN(const TreeSize size, witness.cosigned_size(log->id));
  ASSIGN_OR_RETURN(const client::Url url, client::parse_url(log->listed.url));
  client::HttpOptions options;
  options.ca_file = ca_;
  options.connect_timeout_ms = kConnectMs;
  options.io_timeout_ms = kSilenceMs;
  options.exchange_timeout_ms = kExchangeMs;
  options.response_max_bytes = kAnswerMax;
  options.cancelled = &cancelled_;
  ASSIGN_OR_RETURN(client::HttpClient server, client::HttpClient::open(url, options));
  ASSIGN_OR_RETURN(const auto answer, client::expect_success(server.get("/keys")));
  ASSIGN_OR_RETURN(verify::VerifiedKeys keys,
                   verify::open_keys(answer.body, log->listed.keys.front()));
  ASSIGN_OR_RETURN(merkle::Proof proof, ask_proof(server, size, keys.under.checkpoint.size));
  witness::ShownHistory shown{answer.body, std::move(keys), size, std::move(proof)};
  if (std::has_single_bit(size.value) && size < shown.keys.under.checkpoint.size)
    if (auto root = ask_beginning(server, size, shown.keys.under.checkpoint.size))
      shown.beginning = *root;
  return witness.learn(log, std::move(shown));
}

}  // namespace varve::tools
