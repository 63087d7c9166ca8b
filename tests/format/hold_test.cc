// Holds and their texts have one spelling, keep their limits at the edge, and look as the document
// shows them.
#include "ledger/format/hold.h"

#include <gtest/gtest.h>

#include "ledger/merkle/tree.h"
#include "tests/format/retention_examples.h"
#include "tests/format/text_lines.h"

namespace varve::format {
namespace {

const std::string& shown_hold(const std::string& name) {
  static const RetentionExamples kExamples{DocumentedLog{}};
  for (const Example& example : kExamples.all)
    if (example.name == name) return example.text;
  CHECK(false);
}

Result<Hold> in_months(std::string_view text) {
  return parse_hold(text, Mode::kLocked);
}
Result<Hold> in_key_periods(std::string_view text) {
  return parse_hold(text, Mode::kDraft);
}

Hold placed_hold() {
  return {"log.example", HoldAction::kPlace, "a-1.b", {Scope::What::kMonths, 202'611, 202'701, {}}};
}

TEST(HoldDocument, ShowsNotesAndATextThatParse) {
  const std::string place = parse_note(shown_hold("hold place"))->text;
  const Hold hold = *in_months(place);
  EXPECT_EQ(hold_note_text(hold, Mode::kLocked), place);
  EXPECT_EQ(hold.id, "2028-cv-117");
  EXPECT_EQ(hold.text, merkle::sha256(bytes_of(shown_hold("hold-text"))));
  EXPECT_EQ(hold.scope, (Scope{Scope::What::kMonths, 202'611, 202'701, {}}));
  const std::string release = parse_note(shown_hold("hold release"))->text;
  EXPECT_EQ(hold_note_text(*in_months(release), Mode::kLocked), release);
  EXPECT_EQ(in_months(release)->action, HoldAction::kRelease);
  const auto text = parse_hold_text(shown_hold("hold-text"));
  ASSERT_TRUE(text);
  EXPECT_EQ(hold_text_text(*text), shown_hold("hold-text"));
  EXPECT_EQ(text->id, hold.id);
}

TEST(HoldText, IsExactlyItsLines) {
  Hold hold = placed_hold();
  EXPECT_EQ(*in_months(hold_note_text(hold, Mode::kLocked)), hold);
  expect_exactly_these_lines(hold_note_text(hold, Mode::kLocked), in_months);
  for (const Scope::What what : {Scope::What::kAll, Scope::What::kSource}) {
    hold.scope = {what, 0, 0, SourceId{what == Scope::What::kSource ? UINT64_MAX - 6 : 0}};
    EXPECT_EQ(*in_months(hold_note_text(hold, Mode::kLocked)), hold);
    expect_exactly_these_lines(hold_note_text(hold, Mode::kLocked), in_months);
  }
  const Hold release{"log.example", HoldAction::kRelease, "a-1.b", {}, {}, merkle::sha256({})};
  EXPECT_EQ(*in_months(hold_note_text(release, Mode::kLocked)), release);
  expect_exactly_these_lines(hold_note_text(release, Mode::kLocked), in_months);
  expect_exactly_these_lines(shown_hold("hold-text"), parse_hold_text);
}

TEST(HoldText, HasOneSpelling) {
  expect_no_spelling(hold_note_text(placed_hold(), Mode::kLocked),
                     {{"hold v1", "hold v2"},
                      {"origin log", "origin l og"},
                      {"action place", "action keep"},
                      {"action place", "action release"},
                      {"id a-1.b", "id "},
                      {"id a-1.b", "id A"},
                      {"id a-1.b", "id a b"},
                      {"months 2026-11", "months  2026-11"},
                      {"months 2026-11", "months 202611"},
                      {"months 2026-11", "months 2026-13"},
                      {"2027-01\n", "2027-01 \n"},
                      {" 2027-01\n", "\n"},
                      {"scope months", "scope month"},
                      {"scope months 2026-11 2027-01", "scope all "},
                      {"scope months 2026-11 2027-01", "scope source 0"},
                      {"scope months 2026-11 2027-01", "scope source 00000000000000ag"},
                      {"scope months 2026-11 2027-01", "scope source 000000000000000012"},
                      {"text 00", "text 0"}},
                     in_months);
}

TEST(HoldText, OfADraftNamesKeyPeriods) {
  Hold hold = placed_hold();
  hold.scope = {Scope::What::kMonths, 0, UINT32_MAX, {}};
  const std::string text = hold_note_text(hold, Mode::kDraft);
  EXPECT_EQ(*in_key_periods(text), hold);
  EXPECT_FALSE(in_months(text));
  EXPECT_FALSE(in_key_periods(hold_note_text(placed_hold(), Mode::kLocked)));
  expect_no_spelling(text, {{"4294967295", "4294967296"}, {"months 0", "months 00"}},
                     in_key_periods);
}

TEST(HoldText, KeepsItsLimitsAtTheEdge) {
  Hold hold = placed_hold();
  hold.id = std::string(kHoldIdMax, 'z');
  EXPECT_TRUE(in_months(hold_note_text(hold, Mode::kLocked)));
  hold.id += 'z';
  EXPECT_FALSE(in_months(hold_note_text(hold, Mode::kLocked)));
  const HoldText most{"log.example",
                      "a",
                      {},
                      std::string(kHoldReferenceMax, 'c'),
                      std::string(kHoldReasonMax, 'r'),
                      std::string(kHoldReferenceMax, 'k')};
  EXPECT_EQ(*parse_hold_text(hold_text_text(most)), most);
  for (std::string HoldText::*const line :
       {&HoldText::reference, &HoldText::reason, &HoldText::contact}) {
    HoldText more = most;
    more.*line += 'x';
    EXPECT_FALSE(parse_hold_text(hold_text_text(more)));
    for (const char* bad : {"a\tb", "\xff", "\x1f"}) {
      more.*line = bad;
      EXPECT_FALSE(parse_hold_text(hold_text_text(more))) << bad;
    }
    more.*line = "";
    EXPECT_EQ(*parse_hold_text(hold_text_text(more)), more);
  }
}

}  // namespace
}  // namespace varve::format
