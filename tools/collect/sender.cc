// One batch at a time:
//   send -> 201/200 -> receipt checked -> receipt durable -> acknowledged -> next
//        -> 429, 5xx, no answer -> wait -> the same bytes again
//        -> anything else -> stop; the batch stays in the spool
#include "tools/collect/sender.h"

#include <algorithm>
#include <chrono>
#include <thread>

#include "ledger/base/trouble.h"
#include "ledger/env/durable.h"
#include "tools/collect/layout.h"
#include "tools/collect/receipts.h"

namespace varve::collect {
namespace {

constexpr std::uint64_t kIdleMs = 1'000;
constexpr std::uint64_t kSliceMs = 50;  // how late stop() may be noticed

}  // namespace

void Sender::stop() {
  stopped_ = true;
  parts_.spool.wake();
}

void Sender::no_more() {
  no_more_ = true;
  parts_.spool.wake();
}

SendCount Sender::sent() const {
  return {batches_, events_, retries_};
}

Result<void> Sender::run() {
  last_progress_ms_ = parts_.clock.steady_ms();
  while (!stopped_) {
    const bool last = no_more_;  // asked first: what was spooled before it is seen below
    if (const auto pending = parts_.spool.first_pending()) {
      RETURN_IF_ERROR(send(pending->sequence));
      continue;
    }
    RETURN_IF_ERROR(parts_.spool.tidy());
    if (last) return {};
    last_progress_ms_ = parts_.clock.steady_ms();
    parts_.spool.wait_for_change(kIdleMs);
  }
  return parts_.spool.tidy();
}

Result<void> Sender::send(std::uint64_t sequence) {
  ASSIGN_OR_RETURN(Buffer bytes, parts_.spool.batch(sequence));
  ASSIGN_OR_RETURN(const format::SealedBatch batch, format::decode_batch(std::move(bytes)));
  while (!stopped_) {
    const auto answer = parts_.log.post("/batches", format::kBatchMediaType, batch.bytes);
    const Verdict verdict = judge(answer);
    Result<void> done;
    if (verdict.next == Next::kStored) {
      done = accept(batch, answer->body);
      if (done) return done;
    } else if (verdict.next == Next::kResend) {
      done = expected_instead(sequence, verdict.sequence);
    } else {
      done = verdict.error;
    }
    const bool again = done || verdict.next == Next::kRetry || done.error().code == Code::kBusy ||
                       done.error().code == Code::kFull;
    if (!again) return std::move(done).error().during("sending batch " + std::to_string(sequence));
    RETURN_IF_ERROR(retry_later(done ? verdict.error : done.error(), verdict.wait_at_least_ms));
  }
  return {};
}

Result<void> Sender::accept(const format::SealedBatch& batch, const std::string& json) {
  const std::uint64_t sequence = batch.seal.sequence;
  Result<void> holds = verify(batch, json);
  if (!holds && holds.error().code == Code::kCorrupt) {  // perhaps signed by a newer key
    const Result<void> refreshed = parts_.keys.refresh(parts_.log);
    if (!refreshed && refreshed.error().code == Code::kBusy) return refreshed;
    if (refreshed) holds = verify(batch, json);
  }
  if (!holds) return keep_as_evidence(sequence, json, std::move(holds).error());
  RETURN_IF_ERROR(store_receipt(parts_.files, sequence, json, batch.leaves));
  batches_ += 1;
  events_ += batch.seal.count;
  failures_ = 0;
  last_progress_ms_ = parts_.clock.steady_ms();
  return parts_.spool.acknowledged(sequence);
}

Result<void> Sender::verify(const format::SealedBatch& batch, const std::string& json) {
  ASSIGN_OR_RETURN(const format::Receipt receipt, format::parse_receipt(json));
  return format::verify_receipt(receipt, parts_.keys.origin(),
                                parts_.keys.known_at(receipt.tree_size), batch.leaves);
}

Result<void> Sender::keep_as_evidence(std::uint64_t sequence, const std::string& json, Error why) {
  const std::string path = receipt_path(sequence) + ".refused";
  RETURN_IF_ERROR(env::write_durably(parts_.files, path, bytes_of(json)));
  return corrupt("the log's receipt does not hold: " + why.message + "; it is kept in " + path);
}

// Batches are sent one after the other, so another number than ours means that one side was set
// back to an earlier time, or that two collectors share one key.
Result<void> Sender::expected_instead(std::uint64_t sequence, std::uint64_t expected) {
  if (expected == sequence) return {};
  const std::string numbers = "the log expects batch " + std::to_string(expected) +
                              " of this source and the spool begins with " +
                              std::to_string(sequence);
  if (expected > sequence)
    return worm(numbers + ": another directory sends as this source, or this one is an old copy");
  for (std::uint64_t again = expected; again < sequence; ++again) {
    Result<Buffer> bytes = parts_.spool.sent_batch(again);
    if (!bytes && is_trouble(bytes.error())) return std::move(bytes).error();
    if (!bytes)
      return corrupt(numbers + ": it lost what it acknowledged, and batch " +
                     std::to_string(again) + " is not here any more; receipts/ is the evidence");
    const auto answer = parts_.log.post("/batches", format::kBatchMediaType, *bytes);
    const Verdict verdict = judge(answer);
    if (verdict.next != Next::kStored) return verdict.error;
    parts_.say("the log asked again for batch " + std::to_string(again) +
               ", which it had acknowledged; its first receipt is kept");
  }
  return {};
}

Result<void> Sender::retry_later(const Error& why, std::uint64_t at_least_ms) {
  failures_ += 1;
  retries_ += 1;
  std::uint64_t wait = backoff_ms(failures_, at_least_ms, parts_.random);
  const std::uint64_t idle = parts_.clock.steady_ms() - last_progress_ms_;
  if (parts_.patience_ms != 0) {
    if (idle >= parts_.patience_ms)
      return busy("no progress for " + std::to_string(idle / 1'000) +
                  " s, what is not sent stays in the spool; last: " + why.message);
    wait = std::min(wait, parts_.patience_ms - idle);
  }
  if (failures_ == 1 || failures_ % 10 == 0) parts_.say("waiting to send: " + why.message);
  pause(wait);
  return {};
}

void Sender::pause(std::uint64_t ms) const {
  const std::uint64_t until = parts_.clock.steady_ms() + ms;
  while (!stopped_ && parts_.clock.steady_ms() < until)
    std::this_thread::sleep_for(std::chrono::milliseconds(std::min(kSliceMs, ms)));
}

}  // namespace varve::collect
