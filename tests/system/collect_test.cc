// The collector and the server are both killed without warning, again and again, while files grow
// and are rotated, the source's key and the log's key change. In the end an auditor's export holds
// every line that was written, once.
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <random>

#include "installation.h"
#include "ledger/format/batch.h"
#include "ledger/format/record.h"

namespace varve::system {
namespace {

namespace fs = std::filesystem;

constexpr unsigned kRounds = 24;
constexpr const char* kCollectedSource = "clinic/kill";
constexpr std::size_t kBundleMax = 256;

class Collectors : public ::testing::Test {
 protected:
  void SetUp() override {
    varve_.start();
    must_run({collect_, "init", "--dir", dir_, "--source", kCollectedSource, "--origin", kOrigin,
              "--url", varve_.url(), "--vkey", varve_.vkey(), "--bearer-file",
              varve_.token_file("append"), "--ca", varve_.path("ca.pem")});
    must_run({collect_, "register", "--dir", dir_, "--bearer-file", varve_.token_file("operate")});
  }

  void write_lines(const std::string& file, unsigned count) {
    std::ofstream out(file, std::ios::app | std::ios::binary);
    for (unsigned i = 0; i < count; ++i) out << "line " << written_++ << '\n';
  }

  Outcome collect(const Words& words) const {
    Words all = {collect_};
    all.insert(all.end(), words.begin(), words.end());
    return run(all);
  }

  [[nodiscard]] bool all_sent() const {
    const Outcome status = collect({"status", "--dir", dir_});
    return status.output.find("\nevents " + std::to_string(written_) + "\n") != std::string::npos &&
           status.output.find("\nwaiting 0 batches") != std::string::npos;
  }

  // Events of the whole log, as an auditor's export has them.
  std::map<std::string, unsigned> exported_events() const {
    must_run({Installation::program("varve-audit"), "fetch", varve_.url(), varve_.path("export"),
              "--vkey", varve_.vkey(), "--ca", varve_.path("ca.pem"), "--bearer-file",
              varve_.token_file("read")});
    std::map<std::string, unsigned> times;
    for (const auto& entry : fs::recursive_directory_iterator(varve_.path("export/tile/entries"))) {
      if (!entry.is_regular_file()) continue;
      const std::string bundle = read_text(entry.path().string());
      const auto records = format::split_bundle(bytes_of(bundle), kBundleMax);
      for (const Bytes bytes : records.value()) {
        const format::Record record = format::decode_record(bytes).value();
        if (record.kind == format::Kind::kEvent) ++times[std::string(text_of(record.payload))];
      }
    }
    return times;
  }

  void expect_each_line_once() const {
    std::map<std::string, unsigned> times = exported_events();
    for (unsigned i = 0; i < written_; ++i)
      EXPECT_EQ(times["line " + std::to_string(i)], 1u) << "line " << i;
    EXPECT_EQ(times.size(), written_);
    const Outcome receipts = collect({"receipts", "verify", "--dir", dir_});
    EXPECT_EQ(receipts.exit_code, 0) << receipts.output;
    const Outcome audit =
        run({Installation::program("varve-audit"), "check", varve_.url(), "--vkey", varve_.vkey(),
             "--ca", varve_.path("ca.pem"), "--bearer-file", varve_.token_file("read")});
    EXPECT_EQ(audit.exit_code, 0) << audit.output;
  }

