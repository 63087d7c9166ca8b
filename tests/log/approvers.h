// Two people whose approvals a log demands, and what they let go.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "ledger/format/disposal.h"
#include "ledger/merkle/checked.h"
#include "ledger/rules/disposal_plan.h"
#include "tests/log/world.h"

namespace varve::testing {

class TwoApprovers {
 public:
  explicit TwoApprovers(World& world) : world_(world) {}

  [[nodiscard]] static std::string signed_by(const std::string& text,
                                             const std::vector<const SoftKey*>& keys) {
    format::Note note{text, {}};
    for (const SoftKey* key : keys) note.signatures.push_back(key->note_signature(text));
    return format::format_note(note);
  }
  void name() {
    format::KeyEvent event{
        format::KeyAction::kApprovers, world_.options.origin, world_.first_key.key, {}, {}};
    event.approvals = 2;
    event.approvers = {ann.key, bob.key};
    const auto named = world_.append_control(
        format::Kind::kKeyEvent,
        signed_by(format::key_event_text(event), {&world_.first_key, &ann, &bob}));
    ASSERT_TRUE(named) << named.error().message;
  }
  /// Of the months as the log shows them.
  [[nodiscard]] format::Notice notice(const std::vector<std::uint32_t>& months) const {
    const auto log = world_.log->view().retention;
    format::Notice notice{world_.options.origin, log->policy_place()->leaf};
    for (const std::uint32_t month : months)
      if (const rules::Month* const known = log->find_month(month))
        notice.months.push_back(log->range_of(*known).value_or(format::MonthRange{month, {}, {1}}));
    return notice;
  }
  Result<Appended> give(const format::Notice& notice) {
    return world_.append_control(format::Kind::kNotice, format::notice_text(notice, mode()));
  }
  /// Of what the newest notice names.
  [[nodiscard]] format::Disposal disposal() const {
    const LedgerView view = world_.log->view();
    const rules::Notice& notice = view.retention->notices().back();
    format::Disposal out{
        world_.options.origin, notice.policy, notice.place.leaf, notice.months, {}, false};
    const merkle::SignedTree tree{view.newest->checkpoint.size, view.newest->checkpoint.root};
    out.root = *merkle::checked_root(size_before(out.months.back().end), tree, *world_.log);
    return out;
  }
  Result<Appended> send(const format::Disposal& disposal, const std::vector<const SoftKey*>& by) {
    return world_.append_control(format::Kind::kDisposal,
                                 signed_by(format::disposal_text(disposal, mode()), by));
  }

  const SoftKey ann{"ann"};
  const SoftKey bob{"bob"};

 private:
  [[nodiscard]] format::Mode mode() const { return world_.log->view().retention->policy().mode; }
  World& world_;
};

}  // namespace varve::testing
