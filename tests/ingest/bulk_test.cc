// The parser of _bulk: which slice of the body an event is, which items are refused, and that a body
// which is cut anywhere gives nothing that was not sent whole.
#include "api/ingest/bulk.h"

#include <gtest/gtest.h>

#include "ledger/format/record.h"

namespace varve::api {
namespace {

std::string slice_of(const BulkItem& item) {
  return std::string{item.slice};
}

/// Keeps the body that the items view.
struct Parsed {
  explicit Parsed(std::string_view text, std::string_view index = "")
      : body(to_buffer(bytes_of(text))), result(parse_bulk(body, index)) {
    EXPECT_EQ(text_of(body), text);
  }
  [[nodiscard]] const std::vector<BulkItem>& items() const {
    static const std::vector<BulkItem> none;
    const auto* found = std::get_if<std::vector<BulkItem>>(&result);
    EXPECT_NE(found, nullptr);
    return found == nullptr ? none : *found;
  }
  [[nodiscard]] const BulkFault* fault() const { return std::get_if<BulkFault>(&result); }

  Buffer body;
  BulkItems result;
};

int status_of(std::string_view action, std::string_view source = "{}") {
  const Parsed parsed(std::string{action} + "\n" + std::string{source} + "\n");
  if (parsed.items().size() != 1) return -1;
  return parsed.items()[0].refusal ? parsed.items()[0].refusal->status : 0;
}

TEST(Bulk, EventIsTheSliceOfBothLinesAndTheLineEndBetweenThem) {
  const Parsed parsed(
      "{ \"index\": { \"_index\": \"a\", \"_id\": \"1\" } }\n{ \"t\": \"x\" }\n"
      "{\"create\":{\"_index\":\"b\"}}\r\n{\"u\":2}\r\n"
      "{\"create\":{\"_index\":\"c\",\"_id\":7}}\n{}");
  ASSERT_EQ(parsed.items().size(), 3U);
  const auto& items = parsed.items();
  EXPECT_EQ(slice_of(items[0]),
            "{ \"index\": { \"_index\": \"a\", \"_id\": \"1\" } }\n{ \"t\": \"x\" }");
  EXPECT_EQ(slice_of(items[1]), "{\"create\":{\"_index\":\"b\"}}\r\n{\"u\":2}\r");
  EXPECT_EQ(slice_of(items[2]), "{\"create\":{\"_index\":\"c\",\"_id\":7}}\n{}");
  EXPECT_EQ(items[0].verb, BulkVerb::kIndex);
  EXPECT_EQ(items[0].id, "1");
  EXPECT_EQ(items[1].id, "");
  EXPECT_EQ(items[1].index, "b");
  EXPECT_EQ(items[2].id, "7");
  for (const BulkItem& item : items) EXPECT_FALSE(item.refusal || item.from_path);
}

TEST(Bulk, ItemsStandInTheOrderOfTheirActionsAlsoTheRefusedOnes) {
  const Parsed parsed(
      "{\"delete\":{\"_index\":\"i\",\"_id\":\"2\"}}\n"
      "{\"update\":{\"_index\":\"i\",\"_id\":\"3\"}}\n{\"doc\":{}}\n"
      "\n{\"create\":{\"_index\":\"i\"}}\n{\"a\":1}\n"
      "{\"index\":{\"_index\":\"i\"}}\nnot json\n"
      "{\"index\":{\"_index\":\"i\"}}\n{\"b\":1}\n");
  ASSERT_EQ(parsed.items().size(), 5U);
  const int statuses[] = {400, 400, 0, 400, 0};
  const char* verbs[] = {"delete", "update", "create", "index", "index"};
  for (std::size_t i = 0; i < 5; ++i) {
    const BulkItem& item = parsed.items()[i];
    EXPECT_EQ(item.refusal ? item.refusal->status : 0, statuses[i]) << i;
    EXPECT_EQ(verb_name(item.verb), verbs[i]);
  }
  EXPECT_EQ(parsed.items()[3].refusal->type, "mapper_parsing_exception");
}

TEST(Bulk, IndexOfThePathCountsWhereTheActionHasNone) {
  const Parsed parsed("{\"index\":{}}\n{}\n{\"index\":{\"_index\":\"own\"}}\n{}\n", "path");
  ASSERT_EQ(parsed.items().size(), 2U);
  EXPECT_EQ(parsed.items()[0].index, "path");
  EXPECT_TRUE(parsed.items()[0].from_path);
  EXPECT_EQ(parsed.items()[1].index, "own");
  EXPECT_FALSE(parsed.items()[1].from_path);
  EXPECT_EQ(status_of("{\"index\":{}}"), 400);
}

TEST(Bulk, WhatAsksForMoreThanKeepingIsRefused) {
  const auto with = [](const std::string& member) {
    return status_of("{\"index\":{\"_index\":\"i\"," + member + "}}");
  };
  EXPECT_EQ(with("\"pipeline\":\"geo\""), 400);
  EXPECT_EQ(with("\"pipeline\":\"_none\""), 0);
  EXPECT_EQ(with("\"pipeline\":null"), 0);
  EXPECT_EQ(with("\"if_seq_no\":1"), 400);
  EXPECT_EQ(with("\"if_primary_term\":1"), 400);
  EXPECT_EQ(with("\"_type\":\"_doc\",\"routing\":\"r\",\"require_alias\":false"), 0);
  EXPECT_EQ(with("\"_id\":{}"), 400);
  EXPECT_EQ(with("\"_id\":\"" + std::string(513, 'x') + "\""), 400);
  EXPECT_EQ(with("\"_id\":\"" + std::string(512, 'x') + "\""), 0);
  EXPECT_EQ(status_of("{\"index\":{\"_index\":\"" + std::string(256, 'x') + "\"}}"), 400);
  EXPECT_EQ(status_of("{\"index\":{\"_index\":[]}}"), 400);
}

TEST(Bulk, EventLargerThanARecordIsRefusedAndTheNextOneIsNot) {
  const std::string action = "{\"create\":{\"_index\":\"i\"}}";
  const std::size_t most =
      format::kRecordMax - format::kRecordFixedSize - kBulkMediaType.size() - action.size() - 1;
  const auto source = [](std::size_t size) {
    return "{\"a\":\"" + std::string(size - 8, 'x') + "\"}";
  };
  EXPECT_EQ(status_of(action, source(most)), 0);
  EXPECT_EQ(status_of(action, source(most + 1)), 413);
  const Parsed two(action + "\n" + source(most + 1) + "\n" + action + "\n{}\n");
  EXPECT_FALSE(two.items().back().refusal);
}

TEST(Bulk, NothingIsTakenOfABodyWhoseActionsCannotBeToldApart) {
  const std::string good = "{\"index\":{\"_index\":\"i\"}}\n{}\n";
  for (const std::string bad :
       {"x", "[]", "{}", "{\"other\":{}}", "{\"index\":1}", "{\"index\":{}} {}",
        "{\"index\":{},\"create\":{}}", "{\"index\":{\"_id\":1,\"_id\":2}}", "\xff", "null"}) {
    const Parsed parsed(good + bad + "\n{}\n");
    ASSERT_NE(parsed.fault(), nullptr) << bad;
    EXPECT_EQ(parsed.fault()->line, 3U) << bad;
  }
  EXPECT_NE(Parsed("").fault(), nullptr);
  EXPECT_NE(Parsed("\n\r\n").fault(), nullptr);
  EXPECT_NE(Parsed("{\"index\":{\"_index\":\"i\"}}\n").fault(), nullptr);
}

TEST(Bulk, HasAtMostSoManyActions) {
  const std::string action = "{\"delete\":{\"_index\":\"i\"}}\n";
  std::string text;
  for (std::size_t i = 0; i < kBulkActionsMax; ++i) text += action;
  EXPECT_EQ(Parsed(text).items().size(), kBulkActionsMax);
  const Parsed more(text + action);
  ASSERT_NE(more.fault(), nullptr);
  EXPECT_TRUE(more.fault()->too_large);
}

// Wherever a body is cut: a fault, or the first items as they are in the whole body, and after them at
// most one that is refused.
TEST(Bulk, CutAnywhereGivesNothingThatWasNotSentWhole) {
  const std::string text =
      "{\"index\":{\"_index\":\"a\",\"_id\":\"1\"}}\n{\"t\":{\"n\":[1,2]}}\n"
      "{\"delete\":{\"_index\":\"a\"}}\n{\"create\":{\"_index\":\"b\"}}\r\n{\"u\":\"\xc3\xa4\"}"
      "\r\n";
  const Parsed whole(text);
  for (std::size_t cut = 0; cut < text.size(); ++cut) {
    SCOPED_TRACE(cut);
    const Parsed parsed(std::string_view{text}.substr(0, cut));
    if (parsed.fault() != nullptr) continue;
    ASSERT_LE(parsed.items().size(), whole.items().size());
    for (std::size_t i = 0; i < parsed.items().size(); ++i) {
      const BulkItem& item = parsed.items()[i];
      const bool last = i + 1 == parsed.items().size();
      if (last && item.refusal) continue;
      const std::string_view sent = whole.items()[i].slice;
      EXPECT_EQ(item.refusal.has_value(), whole.items()[i].refusal.has_value());
      // The CR at the end is the sender's own line end, and may be what was cut.
      EXPECT_TRUE(item.slice == sent || (last && std::string{item.slice} + "\r" == sent));
    }
  }
}

}  // namespace
}  // namespace varve::api
