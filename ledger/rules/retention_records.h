// Records of a log, as they stand in it, into what they say about retention: each is decoded and its
// signatures are verified, then the rules judge it (retention_rules.h), then the fold takes it. The
// server admits and an auditor reads through these functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "ledger/base/result.h"
#include "ledger/format/control.h"
#include "ledger/format/record.h"
#include "ledger/rules/key_history.h"
#include "ledger/rules/retention.h"
#include "ledger/rules/stamp.h"

namespace varve::rules {

/// What a time source states, for the next clock record. That its root is the one of the log's tree is
/// decided where the tree is. Errors: kInvalid  it is of another log or of a later tree, its token does
/// not verify, or a clock record could not carry so many.
Result<StatedTree> take_timestamp(Retention& retention, std::string_view payload,
                                  std::string_view origin, const Place& place);
/// The next clock record, with what time sources have stated since the one before.
/// Errors: kInvalid, kWorm  says what it breaks; nothing changed.
Result<void> take_clock(Retention& retention, std::string_view payload, std::string_view origin,
                        const Place& place);
/// The next policy; `keys` are the log's in front of it. Errors: as take_clock.
Result<void> take_policy(Retention& retention, std::string_view payload, const KeyHistory& keys,
                         const Place& place);
/// The next hold, or the release of one; `keys` are the log's in front of it. Errors: as take_clock.
Result<void> take_hold(Retention& retention, std::string_view payload, const KeyHistory& keys,
                       const Place& place);
/// The next notice that months are to be disposed of. Errors: as take_clock.
Result<void> take_notice(Retention& retention, std::string_view payload, std::string_view origin,
                         const Place& place);
/// What a disposal's payload says, signed or by policy. Errors: kInvalid.
Result<format::Disposal> disposal_in(std::string_view payload, format::Mode mode);
/// The next disposal; `keys` are the log's in front of it. That the tree which it names is the log's
/// is decided where the tree is. Errors: as take_clock.
Result<StatedTree> take_disposal(Retention& retention, std::string_view payload,
                                 const KeyHistory& keys, const Place& place);
/// The tree that a record of the log names, or nothing: few do. Errors: kInvalid, kCorrupt  it is no
/// such record.
Result<std::optional<StatedTree>> stated_tree(const format::Record& record, format::Mode mode,
                                              LeafIndex index);
/// What the server says became of a month. Errors: as take_clock.
Result<void> take_disposed(Retention& retention, std::string_view payload, std::string_view origin,
                           const Place& place);
/// A key event that the log's keys took; `after` are they behind it.
void take_key_event(Retention& retention, std::string_view payload, const KeyHistory& after,
                    const Place& place);
/// Whether a month's secret may stand there: it is the first event behind its month's first clock
/// record, which is record `at` - 1. Errors: kInvalid.
Result<void> check_month_secret(const Retention& retention, const format::Record& record,
                                LeafIndex at);
/// Whether the record may be the text of a hold: one of the log's own. Errors: kInvalid.
Result<void> check_hold_text(const format::Record& record, std::string_view origin);

}  // namespace varve::rules
