// The thread, and what it gave last.
#include "api/access/root_signer.h"

#include <utility>

#include "ledger/ledger.h"

namespace varve::api {
namespace {

constexpr std::uint64_t kApartMs = 1'000;     // of two signatures
constexpr std::size_t kSigningWaitMax = 256;  // requests

Error not_covered_yet() {
  return busy(
      "the tree that was signed last does not have this record: another is signed within a second");
}

}  // namespace

RootSigner::RootSigner(Log& log, env::Clock& clock) : log_(log), clock_(clock) {}

std::optional<Result<RootSigner::Root>> RootSigner::at_hand(TreeSize least) const {
  if (!last_) return std::nullopt;
  const bool recent = clock_.steady_ms() - last_ms_ < kApartMs;
  if (!*last_) return recent ? last_ : std::nullopt;
  const Root& root = **last_;
  if (!recent && root->tree.size != log_.latest()->checkpoint.size) return std::nullopt;
  return root->tree.size >= least ? Result<Root>(root) : Result<Root>(not_covered_yet());
}

void RootSigner::ask(TreeSize least, Done done) {
  std::optional<Result<Root>> answer;
  {
    const MutexLock lock(mutex_);
    answer = at_hand(least);
    if (!answer && stopping_) answer = busy("the server stops");
    if (!answer && waiting_.size() == kSigningWaitMax)
      answer = busy("too many wait for the token to sign");
    if (!answer) {
      waiting_.push_back({least, std::move(done)});
      if (!thread_.joinable())
        thread_ = std::thread([this] { run(); });  // of most logs nobody asks
      wake_.notify_all();
      return;
    }
  }
  done(std::move(*answer));
}

void RootSigner::run() {
  for (;;) {
    {
      MutexLock lock(mutex_);
      while (waiting_.empty() && !stopping_) wake_.wait(mutex_);
      if (stopping_) return;
    }
    Result<format::SignedRoot> signed_root = log_.sign_root();
    std::vector<Asked> asked;
    Result<Root> root =
        signed_root
            ? Result<Root>(std::make_shared<const format::SignedRoot>(std::move(*signed_root)))
            : Result<Root>(std::move(signed_root).error());
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
