// The journal of a server whose standard error nobody reads, or that refuses what is written: no
// line is missing without a count, and without a line that says so.
#include "api/access/journal.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <future>
#include <optional>
#include <regex>
#include <thread>

#include "api/access/issuers.h"
#include "api/access/metrics.h"
#include "journal_lines.h"

namespace varve::api {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kMoreThanItHolds =
    20'000;                                    // lines: the queue has 8192, a pipe some hundred
constexpr std::uint64_t kLinesBetween = 1000;  // lines that say what was lost are so far apart

/// What is in one line: its number, or how many were lost.
struct Line {
  std::optional<std::uint64_t> number;
  std::optional<std::uint64_t> lost;
};

Line parse(const std::string& text) {
  static const std::regex pattern(
      R"re(\{"time":"[^"]+",(?:"level":"error","event":"line","n":([0-9]+),"rest":"x+")re"
      R"re(|"level":"error","event":"journal_lines_lost","lines":([0-9]+),"message":"[^"]+")\})re");
  std::smatch match;
  if (!std::regex_match(text, match, pattern)) return {};
  if (match[1].matched) return {std::stoull(match[1]), {}};
  return {{}, std::stoull(match[2])};
}

/// Everything that was read of a journal into which numbered lines were written.
struct SlowlyRead : ::testing::Test {
  void write(std::uint64_t lines_more) {
    for (; lines_more > 0; --lines_more)
      journal->write(Level::kError, "line", {{"n", written++}, {"rest", std::string(100, 'x')}});
  }
  /// To a disk that is full.
  void lose(std::uint64_t lines_more) {
    const int full = ::open("/dev/full", O_WRONLY);
    ASSERT_GE(full, 0);
    lines.elsewhere(full, [&] {
      const std::uint64_t before = journal->lost();
      write(lines_more);
      wait_for_loss(before + lines_more);
    });
    ::close(full);
  }
  void wait_for_loss(std::uint64_t of) const {
    const auto deadline = std::chrono::steady_clock::now() + 2min;
    while (journal->lost() < of && std::chrono::steady_clock::now() < deadline)
      std::this_thread::yield();
    EXPECT_EQ(journal->lost(), of);
  }
  void read_one() {
    const std::string text = lines.next_as_written();
    const Line line = parse(text);
    ASSERT_TRUE(line.number || line.lost) << text;
    if (line.lost) {
      ++notices;
      told += *line.lost;
      return;
    }
    ++read;
    ASSERT_GE(*line.number, next);
    EXPECT_TRUE(told > 0 || *line.number == next) << "a gap before " << text;
    next = *line.number + 1;
  }
  void read_to_the_last() {
    while (next < written && !HasFatalFailure()) read_one();
  }

