// What the API says of retention, and the notes that it takes. Which records are admitted is the
// log's to say: tests/log/hold_test.cc.
#include <gtest/gtest.h>

#include "api/common/json.h"
#include "ledger/base/text.h"
#include "ledger/format/hold.h"
#include "ledger/format/json.h"
#include "tests/api/site.h"

namespace varve::api {
namespace {

class RetentionRoutes : public ::testing::Test {
 protected:
  [[nodiscard]] format::HoldText text(const std::string& id) const {
    return {site_.world.options.origin, id, {}, "Doe v. Example", "an order", "legal"};
  }
  /// As a request's body. The log's own key places it.
  [[nodiscard]] std::string body(const std::string& id) const {
    const std::string words = format::hold_text_text(text(id));
    format::Hold hold{site_.world.options.origin, format::HoldAction::kPlace, id};
    hold.text = merkle::sha256(bytes_of(words));
    const std::string note = format::hold_note_text(hold, format::Mode::kLocked);
    return with_note(format::format_note({note, {site_.world.first_key.note_signature(note)}}),
                     words);
  }
  [[nodiscard]] static std::string with_note(const std::string& note, const std::string& words) {
    JsonWriter json;
    json.begin_object().key("note").text(note);
    if (!words.empty()) json.key("text").text(words);
    return json.end_object().take();
  }
  [[nodiscard]] Response post(const std::string& what) {
    return site_.post("/logs/open/retention", "application/json", what, "operate");
  }
  [[nodiscard]] format::Json shown(const std::string& query = "") {
    const Response response = site_.get("/logs/open/retention" + query, "read");
    EXPECT_EQ(response.status, 200);
    return *format::Json::parse(text_of(response.body));
  }

