// Who did what to whose record, from where; long events list what was looked at.
#include "tools/bench/events.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace varve::bench {
namespace {

constexpr std::array<std::string_view, 6> kRoles = {"physician", "nurse",   "pharmacist",
                                                    "billing",   "auditor", "radiologist"};
constexpr std::array<std::string_view, 8> kTypes = {
    "Observation", "Patient",   "Encounter",        "MedicationRequest",
    "Condition",   "Procedure", "DiagnosticReport", "DocumentReference"};
constexpr std::array<std::string_view, 4> kActions = {"read", "search", "update", "create"};

std::string digits(std::uint64_t number, std::size_t width) {
  std::string text = std::to_string(number);
  return text.size() < width ? std::string(width - text.size(), '0').append(text) : text;
}

std::string identifier(Chance& chance) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string text;
  for (std::size_t i = 0; i < 32; ++i) {
    if (i == 8 || i == 12 || i == 16 || i == 20) text.push_back('-');
    text.push_back(kHex[chance.below(16)]);
  }
  return text;
}

template <class List>
std::string_view one_of(const List& list, Chance& chance) {
  return list[chance.below(list.size())];
}

void add_viewed(std::string& out, Chance& chance) {
  out.append(R"({"what":")").append(one_of(kTypes, chance));
  out.append("/").append(digits(chance.below(100'000'000), 8));
  out.append(R"(","version":)").append(std::to_string(1 + chance.below(9)));
  out.append(R"(,"label":"clinical data, department )").append(digits(chance.below(40), 2));
  out.append(R"(","sensitivity":"normal"},)");
}

std::string make_small_event(std::size_t size, Chance& chance) {
  std::string out = R"({"read":"P-)" + digits(chance.below(2'000'000), 9) + R"(","by":")";
  const std::size_t end = std::max(size, out.size() + 3) - 2;
  out.append(digits(chance.below(1'000'000'000), end - out.size()).substr(0, end - out.size()));
  return out.append("\"}");
}

}  // namespace

std::uint64_t Chance::next() {
  std::uint64_t z = (state_ += 0x9e3779b97f4a7c15U);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
  return z ^ (z >> 31);
}

std::string make_event(std::size_t size, Chance& chance) {
  if (size < 300) return make_small_event(size, chance);
  std::string out = R"({"id":")" + identifier(chance);
  out.append(R"(","recorded":"2026-11-21T)").append(digits(chance.below(24), 2)).append(":");
  out.append(digits(chance.below(60), 2)).append(":").append(digits(chance.below(60), 2));
  out.append(".").append(digits(chance.below(1'000'000), 6)).append(R"(Z","action":")");
  out.append(one_of(kActions, chance)).append(R"(","outcome":"success","user":"u)");
  out.append(digits(chance.below(3'000), 5)).append(R"(","role":")");
  out.append(one_of(kRoles, chance)).append(R"(","address":"10.20.)");
  out.append(std::to_string(chance.below(256))).append(".");
  out.append(std::to_string(chance.below(256))).append(R"(","patient":"P-)");
  out.append(digits(chance.below(2'000'000), 9)).append(R"(","viewed":[)");
  while (out.size() + 140 < size) add_viewed(out, chance);
  if (out.back() == ',') out.pop_back();
  out.append(R"(],"note":")");
  constexpr std::string_view kText = "opened from the ward's worklist during the round, ";
  while (out.size() + 2 < size) out.append(kText.substr(0, size - 2 - out.size()));
  return out.append("\"}");
}

std::vector<std::string> event_pool(std::size_t size, std::size_t number) {
  Chance chance(size);
  std::vector<std::string> pool;
  for (std::size_t i = 0; i < number; ++i) pool.push_back(make_event(size, chance));
  return pool;
}

}  // namespace varve::bench
