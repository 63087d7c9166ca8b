// Stores as varved would have made them in months that are over.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "hsm/token.h"
#include "installation.h"

namespace varve::system {

inline constexpr std::uint64_t kJanuary = 1'767'300'000'000'000;   // 2026-01-01
inline constexpr std::uint64_t kFebruary = 1'770'000'000'000'000;  // 2026-02-02
inline constexpr std::uint64_t kMarch = 1'772'764'800'000'000;     // 2026-03-06: January is due
inline constexpr std::uint64_t kApril = 1'775'529'600'000'000;     // 2026-04-07: February too

/// The installation's token, in this process.
std::unique_ptr<hsm::Token> open_token(const Installation& varve);

/// The store of a log below `data`: of each time a segment that was begun then, with so many
/// events. It keeps its records for 30 days, and two approvers let them go.
void write_segments(const Installation& varve, const std::string& log_name,
                    const std::vector<std::uint64_t>& times, std::size_t events);

/// One segment of January, one of February and one of March, with 5 events each: January may go.
void write_three_months(const Installation& varve, const std::string& log_name = "main");
/// The approvers let all months go that are due, `now_us` and eight days: a record disposes of them. Keys
/// are destroyed by whoever opens the log next, or by hand.
void let_go(const Installation& varve, const std::string& log_name = "main",
            std::uint64_t now_us = kMarch);
/// Where events are in such a log. January begins with the log's key, its policy, a clock record, the
/// month's secret under a seal, the approvers and another clock record; February, behind the seal of
/// January's events, with a clock record and its secret.
inline constexpr const char* kJanuaryEvent = "/events/8";
inline constexpr const char* kJanuaryProof = "/proof/inclusion?index=8";
inline constexpr const char* kFebruaryEvent = "/events/17";
inline constexpr std::size_t kJanuaryRecords = 14;

/// How a month without its key is counted: its secret goes too.
inline std::string gone_text(std::size_t events, const std::string& month = "2026-01") {
  return std::to_string(events + 1) + " events of " + month + " are gone";
}

}  // namespace varve::system
