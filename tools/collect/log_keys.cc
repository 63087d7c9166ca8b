// Asking for the keys of the log, and remembering what was proven.
#include "tools/collect/log_keys.h"

#include <algorithm>
#include <span>

#include "ledger/env/durable.h"
#include "ledger/verify/open_keys.h"
#include "tools/client/problem.h"
#include "tools/collect/layout.h"

namespace varve::collect {
namespace {

constexpr std::size_t kReplyMax = 64u << 20;

/// What the answer of GET /logs/NAME/keys proves, walked from the first key.
Result<rules::KeyTimeline> verify_keys(std::string_view reply, const format::VerifierKey& first) {
  ASSIGN_OR_RETURN(verify::VerifiedKeys keys, verify::open_keys(reply, first));
  return std::move(keys.timeline);
}

}  // namespace

LogKeys::LogKeys(env::Filesystem& files, format::VerifierKey first)
    : files_(files), first_(std::move(first)), known_{first_}, timeline_(first_) {}

Result<LogKeys> LogKeys::load(env::Filesystem& files, format::VerifierKey first) {
  LogKeys keys(files, std::move(first));
  Result<Buffer> stored = env::read_whole(files, kLogKeysPath, kReplyMax);
  if (!stored && stored.error().code == Code::kNotFound) return keys;
  if (!stored) return std::move(stored).error();
  auto timeline = verify_keys(text_of(*stored), keys.first_);
  if (!timeline)
    return corrupt(std::string(kLogKeysPath) +
                   " does not follow from the log's first key: " + timeline.error().message);
  keys.take(std::move(*timeline));
  return keys;
}

void LogKeys::take(rules::KeyTimeline timeline) {
  known_ = timeline.history().all();
  timeline_ = std::move(timeline);
}

std::vector<format::VerifierKey> LogKeys::known_at(TreeSize size) const {
  std::vector<format::VerifierKey> known = known_;
  std::erase_if(known, [&](const auto& key) { return !timeline_.history().counts(key, size); });
  return known;
}

Result<LogKeys::Shown> LogKeys::ask(client::HttpClient& log) const {
  ASSIGN_OR_RETURN(client::HttpResponse reply, client::expect_success(log.get("/keys")));
  ASSIGN_OR_RETURN(rules::KeyTimeline timeline, verify_keys(reply.body, first_));
  const std::vector<format::VerifierKey>& all = timeline.history().all();
  if (all.size() < known_.size() ||
      !std::ranges::equal(known_, std::span(all).first(known_.size())))
    return corrupt("the log no longer shows a key that it proved before");
  return Shown{std::move(reply.body), std::move(timeline)};
}

Result<void> LogKeys::refresh(client::HttpClient& log) {
  ASSIGN_OR_RETURN(Shown shown, ask(log));
  RETURN_IF_ERROR(env::write_durably(files_, kLogKeysPath, bytes_of(shown.reply)));
  take(std::move(shown.timeline));
  return {};
}

Result<void> LogKeys::look(client::HttpClient& log) {
  ASSIGN_OR_RETURN(Shown shown, ask(log));
  take(std::move(shown.timeline));
  return {};
}

}  // namespace varve::collect