  Site site_;
};

TEST_F(RetentionRoutes, ShowThePolicyAndWhatItComesTo) {
  const format::Json json = shown();
  EXPECT_EQ(*json.text("mode"), "locked");
  EXPECT_EQ(*json.text("unit"), "days");
  EXPECT_EQ(*json.number("period"), 2'192u);
  EXPECT_EQ(*json.number("policy_record"), 1u);
  const auto policy = format::parse_policy(*json.text("policy_text"));
  ASSERT_TRUE(policy);
  EXPECT_EQ(policy->key, site_.world.first_key.key);
  const Buffer record = site_.world.log->records(LeafIndex{1}, 1)->front();
  EXPECT_EQ(*json.text("policy_leaf"), hex(merkle::leaf_hash(record).view()));
  const auto months = *json.objects("months");
  ASSERT_EQ(months.size(), 1u);
  EXPECT_EQ(*months[0].number("first"), 0u);
  EXPECT_FALSE(months[0].has("end")) << "it is not over";
  EXPECT_FALSE(json.has("first")) << "without two approvers nothing goes";
}

TEST_F(RetentionRoutes, TakeAHoldWithItsText) {
  const Response placed = post(body("2026-cv-1"));
  EXPECT_EQ(placed.status, 201) << text_of(placed.body);
  const format::Json json = shown();
  const auto holds = *json.objects("holds");
  ASSERT_EQ(holds.size(), 1u);
  EXPECT_EQ(*holds[0].text("id"), "2026-cv-1");
  EXPECT_EQ(*holds[0].text("scope"), "all");
  EXPECT_EQ(*holds[0].text("state"), "open");
  EXPECT_EQ(*(*json.objects("months"))[0].texts("holds"), std::vector<std::string>{"2026-cv-1"});
  EXPECT_EQ(post(body("2026-cv-1")).status, 409) << "an id is used once";
}

// What counts as evidence is the log's to say: tests/log/evidence_test.cc.
TEST_F(RetentionRoutes, RefuseWhatIsNoEvidence) {
  const TreeSize before = site_.world.size();
  const auto status = [this](const std::string& type, const std::string& what,
                             const std::string& role) {
    return site_.post("/logs/open/retention/evidence", type, what, role).status;
  };
  EXPECT_EQ(status("text/plain", R"({"timestamps":["x"]})", "operate"), 415);
  EXPECT_EQ(status("application/json", R"({"timestamps":["x"]})", "append"), 403);
  for (const char* what : {"", "[]", "{}", R"({"timestamps":"x"})", R"({"timestamps":[1]})",
                           R"({"timestamps":[]})", R"({"timestamps":["x"]})"})
    EXPECT_EQ(status("application/json", what, "operate"), 422) << what;
  EXPECT_EQ(site_.world.size(), before);
}

// Nothing of these is appended.
TEST_F(RetentionRoutes, RefuseWhatIsNoSuchNote) {
  const TreeSize before = site_.world.size();
  EXPECT_EQ(site_.post("/logs/open/retention", "text/plain", body("a"), "operate").status, 415);
  for (const std::string& wrong :
       {std::string("{}"), std::string("not json"), with_note("not a note", ""),
        with_note(site_.world.log->latest()->note, "")})
    EXPECT_EQ(post(wrong).status, 422) << wrong;
  EXPECT_EQ(site_.world.size(), before);
}

TEST_F(RetentionRoutes, SayWhatWouldBe) {
  EXPECT_EQ(*shown("?period=3653").number("period"), 3'653u);
  EXPECT_EQ(*shown().number("period"), 2'192u);
  EXPECT_EQ(*shown("?period=3653").text("policy_text"), *shown().text("policy_text"))
      << "the record is the one in force";
  EXPECT_EQ(*shown("?notice=365").number("notice"), 365u);
  const format::Json held = shown("?hold=months%202026-01%202099-12");
  EXPECT_EQ((*held.objects("holds")).size(), 1u);
  EXPECT_TRUE((*shown().objects("holds")).empty());
  ASSERT_EQ(post(body("2026-cv-1")).status, 201);
  EXPECT_EQ(*(*shown("?release=2026-cv-1").objects("holds"))[0].text("state"), "released");
  const auto status = [this](const std::string& query) {
    return site_.get("/logs/open/retention" + query, "read").status;
  };
  EXPECT_EQ(status("?release=unknown"), 404);
  EXPECT_EQ(status("?hold=some"), 400);
  EXPECT_EQ(status("?hold=months%202026-02%202026-01"), 400);
  EXPECT_EQ(status("?period=99999999999"), 400);
}

TEST_F(RetentionRoutes, ShowOfEachMonthHowMuchItHasWhenItGoesAndWhatKeepsIt) {
  const auto month = [this] { return (*shown().objects("months")).at(0); };
  EXPECT_EQ(*month().text("state"), "running");
  EXPECT_EQ(*month().number("records"), site_.world.size().value);
  EXPECT_EQ(*month().texts("kept_by"), std::vector<std::string>{"too few approvers"});
  EXPECT_LT(*month().text("due"), *month().text("goes")) << "a notice takes its time";
  std::size_t named = 0;
  for (int k = 0; k < 20; ++k) named += post(body("h" + std::to_string(k))).status == 201 ? 1 : 0;
  EXPECT_EQ(named, 20u);
  EXPECT_EQ(*month().texts("kept_by"), (std::vector<std::string>{"hold", "too few approvers"}));
  EXPECT_EQ(*month().number("held_by"), 20u);
  EXPECT_EQ((*month().texts("holds")).size(), 16u) << "the answer stays short";
}

TEST_F(RetentionRoutes, SayOfOneRecordUntilWhenItIsKeptAndWhy) {
  ASSERT_TRUE(site_.world.append_events({"{}"}));
  ASSERT_EQ(post(body("2026-cv-1")).status, 201);
  std::uint64_t event = 0;
  while (format::decode_record(site_.world.log->records(LeafIndex{event}, 1)->front())->kind !=
         format::Kind::kEvent)
    ++event;
  const format::Json said = shown("?index=" + std::to_string(event));
  EXPECT_EQ(*said.number("index"), event);
  EXPECT_EQ(*said.text("fate"), "goes");
  EXPECT_TRUE(said.has("appended"));
  EXPECT_TRUE(said.has("age_s"));
  EXPECT_EQ(*said.number("period"), 2'192u);
  EXPECT_EQ(*said.texts("takes"), (std::vector<std::string>{"notice", "approvals"}));
  const auto months = *said.objects("months");
  ASSERT_EQ(months.size(), 1u) << "its own";
  const format::Json& month = months.front();
  EXPECT_EQ(*month.texts("holds"), std::vector<std::string>{"2026-cv-1"});
  EXPECT_EQ(*month.text("due"), *(*shown().objects("months"))[0].text("due"));
  EXPECT_EQ(*shown("?index=0").text("fate"), "kept") << "the log's first key";
  EXPECT_EQ(*(*shown("?index=0&release=2026-cv-1").objects("months"))[0].number("held_by"), 0u);
}

TEST_F(RetentionRoutes, SayThatARecordIsNotThere) {
  const auto answer = [this](const std::string& index) {
    return site_.get("/logs/open/retention?index=" + index, "read");
  };
  const std::string size = std::to_string(site_.world.size().value);
  EXPECT_EQ(answer(size).status, 404);
  EXPECT_NE(text_of(answer(size).body).find("the log has " + size + " records"), std::string::npos);
  EXPECT_EQ(answer("18446744073709551615").status, 404);
  for (const char* wrong : {"", "-1", "x", "01", "1.5", "18446744073709551616"})
    EXPECT_EQ(answer(wrong).status, 400) << wrong;
}

}  // namespace
}  // namespace varve::api
