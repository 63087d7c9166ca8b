// A witness that ends at any step of a round, and one whose state or mark is not its own any more: it never cosigns two
// histories, and loses nothing that it answered.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <filesystem>
#include <future>

#include "ledger/store/mark_file.h"
#include "ledger/witness/witness.h"
#include "tests/env/temporary_directory.h"
#include "tests/log/world.h"
#include "witness_requests.h"

namespace varve::witness {
namespace {

namespace fs = std::filesystem;
using api::AskingLog;

/// A place that fails, or tells a test before and behind each write.
class WatchedMark final : public env::HighWaterMark {
 public:
  explicit WatchedMark(env::HighWaterMark& place) : place_(place) {}
  [[nodiscard]] Result<std::vector<env::Mark>> read() const override { return place_.read(); }
  Result<void> write(const env::Mark& mark) override {
    at_step();
    if (fails) return io_error("the mark's disk is gone");
    auto written = place_.write(mark);
    at_step();
    return written;
  }
  std::function<void()> at_step = [] {};
  std::atomic<bool> fails = false;

 private:
  env::HighWaterMark& place_;
};

class WatchedSigner final : public env::Signer {
 public:
  Result<Buffer> sign(Bytes key, Bytes message) override {
    at_step();
    return keys.sign(key, message);
  }
  testing::SoftSigner keys;
  std::function<void()> at_step = [] {};
};

/// A directory with state and mark.
struct Place {
  explicit Place(const std::string& path) {
    fs::create_directories(path + "/marks");
    files = *env::open_posix(path);
    mark_files = *env::open_posix(path + "/marks");
    mark = store::mark_file(*mark_files, "witness.mark");
  }
  std::unique_ptr<env::Filesystem> files;
  std::unique_ptr<env::Filesystem> mark_files;
  std::unique_ptr<env::HighWaterMark> mark;
};

struct MarkedWitness : ::testing::Test {
  env::TemporaryDirectory directory;
  testing::SoftKey key{"w.example"};
  testing::SoftKey log_key{"log.example"};
  AskingLog log{log_key};
  WatchedSigner signer;
  env::Clock* clock = &env::posix_clock();