  JournalLines lines;
  std::unique_ptr<Journal> journal = std::make_unique<Journal>(Level::kError);
  std::uint64_t written = 0;
  std::uint64_t read = 0;
  std::uint64_t next = 0;
  std::uint64_t notices = 0;
  std::uint64_t told = 0;
};

TEST_F(SlowlyRead, SaysWhereLinesAreMissingAndHowMany) {
  write(kMoreThanItHolds);
  const std::uint64_t lost = journal->lost();
  EXPECT_GT(lost, 0u);
  read_to_the_last();
  EXPECT_EQ(journal->lost(), lost) << "the rest had room";
  EXPECT_EQ(read + lost, written);
  write(1);
  read_to_the_last();
  EXPECT_EQ(told, lost) << "once no line waits all is told";
}

TEST_F(SlowlyRead, SaysSoInOneLineOfAThousandHoweverOftenLinesAreLost) {
  write(kMoreThanItHolds);
  constexpr int kRounds = 60;
  for (int round = 0; round < kRounds && !HasFatalFailure(); ++round) {
    for (int i = 0; i < 50; ++i) read_one();
    write(200);
  }
  read_to_the_last();
  EXPECT_EQ(read + journal->lost(), written);
  EXPECT_GT(notices, 1u);
  EXPECT_LE(notices, read / kLinesBetween + 2);
}

TEST_F(SlowlyRead, EndsThoughNobodyReadsAndManyLinesWait) {
  write(kMoreThanItHolds);
  auto ended = std::async(std::launch::async, [this] { journal.reset(); });
  EXPECT_EQ(ended.wait_for(2min), std::future_status::ready);
}

TEST_F(SlowlyRead, IsCountedInTheMetrics) {
  const HostedLogs none({});
  const auto no_issuers = std::make_shared<const Issuers>(std::vector<IssuerOptions>());
  const Reads reads(none, env::posix_clock(), *journal);
  const ShownCertificates no_certificates;
  const Metrics metrics(
      none, *journal, [&] { return no_issuers; }, reads, no_certificates);
  EXPECT_NE(metrics.text().find("\nvarve_journal_lost_lines_total 0\n"), std::string::npos);
  write(kMoreThanItHolds);
  const std::string lost = "\nvarve_journal_lost_lines_total " + std::to_string(journal->lost());
  EXPECT_NE(metrics.text().find(lost + "\n"), std::string::npos) << metrics.text();
}

TEST_F(SlowlyRead, CountsWhatAFullDiskRefused) {
  for (const std::uint64_t lost : {3, 2}) {
    const std::uint64_t before = told;
    lose(lost);
    write(1);
    read_one();
    EXPECT_EQ(told, before + lost) << "at once, as no other line waits";
    read_to_the_last();
  }
  EXPECT_EQ(read, 2u);
  EXPECT_EQ(journal->lost(), 5u);
}

TEST_F(SlowlyRead, TellsAtItsEndWhatItDidNotTellBefore) {
  lose(3);
  journal.reset();
  read_one();
  EXPECT_EQ(told, 3u);
}

/// A file that takes no more than `bytes`, while it lives.
class ShortFile {
 public:
  explicit ShortFile(rlim_t bytes) {
    CHECK(file_ != nullptr && ::getrlimit(RLIMIT_FSIZE, &before_) == 0);
    const rlimit few{bytes, before_.rlim_max};
    CHECK(::setrlimit(RLIMIT_FSIZE, &few) == 0);
  }
  ~ShortFile() {
    lift();
    ::signal(SIGXFSZ, handler_);
    std::fclose(file_);
  }
  ShortFile(const ShortFile&) = delete;
  ShortFile& operator=(const ShortFile&) = delete;

  void lift() const { CHECK(::setrlimit(RLIMIT_FSIZE, &before_) == 0); }
  [[nodiscard]] int fd() const { return ::fileno(file_); }
  [[nodiscard]] std::string text() const {
    std::string text(1u << 16, '\0');
    const ssize_t n = ::pread(fd(), text.data(), text.size(), 0);
    text.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
    return text;
  }

 private:
  void (*handler_)(int) = ::signal(SIGXFSZ, SIG_IGN);  // the write fails instead
  std::FILE* file_ = std::tmpfile();
  rlimit before_{};
};

TEST_F(SlowlyRead, BeginsALineOfItsOwnAfterOneThatWasCutOff) {
  constexpr std::size_t kCut = 60;
  const ShortFile file(kCut);
  lines.elsewhere(file.fd(), [&] {
    write(1);
    wait_for_loss(1);
    file.lift();
    write(1);
    journal.reset();
  });
  const std::string text = file.text();
  ASSERT_GT(text.size(), kCut);
  EXPECT_EQ(text[kCut], '\n');
  const std::size_t end = text.find('\n', kCut + 1);
  EXPECT_EQ(parse(text.substr(kCut + 1, end - kCut - 1)).lost, 1u) << text;
  EXPECT_EQ(parse(text.substr(end + 1, text.size() - end - 2)).number, 1u) << text;
}

}  // namespace
}  // namespace varve::api