  Installation varve_;
  const std::string collect_ = Installation::program("varve-collect");
  const std::string dir_ = varve_.path("collector");
  unsigned written_ = 0;
  std::mt19937 random_{20'261'121};  // when the kills come
};

TEST_F(Collectors, KilledTogetherWithTheServerWhileAppendingLoseAndDoubleNothing) {
  const std::string file = varve_.path("a.log");
  write_lines(file, 8'000);
  const Words append = {"append", "--dir", dir_, "--batch-events", "20", "--patience", "0", file};
  Words words = {collect_};
  words.insert(words.end(), append.begin(), append.end());
  for (unsigned round = 0; round < kRounds; ++round) {
    Process collector(words, varve_.path("collector.log"));
    pause_ms(static_cast<unsigned>(20 + random_() % 150));
    if (round % 3 == 0) {
      varve_.kill_9();
      pause_ms(static_cast<unsigned>(random_() % 50));
    }
    collector.send(SIGKILL);
    collector.wait_ms();
    if (round % 3 == 0) varve_.start();
  }
  const Outcome last = collect(append);
  EXPECT_EQ(last.exit_code, 0) << last.output;
  expect_each_line_once();
}

TEST_F(Collectors, KilledWhileFollowingRotatedFilesAcrossKeyRotationsLoseAndDoubleNothing) {
  const std::string file = varve_.path("app.log");
  write_lines(file, 3);
  {  // what was rotated before the first follower began is not its to read: so that comes first
    Process first(
        {collect_, "follow", "--dir", dir_, "--heartbeat", "0", "--batch-age-ms", "5", file},
        varve_.path("collector.log"));
    ASSERT_TRUE(wait_until([this] { return all_sent(); }))
        << read_text(varve_.path("collector.log"));
  }
  for (unsigned round = 0; round < kRounds; ++round) {
    Process follower(
        {collect_, "follow", "--dir", dir_, "--heartbeat", "0", "--batch-age-ms", "5", file},
        varve_.path("collector.log"));
    for (unsigned i = 0; i < 8; ++i) {
      write_lines(file, 15);
      pause_ms(static_cast<unsigned>(random_() % 25));
    }
    if (round % 4 == 1) fs::rename(file, file + "." + std::to_string(round));
    if (round % 4 == 3) {
      fs::copy_file(file, file + "." + std::to_string(round));
      fs::resize_file(file, 0);
    }
    write_lines(file, 2);
    follower.send(round % 2 == 0 ? SIGKILL : SIGTERM);
    follower.wait_ms();
    if (round == kRounds / 2) {
      const Outcome rotated = collect({"rotate-key", "--dir", dir_});
      EXPECT_EQ(rotated.exit_code, 0) << rotated.output;
    }
  }
  Process follower({collect_, "follow", "--dir", dir_, "--heartbeat", "0", file},
                   varve_.path("collector.log"));
  EXPECT_TRUE(wait_until([this] { return all_sent(); }))
      << collect({"status", "--dir", dir_}).output << read_text(varve_.path("collector.log"));
  follower.send(SIGTERM);
  EXPECT_EQ(follower.wait_ms(), 0);
  expect_each_line_once();
}

TEST_F(Collectors, WithNothingToSendAreAliveAndCertifyThatTheyLeftNothingOut) {
  Process follower({collect_, "follow", "--dir", dir_, varve_.path("missing.log")},
                   varve_.path("collector.log"));
  written_ = 1;  // the heartbeat
  ASSERT_TRUE(wait_until([this] { return all_sent(); })) << read_text(varve_.path("collector.log"));
  const auto audit = [this](Words words) {
    words.insert(words.begin(), Installation::program("varve-audit"));
    words.insert(words.end(), {"--vkey", varve_.vkey()});
    return run(words);
  };
  const Words reads = {"--ca", varve_.path("ca.pem"), "--bearer-file", varve_.token_file("read")};
  Words sources = {"sources", varve_.url()};
  sources.insert(sources.end(), reads.begin(), reads.end());
  EXPECT_NE(audit(sources).output.find("alive, nothing to send"), std::string::npos);
  const std::string out = varve_.path("source.gaps");
  Words gaps = {"gaps", varve_.url(), kCollectedSource, "--out", out};
  gaps.insert(gaps.end(), reads.begin(), reads.end());
  const Outcome made = audit(gaps);
  EXPECT_EQ(made.exit_code, 0) << made.output;
  EXPECT_EQ(audit({"verify", out}).output, made.output) << "offline as by the server";
  EXPECT_NE(made.output.find("without a gap: 1 event in 1 batch"), std::string::npos);
}

}  // namespace
}  // namespace varve::system
