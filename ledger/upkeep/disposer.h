// Carries out what a log's records dispose of, while the log serves: a thread that waits for disposals,
// ends each month's keys, and writes into the ledger what became of them. With an automatic policy it
// gives notice and disposes by itself. An append waits for it only where both ask one token.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ledger/base/mutex.h"
#include "ledger/env/thread_on_demand.h"
#include "ledger/ledger.h"
#include "ledger/state/storage.h"
#include "ledger/upkeep/month_end.h"
#include "ledger/upkeep/under_way.h"

namespace varve::upkeep {

/// Thread: any. In an environment without holders of keys it destroys nothing.
class Disposer {
 public:
  /// Appends a control record.
  using Record = std::function<void(format::Kind kind, std::string text, AppendDone done)>;
  /// Returns when no copy of these segments' keys is left in memory, nor what was read by them.
  using Forget = std::function<void(const std::set<std::uint64_t>& ordinals)>;

  Disposer(const LogOptions& options, const Environment& environment, const state::Storage& storage,
           Forget forget, Record record);
  ~Disposer() { stop(); }
  Disposer(const Disposer&) = delete;
  Disposer& operator=(const Disposer&) = delete;

  /// At return nothing that remains were made of can be read by its key, whatever a token has. Requires
  /// that nothing was read yet. Errors: kIo.
  Result<void> forget_what_remains();
  /// Does what can be done now, on the caller's thread.
  void look();
  /// A disposal was published: look_if_due() does it.
  void wake();
  /// Has look() done on a thread of its own, if there may be something to do and a minute has passed since the last
  /// time. Does not wait. Thread: one.
  void look_if_due();
  /// In how many milliseconds that is to be called again. Thread: that one.
  [[nodiscard]] std::uint64_t due_in_ms() const;
  /// Requires that what Record was given is answered without it, and still is taken: what was destroyed is
  /// to have its record. Idempotent.
  void stop();

 private:
  /// The headers of all segments, read once for all months that want them.
  class Segments {
   public:
    explicit Segments(const env::Filesystem& files) : files_(files) {}
    Result<Headers> all();

   private:
    const env::Filesystem& files_;
    std::optional<std::vector<store::SegmentHeader>> read_;
  };

  [[nodiscard]] bool has_work() const;
  bool start_look();
  Result<void> dispose_by_policy();
  Result<void> dispose(const LedgerView& view, rules::DisposalAct act, Segments& segments);
  Result<void> end_months();
  bool end_month(const LedgerView& view, const rules::Month& month,
                 const std::vector<TokenKeys>* listed, Result<void>& outcome);
  Result<void> prove_again(const LedgerView& view, std::uint32_t month);
  Result<bool> keep(const LedgerView& view, const rules::Month& month,
                    const std::vector<HeldKeys>& held, bool has_files, Segments& segments);
  [[nodiscard]] Result<void> try_to_say(const rules::Retention& log, const rules::Month& month,
                                        const std::vector<std::uint64_t>& segments) const;
  std::vector<format::TokenEnd> destroy(const rules::Month& month,
                                        const std::vector<HeldKeys>& held);
  Result<void> remove_files_of(const LedgerView& view, std::uint32_t month);
  Result<void> say(const rules::Retention& log, const rules::Month& month,
                   const std::vector<format::TokenEnd>& tokens, bool files_are_gone);
  Result<void> settle(const rules::Retention& log, const rules::Month& month,
                      const std::vector<format::TokenEnd>& tokens);
  Result<void> append(format::Kind kind, std::string text);
  void tell(std::string_view event, const std::string& sentence);
  [[nodiscard]] TreeOfRemains tree_of(const LedgerView& view) const;
  [[nodiscard]] std::function<bool()> goes_on();
  void tell_of_time();
  void give_way();
  [[nodiscard]] bool is_stopping() const;

  const LogOptions& options_;
  Environment env_;
  const state::Storage& storage_;
  const Forget forget_;
  const Record record_;
  // Of this process, by month:
  std::map<std::uint32_t, std::vector<store::SegmentHeader>>
      kept_;  // its segments: they have remains, and are forgotten
  std::set<std::pair<std::uint32_t, std::string>> destroyed_;  // its key, on this token
  std::set<std::uint32_t> settled_;  // no token has one any more, and no file is left
  std::string told_;                 // the trouble that an operator knows of
  UnderWay under_way_;               // end_months()
  std::string ending_;               // the month that it is at
  std::uint64_t worked_since_ms_ = 0;
  bool gives_way_ = false;          // look() runs on thread_
  std::uint64_t next_look_ms_ = 0;  // on the steady clock; of who calls look_if_due()
  bool has_thread_ = true;          // the system gave one the last time; of the same
  mutable Mutex mutex_;
  CondVar changed_;  // stopping_
  bool stopping_ GUARDED_BY(mutex_) = false;
  bool woken_ GUARDED_BY(mutex_) = false;
  env::ThreadOnDemand thread_;  // last: it uses all the others
};

}  // namespace varve::upkeep
