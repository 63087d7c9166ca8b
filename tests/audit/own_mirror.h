// A mirror that judges for itself, beside a log that disposes of a month: told by an honest server, and
// by a thief.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "fake_server.h"
#include "ledger/base/text.h"
#include "ledger/env/posix.h"
#include "ledger/format/observations.h"
#include "run_program.h"
#include "temporary_directory.h"
#include "tests/verify/buried.h"
#include "tests/verify/mirror_story.h"

namespace varve::audit {

namespace fs = std::filesystem;

inline constexpr int kExitGone = 18;
inline constexpr int kExitKept = 19;

/// The mirror's clock is the machine's. That it saw the log long ago stands in its observations, which
/// a test writes as if it had run then.
struct OwnMirror : ::testing::Test {
  const std::uint64_t now_us = env::posix_clock().now_us();
  TemporaryDirectory directory;
  FakeServer server;
  verify::MirrorStory told{30};
  std::vector<std::pair<std::size_t, std::uint64_t>> stages;  // size, and how many days ago

  [[nodiscard]] std::string vkey() const {
    return " --vkey '" + format::format_vkey(told.log.first.verifier) + "' ";
  }
  [[nodiscard]] Ran mirror(const std::string& options = "") const {
    return run(options + " mirror " + server.url() + " " + directory.file("mirror") + vkey());
  }
  [[nodiscard]] Ran decide(const std::string& month) const {
    return run("mirror " + server.url() + " " + directory.file("mirror") + vkey() + "--forget " +
               month + " --decided-by 'Ann Smith, privacy officer'");
  }
  [[nodiscard]] Ran check(const std::string& options = "") const {
    return run(options + " check " + directory.file("mirror") + vkey());
  }
  [[nodiscard]] format::Observations observations() const {
    return format::parse_observations(directory.read("mirror/observations")).value();
  }
  void stage(std::uint64_t days_ago) { stages.emplace_back(told.log.records.size(), days_ago); }

  /// Ann and Bob approve from the start.
  void tell_honestly() {
    told.approvers();
    told.first_month();
    stage(58);
    told.second_month();
    stage(40);
    told.clock(50);
    stage(12);
    told.notice();
    told.clock(50);
    stage(8);
    told.clock(58);
    told.disposal();
  }
  /// Whoever has the log's key names Ann and Bob, and all of it has happened within a day.
  void tell_as_a_thief() {
    told.first_month();
    told.second_month();
    told.hold();
    stage(5);
    stage(2);
    told.approvers();
    told.clock(20);
    told.clock(60);
    told.release();
    told.notice();
    told.clock(60);
    told.clock(70);
    told.disposal();
  }
  /// The mirror has all of it, and has seen each stage when it is said to have.
  void copy() {
    server.serve(told.log);
    static_cast<void>(mirror());
    format::Observations seen = observations();
    seen.sightings.clear();
    std::uint64_t boot = 0;
    for (const auto& [size, days_ago] : stages) {
      format::Sighting then{
          now_us - days_ago * format::kDayUs, 100'000'000'000'000, {}, {}, ++boot};
      if (!seen.sightings.empty()) {
        then.size = seen.sightings.back().size;
        then.root = seen.sightings.back().root;
        verify::add_sighting(seen.sightings, then);
      }
      then.size = TreeSize{size};
      then.root = merkle::root_of(verify::leaves_of(told.log, size));
      verify::add_sighting(seen.sightings, then);
    }
    directory.write("mirror/observations", format::observations_text(seen));
  }
  /// The server has destroyed the key of February.
  void destroy() {
    verify::Files files = told.log.files();
    std::set<std::size_t> gone;
    for (std::size_t k = 0; k < told.february.end.value; ++k) {
      const auto kind = format::decode_record(told.log.records[k])->kind;
      if (format::row_of(kind).fate == format::Fate::kGoes) gone.insert(k);
    }
    verify::bury(
        files, gone,
        {verify::MirrorStory::kMonth, 0, end_of_month_us(verify::MirrorStory::kMonth), {}});
    for (const auto& [path, bytes] : files)
      if (path.starts_with("tile/entries")) server.replace(path, bytes);
  }
  /// The mirror's bundles: one, as the log is short.
  [[nodiscard]] std::string bundles() const {
    std::string all;
    for (const auto& entry :
         fs::recursive_directory_iterator(directory.file("mirror/tile/entries")))
      if (entry.is_regular_file())
        all += directory.read(fs::relative(entry.path(), directory.path()).string());
    return all;
  }
  /// A hash of a payload as files may have it: in part, as bytes, in hex or in base64.
  [[nodiscard]] static std::vector<std::string> traces_of(Bytes payload) {
    std::vector<std::string> traces;
    for (const Hash& hash : {merkle::sha256(payload), merkle::leaf_hash(payload)}) {
      traces.emplace_back(text_of(hash.view().first(8)));
      traces.push_back(hex(hash.view().first(8)));
      traces.push_back(base64(hash.view().first(6)));
    }
    return traces;
  }
  /// What tells whoever has a guess at an event of February whether it is right, in any file.
  [[nodiscard]] std::size_t places_that_confirm_a_guess() const {
    std::string all;
    for (const auto& entry : fs::recursive_directory_iterator(directory.file("mirror")))
      if (entry.is_regular_file())
        all += directory.read(fs::relative(entry.path(), directory.path()).string());
    std::size_t places = 0;
    const auto look_for = [&](std::string_view needle) {
      if (all.find(needle) != std::string::npos) ++places;
    };
    for (std::size_t k = 0; k < told.february.end.value; ++k) {
      const auto record = *format::decode_record(told.log.records[k]);
      if (format::row_of(record.kind).fate != format::Fate::kGoes) continue;
      look_for(text_of(record.payload));
      for (const std::string& needle : traces_of(record.payload)) look_for(needle);
    }
    return places;
  }
  /// The search finds what it is for, wherever it lies and however it is written.
  void expect_every_trace_to_be_found() const {
    const auto is_event = [](const Buffer& record) {
      return format::row_of(format::decode_record(record)->kind).fate == format::Fate::kGoes;
    };
    const auto event = std::ranges::find_if(told.log.records, is_event);
    for (const std::string& trace : traces_of(format::decode_record(*event)->payload)) {
      directory.write("mirror/trace", "x" + trace + "y");
      EXPECT_EQ(places_that_confirm_a_guess(), 1U) << hex(bytes_of(trace));
    }
    fs::remove(directory.file("mirror/trace"));
  }
  /// It runs and keeps every byte, whatever the server has by now.
  void expect_keeps(const std::vector<std::string>& why) {
    const std::string before = bundles();
    for (const Ran& ran : {mirror(), check()})
      for (const std::string& each : why) expect(ran, kExitKept, each);
    EXPECT_EQ(bundles(), before);
    EXPECT_TRUE(observations().forgotten.empty());
  }
};

}  // namespace varve::audit
