// Which grants may come next, and since when each is there.
#include "ledger/rules/grants.h"

#include <gtest/gtest.h>

#include "ledger/merkle/tree.h"

namespace varve::rules {
namespace {

const std::string kGrantsOrigin = "log.example";

format::Grant held_by(const std::string& who, const std::string& role = "append") {
  return {"token", role, "", who};
}

std::string text_after(const GrantsAt* last, std::vector<format::Grant> wanted,
                       std::uint64_t time_us) {
  return format::grants_text(next_grants(last, kGrantsOrigin, std::move(wanted), time_us));
}

GrantsAt at(std::uint64_t index, const GrantsAt* last, const std::string& text) {
  auto grants = judge_grants(last, text, kGrantsOrigin);
  CHECK(grants);
  return {LeafIndex{index}, std::move(*grants)};
}

TEST(GrantsInOrder, AreThereSinceTheFirstRecordThatHasThemWithoutABreak) {
  const GrantsAt first = at(5, nullptr, text_after(nullptr, {held_by("b"), held_by("a")}, 10));
  EXPECT_EQ(first.grants.grants[0].grant.who, "a");
  const GrantsAt second =
      at(9, &first, text_after(&first, {held_by("a"), held_by("c"), held_by("a", "read")}, 20));
  EXPECT_EQ(second.grants.previous, LeafIndex{5});
  const std::vector<format::GrantSince> expected = {
      {held_by("a"), 10}, {held_by("c"), 20}, {held_by("a", "read"), 20}};
  EXPECT_EQ(second.grants.grants, expected);
  const GrantsAt third = at(12, &second, text_after(&second, {held_by("a"), held_by("b")}, 30));
  EXPECT_EQ(third.grants.grants[0].since_us, 10U);
  EXPECT_EQ(third.grants.grants[1].since_us, 30U) << "it was gone in between";
}

TEST(GrantsInOrder, SayTheSameWhateverTheySayOfSinceWhen) {
  const auto one = next_grants(nullptr, kGrantsOrigin, {held_by("a"), held_by("a")}, 10);
  EXPECT_EQ(one.grants.size(), 1U);
  EXPECT_TRUE(grant_the_same(one, next_grants(nullptr, kGrantsOrigin, {held_by("a")}, 20)));
  EXPECT_FALSE(grant_the_same(one, next_grants(nullptr, kGrantsOrigin, {held_by("b")}, 10)));
  EXPECT_FALSE(grant_the_same(one, next_grants(nullptr, kGrantsOrigin, {}, 10)));
}

TEST(GrantsInOrder, ThatContradictTheRecordsAreRefused) {
  const GrantsAt first = at(5, nullptr, text_after(nullptr, {held_by("a")}, 10));
  const std::string good = text_after(&first, {held_by("a"), held_by("b")}, 20);
  EXPECT_TRUE(judge_grants(&first, good, kGrantsOrigin));
  for (const auto& [from, to] : {std::pair{"origin log.example", "origin log.other"},
                                 {"previous 5", "previous 4"},
                                 {"previous 5", "previous none"},
                                 {"grant 10", "grant 9"},
                                 {"grant 10", "grant 20"},
                                 {"grant 20", "grant 10"}}) {
    std::string other = good;
    other.replace(other.find(from), std::string_view(from).size(), to);
    EXPECT_FALSE(judge_grants(&first, other, kGrantsOrigin)) << other;
  }
  EXPECT_FALSE(judge_grants(nullptr, good, kGrantsOrigin));
}

// However many there are, a record holds them, and no change of one is missed.
TEST(GrantsInOrder, WhatFindsNoRoomIsCountedAndHashed) {
  std::vector<format::Grant> many;
  for (int k = 10'000; k < 13'000; ++k) many.push_back(held_by("client-" + std::to_string(k)));
  const format::Grants all = next_grants(nullptr, kGrantsOrigin, many, 1'795'256'106'000'000);
  const std::string text = format::grants_text(all);
  EXPECT_LE(text.size(), format::kGrantsBytesMax);
  EXPECT_GT(text.size(), format::kGrantsBytesMax * 9 / 10);
  EXPECT_TRUE(judge_grants(nullptr, text, kGrantsOrigin));
  EXPECT_EQ(all.grants.size() + all.more, many.size());
  std::string lines;
  for (std::size_t k = all.grants.size(); k < many.size(); ++k) lines += grant_line(many[k]);
  EXPECT_EQ(all.more_hash, merkle::sha256(bytes_of(lines)));
  many.back().who = "client-x";
  EXPECT_FALSE(grant_the_same(all, next_grants(nullptr, kGrantsOrigin, many, 10)));
}

}  // namespace
}  // namespace varve::rules
