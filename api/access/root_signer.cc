// The thread, and what it gave last.
#include "api/access/root_signer.h"

#include <algorithm>
#include <system_error>
#include <utility>

#include "api/access/journal.h"
#include "ledger/ledger.h"

namespace varve::api {
namespace {

constexpr std::uint64_t kApartMs = 1'000;    // of two signatures
constexpr std::size_t kSigningWaitMax = 32;  // requests

Error not_covered_yet() {
  return busy(
      "the tree that was signed last does not have this record: another is signed within a second");
}

Error no_signature() {
  return busy(
      "the log has no signature for this form of proof now: ask again, or take another form");
}

}  // namespace

RootSigner::RootSigner(std::string name, Log& log, env::Clock& clock, Journal& journal)
    : name_(std::move(name)), log_(log), clock_(clock), journal_(journal) {}

// A key that is revoked signs nothing that counts, and one that left is in no key set.
bool RootSigner::signs_still(const format::VerifierKey& key) const {
  const LedgerView seen = log_.view();
  const auto& active = seen.keys->history.active();
  return std::ranges::find(active, key) != active.end();
}

std::optional<Result<RootSigner::Root>> RootSigner::at_hand(TreeSize least) const {
  if (!last_) return std::nullopt;
  const bool recent = clock_.steady_ms() - last_ms_ < kApartMs;
  if (!*last_) return recent ? last_ : std::nullopt;
  const Root& root = **last_;
  if (!signs_still(root->key)) return std::nullopt;
  if (!recent && root->tree.size != log_.latest()->checkpoint.size) return std::nullopt;
  return root->tree.size >= least ? Result<Root>(root) : Result<Root>(not_covered_yet());
}

void RootSigner::ask(TreeSize least, Done done) {
  std::optional<Result<Root>> answer;
  {
    const MutexLock lock(mutex_);
    answer = at_hand(least);
    if (!answer && stopping_) answer = busy("the server stops");
    if (!answer && (waiting_.size() == kSigningWaitMax || !start_thread())) answer = no_signature();
    if (!answer) {
      waiting_.push_back({least, std::move(done)});
      wake_.notify_all();
      return;
    }
  }
  done(std::move(*answer));
}

// Of most logs nobody asks.
bool RootSigner::start_thread() {
  if (thread_.joinable()) return true;
  try {
    thread_ = std::thread([this] { run(); });
  } catch (const std::system_error&) {
    return false;
  }
  return true;
}

void RootSigner::tell(const Error& why) {
  if (why.code == Code::kBusy || why.message == told_) return;  // the former passes by itself
  told_ = why.message;
  journal_.write(Level::kError, "receipts_not_signed", {{"log", name_}, {"message", why.message}});
}

Result<RootSigner::Root> RootSigner::sign() {
  Result<format::SignedRoot> root = log_.sign_root();
  if (!root) {
    tell(root.error());
    return no_signature();
  }
  told_.clear();
  ++signatures_;
  return std::make_shared<const format::SignedRoot>(std::move(*root));
}

void RootSigner::run() {
  for (;;) {
    {
      MutexLock lock(mutex_);
      while (waiting_.empty() && !stopping_) wake_.wait(mutex_);
      if (stopping_) return;
    }
    const Result<Root> root = sign();
    std::vector<Asked> asked;
    {
      const MutexLock lock(mutex_);
      last_ = root;
      last_ms_ = clock_.steady_ms();
      asked.swap(waiting_);
    }
    for (const Asked& one : asked) {
      const bool covers = !root || (*root)->tree.size >= one.least;
      one.done(covers ? root : Result<Root>(not_covered_yet()));
    }
  }
}

void RootSigner::stop() {
  const MutexLock one_at_a_time(stop_mutex_);
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
    wake_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
  std::vector<Asked> asked;
  {
    const MutexLock lock(mutex_);
    asked.swap(waiting_);
  }
  for (const Asked& one : asked) one.done(busy("the server stops"));
}

}  // namespace varve::api
