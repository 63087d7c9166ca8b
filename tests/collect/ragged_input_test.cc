// Files as they are in the field: with holes where they were cut under their writer, and among
// directories that cannot be looked into.
#include <gtest/gtest.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "follower_test.h"
#include "tools/collect/file_reader.h"

namespace varve::collect {
namespace {

using Texts = std::vector<std::string>;

std::string zeros(std::size_t count) {
  return std::string(count, '\0');
}

class Holes : public FollowerTest {
 protected:
  static constexpr std::size_t kSizes[] = {1, 100, 4'096, 65'536, 262'144, 300'000, 1'000'000};
};

// At the beginning and between lines, as zeros that are stored and as a hole that is not.
TEST_F(Holes, AreNoPartOfTheEventBehindThem) {
  for (const std::size_t size : kSizes)
    for (const std::string before : {"", "a\n", "a\n\n", "\n"})
      for (const Framing framing : {Framing::kLines, Framing::kSyslog}) {
        SCOPED_TRACE(testing::Message()
                     << size << " after " << before.size() << " " << int(framing));
        const std::string path = inputs_.write("x", before);
        if (framing == Framing::kLines)
          inputs_.add("x", zeros(size));
        else
          std::filesystem::resize_file(path, before.size() + size);
        inputs_.add("x", "<1>b\n<2>c\n");
        EventStream stream(path, *InputFile::open(path), framing);
        Texts events;
        std::uint64_t hole = 0;
        for (auto e = stream.next_or_rest(); *e; e = stream.next_or_rest()) {
          events.emplace_back(text_of((*e)->payload));
          hole += (*e)->hole;
        }
        EXPECT_EQ(events,
                  before.starts_with('a') ? (Texts{"a", "<1>b", "<2>c"}) : (Texts{"<1>b", "<2>c"}));
        EXPECT_EQ(hole, size);
        EXPECT_EQ(stream.position().taken.value, std::filesystem::file_size(path));
      }
}

// A writer may lay its file out in advance, and put its events where the zeros are.
TEST_F(Holes, AreWaitedForWhileNothingFollows) {
  std::string content = event_lines(0, 1) + zeros(500'000);
  inputs_.write("a.log", content);
  start();
  look();
  for (int i = 1; i < 4; ++i) {
    const std::string line = event_lines(i, i + 1);
    content.replace(content.find('\0'), line.size(), line);
    std::fstream file(inputs_.path("a.log"), std::ios::in | std::ios::out | std::ios::binary);
    file.write(content.data(), static_cast<std::streamsize>(content.size()));
    file.close();
    look();
  }
  EXPECT_EQ(log_.payloads(), event_texts(0, 4));
  EXPECT_TRUE(process_->said.empty());
}

// copytruncate under a writer that keeps its offset, while the follower runs and while it does not.
TEST_F(Holes, OfAFileThatWasCutUnderItsWriterLoseAndChangeNothing) {
  std::size_t offset = 0;
  int written = 0;
  const auto write_one = [&] {
    const std::string line = event_lines(written, written + 1);
    std::fstream file(inputs_.path("a.log"), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(offset));
    file << line << std::flush;
    offset += line.size();
    ++written;
  };
  inputs_.write("a.log", "");
  for (int i = 0; i < 3; ++i) write_one();
  start();
  look();
  for (int round = 0; round < 6; ++round) {
    write_one();
    inputs_.copy_and_cut("a.log", "a.log." + std::to_string(round));
    if (round % 2 == 1) start();
    write_one();
    look();
    look();
  }
  EXPECT_FALSE(process_->said.empty());
  start();
  look();
  EXPECT_EQ(log_.payloads(), event_texts(0, written));
}

TEST_F(Holes, AtTheBeginningOfAFileDoNotMakeItBinary) {
  EXPECT_TRUE(is_text(bytes_of(zeros(3) + "a\n" + zeros(2) + "b\n" + zeros(1))));
  EXPECT_FALSE(is_text(bytes_of("a" + zeros(1))));
  EXPECT_FALSE(is_text(bytes_of(zeros(1) + "a" + zeros(1))));
  inputs_.write("a.log", event_lines(0, 1));
  start();
  look();
  inputs_.write("a.log.1", zeros(300'000) + event_lines(1, 2));
  clock_.ms += kLookBesideMs;
  look();
  EXPECT_EQ(log_.payloads(), event_texts(0, 2));
  const std::atomic<bool> never = false;
  FileReader reader(process_->intake(), process_->spool(), never);
  ASSERT_TRUE(reader.read(inputs_.write("c", zeros(300'000) + event_lines(2, 4))));
  ASSERT_TRUE(reader.finish());
  ASSERT_TRUE(process_->send_to(log_));
  EXPECT_EQ(log_.payloads(), event_texts(0, 4));
}

/// What was found, and what could not be looked at.
struct Walked {
  explicit Walked(const std::string& path) {
    files = files_under(path, [&](const std::string& what, const std::string& why) {
      unreadable.push_back(what);
      EXPECT_FALSE(why.empty());
    });
  }
  Texts files;
  Texts unreadable;
};

class Walk : public testing::Test {
 protected:
  void make(const std::string& directory) const {
    std::filesystem::create_directories(in_.path(directory));
  }
  Inputs in_;
};

TEST_F(Walk, FindsRegularFilesAtAnyDepthButHiddenOnes) {
  make("l/a/b/c");
  make("l/.hidden");
  const Texts expected = {in_.write("l/a/b/c/2", "x"), in_.write("l/a/1", "x"),
                          in_.write("l/z", "x")};
  in_.write("l/.hidden/x", "x");
  in_.write("l/.x", "x");
  ASSERT_EQ(::mkfifo(in_.path("l/pipe").c_str(), 0600), 0);
  std::filesystem::create_directory_symlink(in_.path("l/a"), in_.path("l/link"));
  std::filesystem::create_symlink(in_.path("l/z"), in_.path("l/zz"));
  const Walked walked(in_.path("l"));
  Texts sorted = expected;
  sorted.push_back(in_.path("l/zz"));
  std::ranges::sort(sorted);
  EXPECT_EQ(walked.files, sorted);
  EXPECT_EQ(walked.unreadable, Texts{});
  EXPECT_EQ(Walked(in_.path("l/z")).files, Texts{in_.path("l/z")});
}

TEST_F(Walk, NamesALinkThatLeadsNowhereAndGoesOn) {
  make("l");
  std::filesystem::create_symlink("nowhere", in_.path("l/b"));
  std::filesystem::create_symlink("loop", in_.path("l/loop"));
  const Texts expected = {in_.write("l/a", "x"), in_.write("l/z", "x")};
  const Walked walked(in_.path("l"));
  EXPECT_EQ(walked.files, expected);
  EXPECT_EQ(walked.unreadable.size(), 2u);
  EXPECT_EQ(Walked(in_.path("l/missing")).unreadable, Texts{in_.path("l/missing")});
}

TEST_F(Walk, NamesADirectoryThatMayNotBeListedAndGoesOn) {
  for (const char* name : {"l/a", "l/b", "l/c"}) make(name);
  const Texts expected = {in_.write("l/a/1", "x"), in_.write("l/c/3", "x")};
  in_.write("l/b/2", "x");
  for (const char* name : {"l/..", "l", "l/a", "l/c"})
    ASSERT_EQ(::chmod(in_.path(name).c_str(), 0755), 0);
  ASSERT_EQ(::chmod(in_.path("l/b").c_str(), 0), 0);
  const bool root = ::geteuid() == 0;  // for whom no mode holds: this thread looks as somebody else
  if (root) ::setfsuid(65'534);
  const Walked walked(in_.path("l"));
  if (root) ::setfsuid(0);
  ASSERT_EQ(::chmod(in_.path("l/b").c_str(), 0755), 0);
  EXPECT_EQ(walked.files, expected);
  EXPECT_EQ(walked.unreadable, Texts{in_.path("l/b")});
}

}  // namespace
}  // namespace varve::collect
