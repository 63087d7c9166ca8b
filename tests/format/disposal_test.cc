// Notices and disposals have one spelling, keep their limits at the edge, and look as the document
// shows them.
#include "ledger/format/disposal.h"

#include <gtest/gtest.h>

#include "tests/format/retention_examples.h"
#include "tests/format/text_lines.h"

namespace varve::format {
namespace {

const std::string& shown_disposal(const std::string& name) {
  static const RetentionExamples kExamples{DocumentedLog{}};
  for (const Example& example : kExamples.all)
    if (example.name == name) return example.text;
  CHECK(false);
}

Result<Notice> as_notice(std::string_view text) {
  return parse_notice(text, Mode::kLocked);
}
Result<Disposal> as_disposal(std::string_view text) {
  return parse_disposal(text, Mode::kLocked);
}
Result<Disposed> as_disposed(std::string_view text) {
  return parse_disposed(text, Mode::kLocked);
}

const MonthRange kNovember{202'611, LeafIndex{0}, LeafIndex{81'234}};

Disposed disposed_month() {
  return {"log.example", {}, 202'611, {0, 9}, true, {{KeyEnd::kAway, "pkcs11:serial=2"}}, false};
}

TEST(DisposalDocument, ShowsTextsThatParse) {
  const Notice notice = *as_notice(shown_disposal("notice"));
  EXPECT_EQ(notice_text(notice, Mode::kLocked), shown_disposal("notice"));
  EXPECT_EQ(notice.months, std::vector{kNovember});
  const std::string text = parse_note(shown_disposal("disposal"))->text;
  const Disposal disposal = *as_disposal(text);
  EXPECT_EQ(disposal_text(disposal, Mode::kLocked), text);
  EXPECT_EQ(disposal.months, notice.months);
  EXPECT_EQ(disposal.policy, notice.policy);
  EXPECT_FALSE(disposal.by_policy);
  const Disposed disposed = *as_disposed(shown_disposal("disposed"));
  EXPECT_EQ(disposed_text(disposed, Mode::kLocked), shown_disposal("disposed"));
  EXPECT_EQ(disposed.segments, (std::vector<std::uint64_t>{0, 9}));
  EXPECT_EQ(disposed.tokens.at(1), (TokenEnd{KeyEnd::kAway, "pkcs11:serial=2;token=spare"}));
}

TEST(DisposalText, IsExactlyItsLines) {
  expect_exactly_these_lines(shown_disposal("notice"), as_notice);
  for (const bool by_policy : {false, true}) {
    const Disposal disposal{"log.example", {}, {}, {kNovember}, {}, by_policy};
    EXPECT_EQ(*as_disposal(disposal_text(disposal, Mode::kLocked)), disposal);
    expect_exactly_these_lines(disposal_text(disposal, Mode::kLocked), as_disposal);
  }
  for (const KeyEnd end : {KeyEnd::kDestroyed, KeyEnd::kAbsent, KeyEnd::kAway, KeyEnd::kFailed})
    for (const bool flag : {false, true}) {
      Disposed disposed = disposed_month();
      disposed.tokens[0].end = end;
      disposed.files_removed = flag;
      disposed.is_complete = !flag;
      EXPECT_EQ(*as_disposed(disposed_text(disposed, Mode::kLocked)), disposed);
      expect_exactly_these_lines(disposed_text(disposed, Mode::kLocked), as_disposed);
    }
}

TEST(DisposalText, HasOneSpelling) {
  expect_no_spelling(shown_disposal("notice"),
                     {{"notice v1", "notice v2"},
                      {"month 2026-11 0 81234", "month 202611 0 81234"},
                      {"month 2026-11 0 81234", "month 2026-11 00 81234"},
                      {"month 2026-11 0 81234", "month 2026-11 0 81234 "},
                      {"month 2026-11 0 81234", "month 2026-11 81234"},
                      {"month 2026-11 0 81234", "month 2026-11 81234 81234"}},
                     as_notice);
  expect_no_spelling(parse_note(shown_disposal("disposal"))->text,
                     {{"by approvers", "by nobody"}, {"by approvers", "by  policy"}}, as_disposal);
  expect_no_spelling(disposed_text(disposed_month(), Mode::kLocked),
                     {{"segments 0 9", "segments"},
                      {"segments 0 9", "segments "},
                      {"segments 0 9", "segments 9 0"},
                      {"segments 0 9", "segments 9 9"},
                      {"segments 0 9", "segments 0  9"},
                      {"segments 0 9", "segments 0 9 "},
                      {"files removed", "files gone"},
                      {"token away", "token lost"},
                      {"token away pkcs11:serial=2", "token away "},
                      {"token away pkcs11:serial=2", "token away \x1f"},
                      {"complete no", "complete maybe"}},
                     as_disposed);
}

std::vector<MonthRange> months_in_a_row(std::size_t count) {
  std::vector<MonthRange> months;
  for (std::uint32_t k = 0; k < count; ++k)
    months.push_back({(2'026 + k / 12) * 100 + k % 12 + 1, LeafIndex{k}, LeafIndex{k + 1}});
  return months;
}

TEST(DisposalText, NamesMonthsInOrderAndNoMoreThan120) {
  Notice notice{"log.example", {}, months_in_a_row(kMonthsPerActMax)};
  EXPECT_EQ(*as_notice(notice_text(notice, Mode::kLocked)), notice);
  notice.months = months_in_a_row(kMonthsPerActMax + 1);
  EXPECT_FALSE(as_notice(notice_text(notice, Mode::kLocked)));
  for (std::size_t k = 0; k + 1 < 5; ++k) {
    notice.months = months_in_a_row(5);
    std::swap(notice.months[k], notice.months[k + 1]);
    EXPECT_FALSE(as_notice(notice_text(notice, Mode::kLocked)));
    notice.months = months_in_a_row(5);
    notice.months[k + 1].month = notice.months[k].month;
    EXPECT_FALSE(as_notice(notice_text(notice, Mode::kLocked)));
    notice.months = months_in_a_row(5);
    notice.months[k].end = LeafIndex{k + 2};  // a record of the next month too
    EXPECT_FALSE(as_notice(notice_text(notice, Mode::kLocked)));
  }
}

TEST(DisposalText, OfADraftNamesKeyPeriods) {
  const Notice notice{"log.example", {}, {{29'754, LeafIndex{4}, LeafIndex{9}}}};
  EXPECT_EQ(*parse_notice(notice_text(notice, Mode::kDraft), Mode::kDraft), notice);
  EXPECT_FALSE(as_notice(notice_text(notice, Mode::kDraft)));
  EXPECT_FALSE(parse_notice(shown_disposal("notice"), Mode::kDraft));
  Disposed disposed = disposed_month();
  disposed.month = 0;
  EXPECT_EQ(*parse_disposed(disposed_text(disposed, Mode::kDraft), Mode::kDraft), disposed);
}

TEST(DisposalText, KeepsItsLimitsAtTheEdge) {
  Disposed disposed = disposed_month();
  disposed.tokens[0].uri = std::string(kTokenUriMax, 'u');
  EXPECT_TRUE(as_disposed(disposed_text(disposed, Mode::kLocked)));
  disposed.tokens[0].uri += 'u';
  EXPECT_FALSE(as_disposed(disposed_text(disposed, Mode::kLocked)));
  disposed = disposed_month();
  while (disposed.tokens.size() < kDisposedTokensMax)
    disposed.tokens.push_back({KeyEnd::kFailed, "t" + std::to_string(disposed.tokens.size())});
  EXPECT_EQ(*as_disposed(disposed_text(disposed, Mode::kLocked)), disposed);
  disposed.tokens.push_back({KeyEnd::kFailed, "one-more"});
  EXPECT_FALSE(as_disposed(disposed_text(disposed, Mode::kLocked)));
  disposed = disposed_month();
  while (disposed.segments.size() < kDisposedSegmentsMax)
    disposed.segments.push_back(disposed.segments.back() + 1);
  EXPECT_EQ(*as_disposed(disposed_text(disposed, Mode::kLocked)), disposed);
  disposed.segments.push_back(disposed.segments.back() + 1);
  EXPECT_FALSE(as_disposed(disposed_text(disposed, Mode::kLocked)));
}

}  // namespace
}  // namespace varve::format
