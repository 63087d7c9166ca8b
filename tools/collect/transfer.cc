// The sending thread.
#include "tools/collect/transfer.h"

#include "ledger/env/posix.h"
#include "tools/collect/stop_signal.h"

namespace varve::collect {
namespace {

constexpr std::uint64_t kLookMs = 100;

}  // namespace

Result<std::unique_ptr<Transfer>> Transfer::start(Session& session, std::uint64_t patience_ms,
                                                  Terminal& terminal) {
  ASSIGN_OR_RETURN(client::HttpClient log, connect(session.config));
  ASSIGN_OR_RETURN(LogKeys keys, LogKeys::load(*session.files, session.log_key));
  std::unique_ptr<Transfer> transfer(
      new Transfer(session, std::move(log), std::move(keys), terminal));
  Transfer* const raw = transfer.get();
  transfer->sender_.emplace(
      SenderParts{*session.files, *session.spool, raw->log_, raw->keys_, env::posix_clock(),
                  env::system_random(),
                  [&terminal](const std::string& line) { terminal.say(line); }, patience_ms});
  transfer->thread_ = std::thread([raw] { raw->run(); });
  return transfer;
}

Transfer::Transfer(Session& session, client::HttpClient log, LogKeys keys, Terminal& terminal)
    : session_(session), log_(std::move(log)), keys_(std::move(keys)), terminal_(terminal) {}

Transfer::~Transfer() {
  static_cast<void>(stop());
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

Result<void> Transfer::finish() {
  sender_->no_more();
  while (!ended_ && !stop_requested()) {
    show_progress();
    session_.spool->wait_for_change(kLookMs);
  }
  return stop();
}

Result<void> Transfer::stop() {
  sender_->stop();
  if (thread_.joinable()) thread_.join();
  terminal_.clear_progress();
  return outcome_;
}

}  // namespace varve::collect
