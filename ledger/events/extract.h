// From a payload to what it says. Start here: extract() finds the format by the bytes, and reads it
// by one small file a format (formats.h). It is pure: the same version gives the same answer for the
// same bytes, for ever, because search commits to it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ledger/base/bytes.h"
#include "ledger/events/view.h"

namespace varve::events {

/// Counts up whenever any answer changes. Version 2 is what this folder does today. Version 1 was never
/// released. The code of a released version is kept.
inline constexpr std::uint32_t kExtractorVersion = 2;

inline constexpr std::size_t kPayloadMax = 1 << 20;  // bytes; what is longer is one gap
inline constexpr std::size_t kDepthMax = 64;         // levels of JSON or XML
inline constexpr std::size_t kEventsMax = 1'000;     // events in one payload
inline constexpr std::size_t kGapsMax = 256;         // listed; the others are counted
/// Bytes that all events of a payload together have of what is said once for all of them.
inline constexpr std::size_t kSharedMax = 1 << 20;

struct Extraction {
  std::uint32_t version = kExtractorVersion;
  std::string format;  // "fhir-json", "atna", ..., or "unknown"; "syslog+atna" inside an envelope
  std::vector<View> events;  // in the payload's order; none when nothing was understood
  std::vector<Gap> gaps;     // in the payload's order, at most kGapsMax
  std::size_t gaps_left_off = 0;
  // Events, or lines of them, behind the last one that found room. What they say nobody has looked at.
  std::size_t events_left_off = 0;

  void add_gap(std::string place, std::string reason);
};

/// Never fails: what cannot be read is a gap. The media type may be empty: it decides nothing, and one
/// that contradicts the bytes is a gap.
Extraction extract(std::string_view media_type, Bytes payload);

}  // namespace varve::events