  MarkedWitness() { signer.keys.add(key); }
  [[nodiscard]] std::string path(const std::string& name) const {
    return directory.path() + "/" + name;
  }
  Result<std::unique_ptr<Witness>> open(Place& place, env::HighWaterMark* mark) {
    WitnessOptions options;
    options.key = *format::make_cosigner_key("w.example", key.key.key);
    options.signer = &signer;
    options.clock = clock;
    options.mark = mark;
    options.notice = [](std::string_view, std::string_view, const std::string&) {};
    ASSIGN_OR_RETURN(auto opened, Witness::open(*place.files, std::move(options)));
    RETURN_IF_ERROR(opened->set_logs(*format::parse_log_list(
        "logs/v0\nvkey " + format::format_vkey(log_key.key) + "\nqpd 100000000\n")));
    return opened;
  }
  static Means add(Witness& witness, const std::string& body) {
    std::promise<Means> means;
    witness.add(body, [&means](const Answer& answer) { means.set_value(answer.means); });
    return means.get_future().get();
  }
  /// What a disk has when the process ends now.
  void copy(const std::string& from, const std::string& to) const {
    fs::create_directories(path(to) + "/state");
    fs::copy(path(from) + "/state/data.mdb", path(to) + "/state/data.mdb");
    fs::copy(path(from) + "/marks", path(to) + "/marks", fs::copy_options::recursive);
  }
};

TEST_F(MarkedWitness, KeepWhatTheyAnsweredAndOneHistoryWhereverTheyEnd) {
  struct End {
    std::string name;
    std::uint64_t answered;
  };
  std::vector<End> ends;
  std::uint64_t answered = 0;
  {
    Place place(path("first"));
    WatchedMark mark(*place.mark);
    const auto opened = open(place, &mark);
    ASSERT_TRUE(opened) << opened.error().message;
    const auto end_here = [&] {
      ends.push_back({"end " + std::to_string(ends.size()), answered});
      copy("first", ends.back().name);
    };
    signer.at_step = mark.at_step = end_here;
    for (std::uint64_t size = 6; size < 12; ++size) {
      ASSERT_EQ(add(**opened, log.request(0, answered, size)), Means::kCosigned);
      answered = size;
    }
    signer.at_step = [] {};
  }
  ASSERT_EQ(ends.size(), 18U)
      << "before the transaction, between it and the mark, before the answer";
  for (const End& end : ends) {
    SCOPED_TRACE(end.name);
    Place place(path(end.name));
    const auto opened = open(place, place.mark.get());
    ASSERT_TRUE(opened) << opened.error().message;
    const std::uint64_t kept = (*opened)->cosigned_size(log_id("log.example"))->value;
    EXPECT_GE(kept, end.answered);
    EXPECT_LE(kept, end.answered == 0 ? 6 : end.answered + 1);
    EXPECT_EQ(add(**opened, log.request(0, kept, 12)), Means::kCosigned);
    EXPECT_EQ(add(**opened, log.request(1, 12, 13)), Means::kNotProven) << "another history";
  }
}

TEST_F(MarkedWitness, AnswerNothingThatTheirMarkDoesNotCover) {
  Place place(path("first"));
  WatchedMark mark(*place.mark);
  const auto opened = open(place, &mark);
  mark.fails = true;
  EXPECT_EQ(add(**opened, log.request(0, 0, 6)), Means::kTrouble);
  EXPECT_FALSE((*opened)->status().trouble.empty());
  mark.fails = false;
  EXPECT_EQ(add(**opened, log.request(0, 0, 6)), Means::kConflict) << "it may have been answered";
  EXPECT_EQ(add(**opened, log.request(0, 6, 7)), Means::kCosigned);
}

TEST_F(MarkedWitness, CosignNothingOnceAnotherProcessWritesTheirMark) {
  Place place(path("first"));
  { ASSERT_EQ(add(**open(place, place.mark.get()), log.request(0, 0, 5)), Means::kCosigned); }
  copy("first", "copy");
  Place other(path("copy"));
  const auto one = open(place, place.mark.get());
  const auto two = open(other, place.mark.get());  // another state, one mark
  ASSERT_TRUE(one && two);
  EXPECT_EQ(add(**one, log.request(0, 5, 7)), Means::kCosigned);
  EXPECT_EQ(add(**two, log.request(1, 5, 7)), Means::kTrouble) << "which it could have cosigned";
  EXPECT_EQ((*two)->cosigned_size(log_id("log.example"))->value, 5U) << "nor is it written";
  EXPECT_EQ(add(**one, log.request(0, 7, 8)), Means::kCosigned);
}

TEST_F(MarkedWitness, DoNotOpenWithoutTheMarkThatTheyHad) {
  Place place(path("first"));
  ASSERT_TRUE(open(place, place.mark.get()));
  EXPECT_TRUE(fs::exists(path("first/marks/witness.mark"))) << "before anything is cosigned";
  fs::remove(path("first/marks/witness.mark"));  // as where its disk is not mounted
  const auto gone = open(place, place.mark.get());
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().code, Code::kWorm);
  EXPECT_TRUE(open(place, nullptr)) << "the operator says that there is none";
  EXPECT_TRUE(open(place, place.mark.get()));
}

TEST_F(MarkedWitness, StopWhereTheirMarkGoesAway) {
  Place place(path("first"));
  const auto opened = open(place, place.mark.get());
  fs::rename(path("first/marks/witness.mark"), path("away"));
  EXPECT_EQ(add(**opened, log.request(0, 0, 6)), Means::kTrouble);
  fs::rename(path("away"), path("first/marks/witness.mark"));
  EXPECT_EQ(add(**opened, log.request(0, 0, 6)), Means::kCosigned);
}

TEST_F(MarkedWitness, DoNotOpenWhereTheirMarkCannotBeWritten) {
  Place place(path("first"));
  WatchedMark mark(*place.mark);
  mark.fails = true;
  const auto opened = open(place, &mark);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Code::kIo);
}

