// The sending thread.
#include "tools/collect/transfer.h"

#include "ledger/env/posix.h"
#include "tools/collect/stop_signal.h"

namespace varve::collect {
namespace {

constexpr std::uint64_t kLookMs = 100;

}  // namespace

Result<std::unique_ptr<Transfer>> Transfer::start(Session& session, TransferOptions options,
                                                  Terminal& terminal) {
  if (!options.waits_to_be_mended) RETURN_IF_ERROR(connect(session.config));
  ASSIGN_OR_RETURN(LogKeys keys, LogKeys::load(*session.files, session.log_key));
  std::unique_ptr<Transfer> transfer(new Transfer(session, std::move(keys), terminal));
  Transfer* const raw = transfer.get();
  transfer->sender_.emplace(
      SenderParts{*session.files, *session.spool,
                  [raw] { return connect(raw->session_.config, &raw->cancelled_); }, raw->keys_,
                  env::posix_clock(), env::system_random(),
                  [&terminal](const std::string& line) { terminal.say(line); }, options.patience_ms,
                  options.waits_to_be_mended});
  transfer->thread_ = std::thread([raw] { raw->run(); });
  return transfer;
}

Transfer::Transfer(Session& session, LogKeys keys, Terminal& terminal)
    : session_(session), keys_(std::move(keys)), terminal_(terminal) {}

Transfer::~Transfer() {
  static_cast<void>(outcome());
}

void Transfer::run() {
  outcome_ = sender_->run();
  ended_ = true;
  session_.spool->wake();
}

bool Transfer::wait_for_room(const Error& why) {
  if (ended_ || stop_requested()) return false;
  if (!said_full_) terminal_.say("reading waits: " + why.message);
  said_full_ = true;
  session_.spool->wait_for_change(kLookMs);
  return true;
}

void Transfer::show_progress() {
  const SendCount count = sender_->sent();
  terminal_.progress("sent " + counted(count.batches, "batch") + ", " +
                     counted(count.events, "event") + "; " +
                     std::to_string(session_.spool->pending_batches()) + " waiting");
}

void Transfer::await_sent() {
  sender_->no_more();
  while (!ended_ && !stop_requested()) {
    show_progress();
    session_.spool->wait_for_change(kLookMs);
  }
}

bool Transfer::stop() {
  sender_->stop();
  const std::uint64_t until = env::posix_clock().steady_ms() + kLastRequestMs;
  while (!ended_ && env::posix_clock().steady_ms() < until)
    session_.spool->wait_for_change(kLookMs);
  terminal_.clear_progress();
  const bool in_order = ended_;
  cancelled_ = true;
  return in_order;
}

Result<void> Transfer::outcome() {
  sender_->stop();
  if (thread_.joinable()) thread_.join();
  return outcome_;
}

}  // namespace varve::collect
