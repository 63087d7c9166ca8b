// Shares of requests and bytes: nobody gets all, and nothing is taken before it is there.
#include "api/access/gate.h"

#include <gtest/gtest.h>

#include <array>

#include "api/refusal_response.h"
#include "ledger/base/check.h"

namespace varve::api {
namespace {

using PassPointer = std::unique_ptr<Gate::Pass>;

constexpr std::uint64_t kPiece = 2 * kSmallBody;  // the least that is counted, and a bit

Asker client(const std::string& name) {
  return {false, name};
}
Asker address(const std::string& name) {
  return {true, name};
}

PassPointer let_in(Gate& gate, const Asker& asker) {
  auto entry = gate.enter(asker, 0);
  CHECK(std::holds_alternative<PassPointer>(entry));
  return std::move(std::get<PassPointer>(entry));
}

std::optional<Limit> refused(Gate& gate, const Asker& asker, std::uint64_t announced = 0) {
  const auto entry = gate.enter(asker, announced);
  const Limit* limit = std::get_if<Limit>(&entry);
  return limit == nullptr ? std::nullopt : std::optional{*limit};
}

TEST(Gate, CountsRequestsOfAllAndOfEachClient) {
  Gate gate{{.requests_max = 3, .requests_per_client_max = 2, .body_bytes_max = 100}};
  PassPointer first = let_in(gate, client("a"));
  const PassPointer second = let_in(gate, client("a"));
  EXPECT_EQ(refused(gate, client("a")), Limit::kClientRequests);
  const PassPointer third = let_in(gate, client("b"));
  EXPECT_EQ(refused(gate, client("c")), Limit::kRequests);
  EXPECT_EQ(gate.requests(), 3U);
  first.reset();
  EXPECT_EQ(refused(gate, client("a")), std::nullopt);
  EXPECT_EQ(gate.requests(), 2U);
}

TEST(Gate, TakesTheAddressForTheClientOfSomeoneWithoutACredential) {
  Gate gate{{.requests_max = 10, .requests_per_client_max = 1, .body_bytes_max = 100}};
  const PassPointer anonymous = let_in(gate, address("192.0.2.1"));
  EXPECT_EQ(refused(gate, address("192.0.2.1")), Limit::kClientRequests);
  EXPECT_EQ(refused(gate, address("192.0.2.2")), std::nullopt);
  EXPECT_EQ(refused(gate, client("192.0.2.1")), std::nullopt) << "a client that is named so";
}

TEST(Gate, LeavesHalfOfTheRequestsToThoseWithACredential) {
  for (const std::size_t most : {1, 2, 3, 10, 11}) {
    SCOPED_TRACE(most);
    Gate gate{{.requests_max = most, .requests_per_client_max = most, .body_bytes_max = 100}};
    std::vector<PassPointer> anonymous;
    const std::size_t half = std::max<std::size_t>(1, most / 2);
    for (std::size_t i = 0; i < half; ++i)
      anonymous.push_back(let_in(gate, address(std::to_string(i))));
    const Limit next = most == 1 ? Limit::kRequests : Limit::kAnonymousRequests;
    EXPECT_EQ(refused(gate, address("another")), next);
    for (std::size_t i = half; i < most; ++i) anonymous.push_back(let_in(gate, client("c")));
    EXPECT_EQ(refused(gate, client("c")), Limit::kRequests);
  }
}

TEST(Gate, TakesNothingForABodyThatWasOnlyAnnounced) {
  Gate gate{{.requests_max = 4096, .requests_per_client_max = 4096, .body_bytes_max = 64u << 20}};
  std::vector<Gate::Entry> announced;
  for (int i = 0; i < 1'000; ++i) {
    announced.push_back(gate.enter(client("a"), 16u << 20));
    ASSERT_TRUE(std::holds_alternative<PassPointer>(announced.back())) << i;
  }
  EXPECT_EQ(let_in(gate, client("b"))->hold(32u << 20), std::nullopt);
}

TEST(Gate, RefusesAnAnnouncedBodyThatCannotBeHeldNow) {
  Gate gate{{.requests_max = 9, .requests_per_client_max = 9, .body_bytes_max = 10 * kPiece}};
  EXPECT_EQ(refused(gate, client("a"), 5 * kPiece), std::nullopt);
  EXPECT_EQ(refused(gate, client("a"), 6 * kPiece), Limit::kClientBytes);
  EXPECT_EQ(refused(gate, client("a"), 11 * kPiece), Limit::kBytes);
  EXPECT_EQ(refused(gate, client("a"), 5 * kPiece), std::nullopt) << "a refusal takes nothing";
}

// Every course of eight steps in which one of three clients takes one more of nine pieces.
TEST(Gate, NobodyHoldsMoreThanItLeavesForTheOthersWhateverTheCourse) {
  constexpr std::uint64_t kPieces = 9;
  constexpr int kSteps = 8;
  constexpr int kCourses = 6561;  // three to the power of eight
  for (int course = 0; course < kCourses; ++course) {
    Gate gate{
        {.requests_max = 9, .requests_per_client_max = 9, .body_bytes_max = kPieces * kPiece}};
    std::array<PassPointer, 3> passes = {let_in(gate, client("a")), let_in(gate, client("b")),
                                         let_in(gate, client("c"))};
    std::array<std::uint64_t, 3> held{};
    std::uint64_t left = kPieces;
    for (int step = 0, rest = course; step < kSteps; ++step, rest /= 3) {
      const auto who = static_cast<std::size_t>(rest % 3);
      const bool fits = left != 0 && held[who] + 1 <= left - 1;
      const auto limit = passes[who]->hold((held[who] + 1) * kPiece);
      ASSERT_EQ(!limit, fits) << course << " " << step;
      if (limit) continue;
      ++held[who];
      --left;
      ASSERT_LE(held[who], left) << course << " " << step;
    }
  }
}

// The twelfth of those who each took all that they could still gets a batch of 64 KiB through.
TEST(Gate, HasRoomForOneMoreAfterManyGreedyOnes) {
  Gate gate{{.requests_max = 99, .requests_per_client_max = 9, .body_bytes_max = 256u << 20}};
  std::vector<PassPointer> greedy;
  for (int i = 0; i < 11; ++i) {
    greedy.push_back(let_in(gate, client(std::to_string(i))));
    std::uint64_t held = 0;
    while (!greedy.back()->hold(held + kPiece)) held += kPiece;
    EXPECT_GE(held, 64u << 10) << i;
  }
  EXPECT_EQ(let_in(gate, client("late"))->hold(64u << 10), std::nullopt);
}

TEST(Gate, AddsUpWhatTheRequestsOfOneClientHold) {
  Gate gate{{.requests_max = 9, .requests_per_client_max = 9, .body_bytes_max = 10 * kPiece}};
  const PassPointer first = let_in(gate, client("a"));
  const PassPointer second = let_in(gate, client("a"));
  EXPECT_EQ(first->hold(3 * kPiece), std::nullopt);
  EXPECT_EQ(second->hold(3 * kPiece), Limit::kClientBytes);
  EXPECT_EQ(second->hold(2 * kPiece), std::nullopt);
}

// Whoever asks for much and reads slowly holds the memory of the answer, and no longer that of
// what was sent.
TEST(Gate, CountsTheResponseInPlaceOfTheBody) {
  Gate gate{{.requests_max = 9, .requests_per_client_max = 9, .body_bytes_max = 10 * kPiece}};
  PassPointer pass = let_in(gate, client("a"));
  EXPECT_EQ(pass->hold(5 * kPiece), std::nullopt);
  EXPECT_EQ(pass->hold(6 * kPiece), Limit::kClientBytes);
  EXPECT_EQ(pass->hold(4 * kPiece), std::nullopt);
  EXPECT_EQ(let_in(gate, client("b"))->hold(3 * kPiece), std::nullopt);
  EXPECT_EQ(pass->hold(0), std::nullopt);
  EXPECT_EQ(pass->hold(5 * kPiece), std::nullopt);
  pass.reset();
  EXPECT_EQ(let_in(gate, client("b"))->hold(5 * kPiece), std::nullopt);
}

TEST(Gate, DoesNotCountSmallBodies) {
  Gate gate{{.requests_max = 9, .requests_per_client_max = 9, .body_bytes_max = 1}};
  EXPECT_EQ(let_in(gate, client("a"))->hold(kSmallBody), std::nullopt);
  EXPECT_EQ(let_in(gate, client("a"))->hold(kSmallBody + 1), Limit::kBytes);
}

TEST(Gate, SaysWhichLimitItWas) {
  for (std::size_t i = 0; i < kLimits; ++i) {
    const auto limit = static_cast<Limit>(i);
    const bool own = limit == Limit::kClientRequests || limit == Limit::kClientBytes;
    EXPECT_EQ(refuse(limit).status, own ? 429 : 503) << limit_name(limit);
    for (std::size_t k = 0; k < i; ++k) EXPECT_NE(limit_name(limit), limit_name(Limit(k)));
  }
}

}  // namespace
}  // namespace varve::api