/// Nothing can be written to any file, as where the disk is full.
class NoRoom {
 public:
  NoRoom() {
    before_ = std::signal(SIGXFSZ, SIG_IGN);
    CHECK(::getrlimit(RLIMIT_FSIZE, &limit_) == 0);
    const rlimit none{0, limit_.rlim_max};
    CHECK(::setrlimit(RLIMIT_FSIZE, &none) == 0);
  }
  ~NoRoom() {
    ::setrlimit(RLIMIT_FSIZE, &limit_);
    std::signal(SIGXFSZ, before_);
  }
  NoRoom(const NoRoom&) = delete;
  NoRoom& operator=(const NoRoom&) = delete;

 private:
  rlimit limit_{};
  void (*before_)(int) = nullptr;
};

TEST_F(MarkedWitness, AnswerNothingThatTheDiskDoesNotTakeAndGoOnWhenItDoes) {
  Place place(path("first"));
  const auto opened = open(place, place.mark.get());
  ASSERT_EQ(add(**opened, log.request(0, 0, 6)), Means::kCosigned);
  for (const std::uint64_t size : {7U, 8U}) {
    {
      const NoRoom full;
      EXPECT_EQ(add(**opened, log.request(0, size - 1, size)), Means::kTrouble);
      EXPECT_FALSE((*opened)->status().trouble.empty());
    }
    EXPECT_EQ((*opened)->cosigned_size(log_id("log.example"))->value, size - 1);
    EXPECT_EQ(add(**opened, log.request(0, size - 1, size)), Means::kCosigned);
    EXPECT_TRUE((*opened)->status().trouble.empty());
  }
}

/// No time passes but what a test says.
struct StandingClock final : env::Clock {
  [[nodiscard]] std::uint64_t now_us() const override { return 1'800'000'000'000'000; }
  [[nodiscard]] std::uint64_t steady_ms() const override { return ms; }
  std::atomic<std::uint64_t> ms = 0;
};

// Each signature takes 150 ms of the clock: two of those that wait are durable and answered before the others.
TEST_F(MarkedWitness, LetNobodyWaitForAllWhoWaitWhereTheTokenIsSlow) {
  StandingClock standing;
  clock = &standing;
  Place place(path("first"));
  WatchedMark mark(*place.mark);
  const auto opened = open(place, &mark);
  std::vector<std::string> seen;  // by the thread of the rounds
  bool begins = false;
  mark.at_step = [&] {
    if (begins = !begins; !begins) seen.emplace_back("durable");
  };
  std::promise<void> all_wait;
  std::promise<void> ended;
  signer.at_step = [&, waited = false]() mutable {
    if (!std::exchange(waited, true)) all_wait.get_future().wait();
    standing.ms += 150;
  };
  for (std::uint64_t size = 6; size < 11; ++size)
    (*opened)->add(log.request(0, size == 6 ? 0 : size - 1, size), [&, size](const Answer& answer) {
      seen.push_back(answer.means == Means::kCosigned ? std::to_string(size) : answer.text);
      if (size == 10) ended.set_value();
    });
  all_wait.set_value();
  ended.get_future().wait();
  const std::vector<std::string> one_round{"durable", "6",       "durable", "7",
                                           "8",       "durable", "9",       "10"};
  const std::vector<std::string> first_two{"durable", "6", "7",       "durable",
                                           "8",       "9", "durable", "10"};
  EXPECT_TRUE(seen == one_round || seen == first_two) << ::testing::PrintToString(seen);
}

}  // namespace
}  // namespace varve::witness
