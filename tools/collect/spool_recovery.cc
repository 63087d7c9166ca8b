// Opening a spool after any ending. The state says what was true when it was last written; every
// batch file after that moment carries what changed since.
#include <algorithm>
#include <string_view>

#include "ledger/base/later_format.h"
#include "ledger/base/mutex.h"
#include "ledger/base/trouble.h"
#include "ledger/env/durable.h"
#include "ledger/format/batch.h"
#include "tools/collect/layout.h"
#include "tools/collect/refusal.h"
#include "tools/collect/spool.h"

namespace varve::collect {
namespace {

Result<State> read_state(const env::Filesystem& files) {
  Result<Buffer> bytes = env::read_whole(files, kStatePath, kStateMax);
  if (!bytes && bytes.error().code == Code::kNotFound)
    return corrupt(
        "the file 'state' is missing: restore the whole directory, or register a new "
        "source with init");
  if (!bytes) return std::move(bytes).error();
  Result<State> state = decode_state(*bytes);
  if (!state) return in_file(state.error(), "the file 'state'");
  return state;
}

Result<void> check_continues(const format::Seal& seal, std::uint64_t sequence, const Chain& chain) {
  if (seal.sequence == sequence && seal.first_sequence == chain.next_event &&
      seal.previous == chain.last_seal)
    return {};
  return corrupt("it does not continue the batch before it");
}

}  // namespace

Result<std::unique_ptr<Spool>> Spool::open(env::Filesystem& files, SpoolOptions options) {
  RETURN_IF_ERROR(files.make_directory(kSpoolDirectory));
  RETURN_IF_ERROR(files.make_directory(kReceiptsDirectory));
  if (options.keep) RETURN_IF_ERROR(files.make_directory(kSentDirectory));
  std::unique_ptr<Spool> spool(new Spool(files, options));
  RETURN_IF_ERROR(spool->recover());
  return spool;
}

Result<void> Spool::recover() {
  const MutexLock lock(mutex_);
  ASSIGN_OR_RETURN(const State state, read_state(files_));
  chain_ = state.chain;
  next_to_send_ = state.next_to_send;
  refused_ = state.refused;
  positions_.apply(state.positions);
  ASSIGN_OR_RETURN(const std::vector<std::string> names, files_.list(kSpoolDirectory));
  for (const std::string& name : names) {
    const auto sequence = number_in(name, ".batch");
    if (sequence)
      RETURN_IF_ERROR(recover_batch(*sequence));
    else if (std::string_view(name).ends_with(".tmp"))  // was never published
      RETURN_IF_ERROR(files_.remove(std::string(kSpoolDirectory) + "/" + name));
  }
  const std::uint64_t end = next_to_send_ + pending_.size();
  if (end != chain_.next_batch)
    return corrupt("the spool lacks " + spool_path(end) +
                   ", which was not acknowledged: restore it before going on");
  return skip_those_with_receipts();
}

// The names come sorted, so the sequence numbers do too.
Result<void> Spool::recover_batch(std::uint64_t sequence) {
  if (sequence < next_to_send_) return retire(sequence);
  const std::uint64_t expected = next_to_send_ + pending_.size();
  if (sequence != expected)
    return corrupt("the spool lacks " + spool_path(expected) +
                   ", which was not acknowledged: restore it before going on");
  ASSIGN_OR_RETURN(const Buffer file, env::read_whole(files_, spool_path(sequence), kSpooledMax));
  Result<void> adopted;
  if (Result<SpooledBatch> spooled = decode_spooled(file); !spooled)
    adopted = std::move(spooled).error();
  else if (sequence >= chain_.next_batch)
    adopted = adopt(sequence, std::move(*spooled));
  if (!adopted && is_trouble(adopted.error()))
    return in_file(adopted.error(), spool_path(sequence));
  if (!adopted) return corrupt(spool_path(sequence) + ": " + adopted.error().message);
  pending_.push_back({sequence, file.size()});
  bytes_ += file.size();
  return {};
}

// A batch that the state does not know yet: it moves the chain and the positions on.
Result<void> Spool::adopt(std::uint64_t sequence, SpooledBatch spooled) {
  ASSIGN_OR_RETURN(const format::SealedBatch batch, format::decode_batch(std::move(spooled.batch)));
  RETURN_IF_ERROR(check_continues(batch.seal, sequence, chain_));
  chain_.next_batch = sequence + 1;
  chain_.next_event += batch.seal.count;
  chain_.last_seal = batch.leaves.back();
  refused_ += static_cast<std::uint64_t>(std::ranges::count_if(batch.records, is_refusal));
  positions_.apply(spooled.positions);
  return {};
}

Result<void> Spool::skip_those_with_receipts() {
  while (!pending_.empty()) {
    ASSIGN_OR_RETURN(const bool has_receipt, env::exists(files_, receipt_path(next_to_send_)));
    if (!has_receipt) break;
    retired_.push_back(pending_.front());
    pending_.pop_front();
    ++next_to_send_;
  }
  return {};
}

}  // namespace varve::collect
