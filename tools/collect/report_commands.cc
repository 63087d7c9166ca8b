// status and receipts verify: they change nothing.
#include <algorithm>
#include <iostream>
#include <map>

#include "ledger/env/durable.h"
#include "ledger/env/posix.h"
#include "ledger/format/batch.h"
#include "tools/client/problem.h"
#include "tools/collect/commands.h"
#include "tools/collect/layout.h"
#include "tools/collect/log_keys.h"
#include "tools/collect/receipts.h"
#include "tools/collect/refusal.h"
#include "tools/collect/session.h"
#include "tools/collect/terminal.h"

namespace varve::collect {
namespace {

struct Spooled {
  std::uint64_t batches = 0;        // without a receipt
  std::uint64_t events = 0;         // in them
  std::uint64_t oldest_us = 0;      // when the first of them was sealed; 0: there is none
  std::uint64_t sealed_events = 0;  // by this source so far, as far as the spool knows
  std::map<std::uint64_t, std::uint64_t> refused;  // in each of them, events that were too large
  std::uint64_t refused_events = 0;                // ... so far, by the state and these
};

// A batch may be sent and removed while this looks: then it does not wait any more.
Result<void> count_batch(const env::Filesystem& files, std::uint64_t batch, Spooled& spooled) {
  const Result<Buffer> file = env::read_whole(files, spool_path(batch), kSpooledMax);
  if (!file && file.error().code == Code::kNotFound) return {};
  if (!file) return file.error();
  ASSIGN_OR_RETURN(SpooledBatch content, decode_spooled(*file));
  ASSIGN_OR_RETURN(const format::SealedBatch sealed,
                   format::decode_batch(std::move(content.batch)));
  spooled.sealed_events = sealed.seal.first_sequence + sealed.seal.count;
  spooled.refused[batch] =
      static_cast<std::uint64_t>(std::ranges::count_if(sealed.records, is_refusal));
  ASSIGN_OR_RETURN(const bool has_receipt, env::exists(files, receipt_path(batch)));
  if (has_receipt) return {};
  spooled.batches += 1;
  spooled.events += sealed.seal.count;
  if (spooled.oldest_us == 0) spooled.oldest_us = sealed.seal.time_us;
  return {};
}

Result<Spooled> count_spooled(const env::Filesystem& files) {
  Spooled spooled;
  const Result<std::vector<std::string>> names = files.list(kSpoolDirectory);
  if (!names && names.error().code != Code::kNotFound) return names.error();
  for (const std::string& name : names ? *names : std::vector<std::string>{})  // none before append
    if (const auto batch = number_in(name, ".batch"))
      RETURN_IF_ERROR(count_batch(files, *batch, spooled));
  // Read last: a batch is removed only once the state covers it.
  ASSIGN_OR_RETURN(const Buffer bytes, env::read_whole(files, kStatePath, kStateMax));
  auto state = decode_state(bytes);
  if (!state) return std::move(state).error().during("reading the file 'state'");
  spooled.sealed_events = std::max(spooled.sealed_events, state->chain.next_event);
  spooled.refused_events = state->refused;
  for (const auto& [batch, refused] : spooled.refused)
    if (batch >= state->chain.next_batch) spooled.refused_events += refused;
  return spooled;
}

Result<std::uint64_t> count_receipts(const env::Filesystem& files) {
  const Result<std::vector<std::uint64_t>> batches = list_receipts(files);
  if (!batches && batches.error().code == Code::kNotFound) return std::uint64_t{0};
  if (!batches) return batches.error();
  return std::uint64_t{batches->size()};
}

}  // namespace

Result<int> status(const std::string& directory) {
  ASSIGN_OR_RETURN(const std::unique_ptr<env::Filesystem> files, open_directory(directory));
  ASSIGN_OR_RETURN(const Config config, read_config(*files));
  ASSIGN_OR_RETURN(const SourceKey key, SourceKey::load(*files, kKeyPath, config.source));
  ASSIGN_OR_RETURN(const Spooled waiting, count_spooled(*files));
  ASSIGN_OR_RETURN(const std::uint64_t receipts, count_receipts(*files));
  ASSIGN_OR_RETURN(const bool rotating, env::exists(*files, kNextKeyPath));
  std::cout << "source " << config.source << "\nkey " << format::format_vkey(key.verifier())
            << "\nlog " << config.url << "\nevents " << waiting.sealed_events << "\nwaiting "
            << counted(waiting.batches, "batch") << ", " << counted(waiting.events, "event")
            << '\n';
  if (waiting.batches > 0)
    std::cout << "oldest sealed " << (env::posix_clock().now_us() - waiting.oldest_us) / 1'000'000
              << " s ago\n";
  std::cout << "receipts " << receipts << '\n';
  if (waiting.refused_events > 0)
    std::cout << "refused " << counted(waiting.refused_events, "event")
              << " too large for a record: the log has the place, size and SHA-256 of each\n";
  if (rotating) std::cout << "a key rotation was not finished: run rotate-key again\n";
  return 0;
}

Result<int> verify_stored_receipts(const std::string& directory, bool fetch) {
  ASSIGN_OR_RETURN(const std::unique_ptr<env::Filesystem> files, open_directory(directory));
  ASSIGN_OR_RETURN(const Config config, read_config(*files));
  ASSIGN_OR_RETURN(format::VerifierKey first, format::parse_vkey(config.vkey));
  ASSIGN_OR_RETURN(const LogKeys keys, LogKeys::load(*files, std::move(first)));
  const FetchProof from_log = [&](const std::string& path) -> Result<std::string> {
    ASSIGN_OR_RETURN(client::HttpClient log, connect(config));
    ASSIGN_OR_RETURN(client::HttpResponse answer, client::expect_success(log.get(path)));
    return std::move(answer.body);
  };
  ASSIGN_OR_RETURN(const ReceiptsChecked checked,
                   verify_receipts(*files, keys, fetch ? from_log : FetchProof()));
  const bool one_history = checked.unproven.empty();
  std::cout << counted(checked.receipts, "receipt")
            << (one_history ? " verified, of one history: " : " verified, each by itself: ")
            << counted(checked.leaves, "leaf hash") << ", newest tree size " << checked.newest.value
            << '\n';
  if (one_history) return 0;
  return not_found(
      "that the receipt of batch " + std::to_string(checked.unproven.front()) +
      " continues the one before it is shown by nothing that is stored (" +
      std::to_string(checked.unproven.size()) +
      " in all): run 'receipts verify' with --fetch, which asks the log for the proofs");
}

}  // namespace varve::collect
