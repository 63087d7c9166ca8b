// What can be asked of an event, by the smallest event that says it, and which spellings are the same.
#include "ledger/search/field.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ledger/events/extract.h"
#include "ledger/search/codes.h"

namespace varve::search {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

events::View full_view() {
  events::View view;
  view.types = {{"DCM|110106", "Export"}, {"", "a disclosure"}};
  view.who = {{"urn:x|alice",
               {"u4711", "urn:x|alice"},
               "Alice",
               {{"ROLE|nurse", ""}},
               "s1",
               "10.0.0.1",
               true},
              {"", {}, "printer", {}, "", "10.0.0.2", false}};
  view.what = {{"Doc/1", {"d-1"}, "discharge letter", {}, {}}};
  view.whom = {"Patient/7", "urn:mrn|7"};
  view.action = "read";
  view.outcome = "success";
  view.where = {{"ehr"}, {"ward-7"}, "req-9", "10.0.0.3", "tablet"};
  view.purposes = {{"R|TREAT", "treatment"}};
  view.recipients = {"Org/lab"};
  return view;
}

TEST(ValuesOf, AreAllThatTheEventSaysOfAFieldEachOnce) {
  const events::View view = full_view();
  EXPECT_THAT(values_of(view, Field::kPatient), ElementsAre("Patient/7", "urn:mrn|7"));
  EXPECT_THAT(values_of(view, Field::kActor),
              ElementsAre("urn:x|alice", "u4711", "Alice", "printer"));
  EXPECT_THAT(values_of(view, Field::kRole), ElementsAre("ROLE|nurse"));
  EXPECT_THAT(values_of(view, Field::kAction), ElementsAre("read"));
  EXPECT_THAT(values_of(view, Field::kType), ElementsAre("DCM|110106", "a disclosure"));
  EXPECT_THAT(values_of(view, Field::kOutcome), ElementsAre("success"));
  EXPECT_THAT(values_of(view, Field::kRecipient), ElementsAre("Org/lab"));
  EXPECT_THAT(values_of(view, Field::kPurpose), ElementsAre("R|TREAT"));
  EXPECT_THAT(values_of(view, Field::kObject), ElementsAre("Doc/1", "d-1", "discharge letter"));
  EXPECT_THAT(values_of(view, Field::kAddress), ElementsAre("10.0.0.1", "10.0.0.2", "10.0.0.3"));
  EXPECT_THAT(values_of(view, Field::kService), ElementsAre("ehr", "ward-7", "tablet"));
  EXPECT_THAT(values_of(view, Field::kRequest), ElementsAre("req-9"));
}

TEST(ValuesOf, AreEachOnceHoweverManyThereAre) {
  events::View view;
  std::vector<std::string> once;
  for (int k = 0; k < 40; ++k) {
    once.push_back(std::to_string(k));
    for (int again = 0; again < 3; ++again) view.whom.push_back(std::to_string(k / (again + 1)));
  }
  EXPECT_EQ(values_of(view, Field::kPatient), once);
}

TEST(ValuesOf, OfARecipientAreItsOtherIdsAndItsNameToo) {
  events::View view = full_view();
  view.who.push_back({"Org/lab", {"l-1"}, "County Laboratory", {}, "", "10.0.0.9", false});
  EXPECT_THAT(values_of(view, Field::kRecipient),
              ElementsAre("Org/lab", "l-1", "County Laboratory"));
  EXPECT_FALSE(is_recipient(view, view.who[0]));
  EXPECT_TRUE(is_recipient(view, view.who[2]));
}

TEST(ValuesOf, AreNoneWhereTheEventSaysNothing) {
  for (const FieldRow& row : kFields)
    EXPECT_THAT(values_of(events::View{}, row.field), IsEmpty()) << row.name;
}

TEST(DoersOf, AreThoseWhoAskedOrElseAll) {
  events::View view = full_view();
  EXPECT_THAT(doers_of(view), ElementsAre(&view.who[0]));
  view.who[0].is_requestor.reset();
  EXPECT_THAT(doers_of(view), ElementsAre(&view.who[0], &view.who[1]));
}

// Every spelling that is asked for against every one that is said: exactly these pairs are the same.
TEST(Wanted, HasExactlyThePairsOfTheTable) {
  const std::vector<std::string> said = {"7",
                                         "urn:mrn|7",
                                         "http://x|1.0|7",
                                         "urn:oid:1.2.3|7",
                                         "7^^^&1.2.3&ISO",
                                         "7^^^WARD&1.2.3&iso^MR",
                                         "7^^^WARD",
                                         "Patient/7",
                                         "Patient/7/_history/2",
                                         "a|b|7",
                                         "70"};
  const auto same = [&](const std::string& asked) {
    const Wanted wanted({asked});
    std::vector<std::string> found;
    for (const std::string& value : said)
      if (wanted.has(value)) found.push_back(value);
    return found;
  };
  EXPECT_THAT(same("7"),
              ElementsAre("7", "urn:mrn|7", "http://x|1.0|7", "urn:oid:1.2.3|7", "7^^^&1.2.3&ISO",
                          "7^^^WARD&1.2.3&iso^MR", "7^^^WARD", "a|b|7"));
  EXPECT_THAT(same("|7"), ElementsAre("7"));
  EXPECT_THAT(same("urn:mrn|7"), ElementsAre("urn:mrn|7"));
  for (const char* one : {"urn:oid:1.2.3|7", "7^^^&1.2.3&ISO", "7^^^OTHER&1.2.3&ISO"})
    EXPECT_THAT(same(one),
                ElementsAre("urn:oid:1.2.3|7", "7^^^&1.2.3&ISO", "7^^^WARD&1.2.3&iso^MR"))
        << one;
  for (const char* one : {"Patient/7", "Patient/7/_history/1"})
    EXPECT_THAT(same(one), ElementsAre("Patient/7", "Patient/7/_history/2")) << one;
  EXPECT_THAT(same("a|b|7"), ElementsAre("a|b|7"));
  for (const char* none : {"", "urn:mrn|", "|", "a|b", "PATIENT/7", " 7", "1.0"})
    EXPECT_THAT(same(none), IsEmpty()) << none;
}

TEST(Wanted, HasEachOfSeveralValues) {
  const Wanted wanted({"7", "urn:mrn|8"});
  EXPECT_EQ(wanted.count(), 2U);
  EXPECT_TRUE(wanted.has("x|7"));
  EXPECT_TRUE(wanted.has("urn:mrn|8"));
  EXPECT_FALSE(wanted.has("x|8"));
  EXPECT_THAT(wanted.bare(), ElementsAre("7", "8"));
}

TEST(Canonical, LeavesEveryOtherTextAsItIs) {
  for (const std::string text :
       {"", "^^^&1.2.3&ISO", "7^^^&1.2.3&DNS", "7^^^&abc&ISO", "7^^^&&ISO", "7^^&1.2.3&ISO", "7^^^",
        "^", "&", "7^^^&1.2.3&ISO&x", "Patient/7"})
    EXPECT_EQ(canonical(text), text);
}

TEST(CodeOf, KnowsASystemByAllOfItsNamesAndNoOther) {
  EXPECT_EQ(code_of("DCM|110106", CodeSystem::kDicom), "110106");
  EXPECT_EQ(code_of("http://dicom.nema.org/resources/ontology/DCM|1", CodeSystem::kDicom), "1");
  EXPECT_EQ(code_of("urn:oid:1.2.840.10008.2.16.4|1", CodeSystem::kDicom), "1");
  EXPECT_EQ(code_of("urn:oid:2.16.840.1.113883.5.8|TREAT", CodeSystem::kActReason), "TREAT");
  EXPECT_EQ(code_of("DCM|TREAT", CodeSystem::kActReason), "");
  EXPECT_EQ(code_of("TREAT", CodeSystem::kActReason), "");
  EXPECT_EQ(code_of("xDCM|1", CodeSystem::kDicom), "");
}

}  // namespace
}  // namespace varve::search
