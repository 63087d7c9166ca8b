// One batch at a time:
//   send -> 201/200 -> receipt checked -> receipt durable -> acknowledged -> next
//        -> 429, 5xx, no answer -> wait -> the same bytes again
//        -> anything else -> stop, or wait until an operator has mended it; the batch stays in the
//           spool
#include "tools/collect/sender.h"

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include "ledger/env/durable.h"
#include "tools/collect/layout.h"
#include "tools/collect/receipts.h"

namespace varve::collect {
namespace {

constexpr std::uint64_t kIdleMs = 1'000;
constexpr std::uint64_t kSliceMs = 50;           // how late stop() may be noticed
constexpr std::uint64_t kLastBatchesMs = 2'000;  // after stop()

/// An answer that says nothing of the log: what is between here and there gave it.
std::string not_an_answer(const client::HttpResponse& answer) {
  return "answered " + std::to_string(answer.status) +
         " with something else than the log does (a proxy?)";
}

}  // namespace

void Sender::stop() {
  if (stopped_) return;
  stop_by_ms_ = parts_.clock.steady_ms() + kLastBatchesMs;
  stopped_ = true;
  parts_.spool.wake();
}

bool Sender::ends() const {
  return stopped_ && (gave_up_ || parts_.clock.steady_ms() >= stop_by_ms_);
}

void Sender::no_more() {
  no_more_ = true;
  parts_.spool.wake();
}

SendCount Sender::sent() const {
  return {batches_, events_, retries_, receipt_us_, mending_};
}

Result<void> Sender::run() {
  last_progress_ms_ = parts_.clock.steady_ms();
  while (!ends()) {
    const bool last =
        no_more_ || stopped_;  // asked first: what was spooled before it is seen below
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

Result<client::HttpClient*> Sender::client() {
  if (!log_) {
    ASSIGN_OR_RETURN(client::HttpClient opened, parts_.connect());
    log_.emplace(std::move(opened));
  }
  return &*log_;
}

Result<client::HttpResponse> Sender::post(Bytes batch) {
  ASSIGN_OR_RETURN(client::HttpClient* const log, client());
  return log->post("/batches", format::kBatchMediaType, batch);
}

Result<client::HttpResponse> Sender::get(const std::string& path) {
  ASSIGN_OR_RETURN(client::HttpClient* const log, client());
  return log->get(path);
}

Result<void> Sender::send(std::uint64_t sequence) {
  ASSIGN_OR_RETURN(Buffer bytes, parts_.spool.batch(sequence));
  ASSIGN_OR_RETURN(const format::SealedBatch batch, format::decode_batch(std::move(bytes)));
  bool resent = false;
  while (!ends()) {
    const auto answer = post(batch.bytes);
    const Verdict verdict = judge(answer);
    Result<void> done;
    if (verdict.next == Next::kStored) {
      done = accept(batch, answer->body);
      if (done) return done;
    } else if (verdict.next == Next::kResend) {
      done = expected_instead(sequence, verdict.sequence);
      if (done && !std::exchange(resent, true)) continue;
      if (done) done = busy("the log asks again for what it took a moment ago");
    } else {
      done = verdict.error;
    }
    const Code code = done.error().code;
    const bool again = verdict.next == Next::kRetry || code == Code::kBusy || code == Code::kFull;
    const bool mendable = parts_.waits_to_be_mended && verdict.next == Next::kStop &&
                          code != Code::kWorm && code != Code::kCorrupt;
    if (!again && !mendable)
      return std::move(done).error().during("sending batch " + std::to_string(sequence));
    if (!stopped_ && again)
      RETURN_IF_ERROR(retry_later(done.error(), verdict.wait_at_least_ms));
    else if (!stopped_)
      wait_to_be_mended(done.error());
    gave_up_ = stopped_;
  }
  return {};
}

Result<void> Sender::accept(const format::SealedBatch& batch, const std::string& json) {
  const std::uint64_t sequence = batch.seal.sequence;
  ASSIGN_OR_RETURN(const format::Receipt receipt, verify(batch, json));
  RETURN_IF_ERROR(recall(sequence));
  Result<std::string> consistency = prove_history(batch, receipt);
  if (!consistency && consistency.error().code == Code::kCorrupt)
    return keep_as_evidence(receipt_path(sequence), json, std::move(consistency).error());
  if (!consistency) return std::move(consistency).error();
  RETURN_IF_ERROR(store_receipt(parts_.files, sequence, json, batch.leaves, *consistency));
  held_ = verify::promise_of(sequence, receipt);
  batches_ += 1;
  events_ += batch.seal.count;
  receipt_us_ = parts_.clock.now_us();
  failures_ = 0;
  last_progress_ms_ = parts_.clock.steady_ms();
  if (mending_.exchange(false)) parts_.say("sending goes on");
  return parts_.spool.acknowledged(sequence);
}

/// What holds by itself: signed by a key of the log, with these leaves in its tree. Else it is kept
/// as evidence.
Result<format::Receipt> Sender::verify(const format::SealedBatch& batch, const std::string& json) {
  if (!verify::is_a_receipt(json))
    return busy("the batch was answered with something else than a receipt (by a proxy?)");
  Result<format::Receipt> holds = verify_now(batch, json);
  if (!holds && holds.error().code == Code::kCorrupt) {  // perhaps signed by a newer key
    ASSIGN_OR_RETURN(client::HttpClient* const log, client());
    const Result<void> refreshed = parts_.keys.refresh(*log);
    if (!refreshed && refreshed.error().code != Code::kCorrupt)  // nothing was learned of the key
      return busy("the log's keys cannot be asked for: " + refreshed.error().message);
    if (refreshed) holds = verify_now(batch, json);
  }
  if (holds) return holds;
  return keep_as_evidence(receipt_path(batch.seal.sequence), json, std::move(holds).error())
      .error();
}

Result<format::Receipt> Sender::verify_now(const format::SealedBatch& batch,
                                           const std::string& json) {
  ASSIGN_OR_RETURN(format::Receipt receipt, format::parse_receipt(json));
  RETURN_IF_ERROR(format::verify_receipt(receipt, parts_.keys.origin(),
                                         parts_.keys.known_at(receipt.tree_size), batch.leaves));
  return receipt;
}

/// The promise that the next one is held against.
Result<void> Sender::recall(std::uint64_t batch) {
  if (recalled_) return {};
  ASSIGN_OR_RETURN(held_, newest_promise(parts_.files, batch));
  if (!held_ && batch > 0)
    parts_.say(
        "no receipt of an earlier batch is in receipts/: the log's history from here on is "
        "not compared with what it promised before");
  recalled_ = true;
  return {};
}

/// That the log of `next` is the one of the promise before. Returns the proof to keep with it;
/// empty where the receipt shows it itself.
Result<std::string> Sender::prove_history(const format::SealedBatch& batch,
                                          const format::Receipt& next) {
  if (!held_) return std::string();
  ASSIGN_OR_RETURN(const bool shown, verify::shows_one_history(*held_, next, batch.leaves));
  if (shown) return std::string();
  return fetch_consistency(batch.seal.sequence, next);
}

Result<std::string> Sender::fetch_consistency(std::uint64_t batch, const format::Receipt& next) {
  const auto answer = get(consistency_request(*held_, next));
  const Verdict verdict = judge(answer);
  const bool refused = answer && (answer->status == 401 || answer->status == 403);
  if (refused) log_.reset();  // so that the credential is read again
  if (verdict.next != Next::kStored)
    return busy("the log gives no proof that its history goes on: " + verdict.error.message);
  if (!verify::is_about(answer->body, held_->size, next.tree_size))
    return busy("the log gives no proof that its history goes on: what answers at its URL " +
                not_an_answer(*answer));
  const Result<void> proven = verify::check_consistency(answer->body, *held_, next);
  if (proven) return answer->body;
  const std::string path = consistency_path(batch) + ".refused";
  RETURN_IF_ERROR(env::write_durably(parts_.files, path, bytes_of(answer->body)));
  return proven.error();
}

Result<void> Sender::keep_as_evidence(const std::string& path, const std::string& json, Error why) {
  const std::string kept = path + ".refused";
  RETURN_IF_ERROR(env::write_durably(parts_.files, kept, bytes_of(json)));
  return corrupt("the log's receipt does not hold: " + why.message + "; it is kept in " + kept);
}

// Batches are sent one after the other, so another number than ours means that one side was set
// back to an earlier time, or that two collectors share one key.
Result<void> Sender::expected_instead(std::uint64_t sequence, std::uint64_t expected) {
  if (expected == sequence) return busy("the log says that it expects the batch that it refused");
  const std::string numbers = "the log expects batch " + std::to_string(expected) +
                              " of this source and the spool begins with " +
                              std::to_string(sequence);
  if (expected > sequence)
    return worm(numbers + ": another directory sends as this source, or this one is an old copy");
  RETURN_IF_ERROR(recall(sequence));
  for (std::uint64_t again = expected; again < sequence; ++again) {
    Result<void> sent = resend(again);
    if (!sent && sent.error().code == Code::kNotFound)
      return corrupt(numbers + ": it lost what it acknowledged, and batch " +
                     std::to_string(again) + " is not here any more; receipts/ is the evidence");
    if (!sent) return sent;
    parts_.say("the log asked again for batch " + std::to_string(again) +
               ", which it had acknowledged; both receipts are kept");
  }
  return {};
}

/// The new receipt has to hold as any other, and to continue what was promised.
Result<void> Sender::resend(std::uint64_t sequence) {
  ASSIGN_OR_RETURN(Buffer bytes, parts_.spool.sent_batch(sequence));
  ASSIGN_OR_RETURN(const format::SealedBatch batch, format::decode_batch(std::move(bytes)));
  const auto answer = post(batch.bytes);
  const Verdict verdict = judge(answer);
  if (verdict.next == Next::kRetry) return busy(verdict.error.message);
  if (verdict.next != Next::kStored)
    return Error{verdict.error.code == Code::kNotFound ? Code::kInvalid : verdict.error.code,
                 verdict.error.message};
  ASSIGN_OR_RETURN(const format::Receipt receipt, verify(batch, answer->body));
  Result<std::string> consistency = prove_history(batch, receipt);
  if (!consistency && consistency.error().code == Code::kCorrupt)
    return keep_as_evidence(receipt_path(sequence), answer->body, std::move(consistency).error());
  if (!consistency) return std::move(consistency).error();
  RETURN_IF_ERROR(
      env::write_durably(parts_.files, receipt_path(sequence) + ".again", bytes_of(answer->body)));
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

// The next try reads the credential and the certificate authorities from their files again.
void Sender::wait_to_be_mended(const Error& why) {
  failures_ += 1;
  retries_ += 1;
  log_.reset();
  if (!mending_ || failures_ % 20 == 0)
    parts_.say("sending pauses until this is mended, and reading goes on into the spool: " +
               why.message);
  mending_ = true;
  pause(backoff_ms(failures_, 0, parts_.random));
}

void Sender::pause(std::uint64_t ms) const {
  const std::uint64_t until = parts_.clock.steady_ms() + ms;
  while (!stopped_ && parts_.clock.steady_ms() < until)
    std::this_thread::sleep_for(std::chrono::milliseconds(std::min(kSliceMs, ms)));
}

}  // namespace varve::collect
