// The system calls of commits, as docs/ARCHITECTURE.md has them, on the real server: traced with
// strace, and compared with the rules. A kill -9 cannot see an acknowledgement that leaves a
// microsecond too early; this can.
#include <gtest/gtest.h>

#include <algorithm>
#include <charconv>
#include <thread>

#include "ledger/base/codec.h"
#include "ledger/store/segment_format.h"
#include "scenario.h"
#include "sender.h"
#include "trace.h"

namespace varve::system {
namespace {

using store::FrameType;

constexpr const char* kCalls =
    "openat,pwrite64,pwritev,writev,write,fdatasync,fsync,pread64,ftruncate,rename,sendmsg,sendto,"
    "fchmod";

/// A frame that was written, and where.
struct Frame {
  store::FrameHeader header;
  const Call* call;
  std::string segment;
  std::uint64_t at;
  std::uint64_t end;
};

/// The tree sizes that a text names after the log's origin, as checkpoints do: newline or, within
/// JSON, backslash and n.
std::vector<std::uint64_t> checkpoint_sizes(const std::string& text) {
  std::vector<std::uint64_t> sizes;
  const std::string origin = kOrigin;
  for (std::size_t at = text.find(origin); at != std::string::npos;
       at = text.find(origin, at + 1)) {
    std::size_t digits = at + origin.size();
    if (text.compare(digits, 1, "\n") == 0)
      digits += 1;
    else if (text.compare(digits, 2, "\\n") == 0)
      digits += 2;
    else
      continue;
    std::uint64_t size = 0;
    const auto read = std::from_chars(text.data() + digits, text.data() + text.size(), size);
    if (read.ec == std::errc()) sizes.push_back(size);
  }
  return sizes;
}

class CommitTrace : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const auto why = why_no_strace()) GTEST_SKIP() << *why;
  }

  void start() {
    ASSERT_TRUE(server_.start(strace_words(varve_.path("trace"), kCalls))) << server_.printed();
  }

  void stop_and_read() {
    ASSERT_EQ(server_.stop(), 0) << server_.printed();
    const pid_t server = server_.process().id();
    ASSERT_TRUE(wait_until([&] { return trace_is_whole(varve_.path("trace"), server); }));
    calls_ = read_trace(varve_.path("trace"));
    find_frames();
    ASSERT_FALSE(frames_.empty());
  }

  void find_frames() {
    for (const Call& call : calls_) {
      const std::string data = call.name == "pwrite64" ? call.data() : std::string();
      if (!is_segment(call.path) || !data.starts_with("VFRM")) continue;
      const auto header = store::decode_frame_header(bytes_of(data).first(store::kFrameHeaderSize));
      ASSERT_TRUE(header) << "a frame is written in one call, header first";
      const std::uint64_t at = call.offset();
      frames_.push_back({*header, &call, call.path, at, at + data.size()});
    }
  }

  static bool is_send(const Call& call) { return call.name == "sendmsg" || call.name == "sendto"; }
  static bool is_segment(const std::string& path) { return path.ends_with(".seg"); }
  [[nodiscard]] bool is_under(const Call& call, const std::string& folder) const {
    return call.path.starts_with(server_.log_directory() + "/" + folder);
  }

  /// Whether a call of this name on this file began after `from` and was over before `to`.
  [[nodiscard]] bool happened(const std::string& name, const std::string& path, std::size_t from,
                              std::size_t to) const {
    return std::ranges::any_of(calls_, [&](const Call& call) {
      return call.name == name && call.path == path && call.result == 0 && call.began > from &&
             call.ended < to;
    });
  }

  void expect_every_rule() {
    expect_said_only_when_durable();
    expect_signed_only_what_is_durable_and_read_back();
    expect_written_front_to_back();
    expect_made_and_sealed_in_order();
  }
  void expect_said_only_when_durable();
  void expect_signed_only_what_is_durable_and_read_back();
  void expect_written_front_to_back();
  void expect_made_and_sealed_in_order();
  [[nodiscard]] std::vector<std::string> names_on_segment(std::size_t from, std::size_t to) const;

  Installation varve_;
  BareServer server_{varve_, "traced", {.data = varve_.path("traced-data")}};
  std::vector<Call> calls_;
  std::vector<Frame> frames_;
};

// I1. Whatever leaves the server and names a checkpoint, acknowledgement or read: first the
// checkpoint's pwrite, then an fdatasync that began after it, then the send.
void CommitTrace::expect_said_only_when_durable() {
  std::size_t said = 0;
  for (const Call& send : calls_) {
    if (!is_send(send)) continue;
    for (const std::uint64_t size : checkpoint_sizes(send.data())) {
      const auto frame = std::ranges::find_if(frames_, [&](const Frame& f) {
        return f.header.type == FrameType::kCheckpoint && f.header.first == size;
      });
      ASSERT_NE(frame, frames_.end()) << "a checkpoint of size " << size << " was never written";
      EXPECT_LT(frame->call->ended, send.began) << "size " << size << " was told, then written";
      EXPECT_TRUE(happened("fdatasync", frame->segment, frame->call->ended, send.began))
          << "size " << size << " was told before the fdatasync behind it";
      ++said;
    }
  }
  EXPECT_GT(said, 0u);
}

// I2, I3, I4. Before a checkpoint is written, every frame that it covers was synced and read back.
void CommitTrace::expect_signed_only_what_is_durable_and_read_back() {
  std::uint64_t newest = 0;
  for (const Frame& checkpoint : frames_) {
    if (checkpoint.header.type != FrameType::kCheckpoint) continue;
    EXPECT_GT(checkpoint.header.first, newest) << "signed sizes go up";
    newest = checkpoint.header.first;
    for (const Frame& records : frames_) {
      if (records.header.type != FrameType::kRecords || records.header.first >= newest) continue;
      SCOPED_TRACE("records from " + std::to_string(records.header.first) + ", checkpoint " +
                   std::to_string(newest));
      EXPECT_TRUE(
          happened("fdatasync", records.segment, records.call->ended, checkpoint.call->began));
      std::uint64_t read_to = records.at;
      for (const Call& call : calls_)
        if (call.name == "pread64" && call.path == records.segment &&
            call.began > records.call->ended && call.ended < checkpoint.call->began &&
            call.offset() <= read_to)
          read_to = std::max(read_to, call.offset() + static_cast<std::uint64_t>(call.result));
      EXPECT_GE(read_to, records.end) << "all of the frame is read back before it is signed";
    }
  }
}

// History is never rewritten: a segment is written from front to back, each byte once.
void CommitTrace::expect_written_front_to_back() {
  std::map<std::string, std::uint64_t> ends;
  for (const Call& call : calls_) {
    if (!is_segment(call.path)) continue;
    EXPECT_TRUE(call.name != "write" && call.name != "writev" && call.name != "pwritev");
    if (call.name != "pwrite64") continue;
    EXPECT_EQ(call.offset(), ends[call.path]) << call.path;
    EXPECT_EQ(static_cast<std::size_t>(call.result), call.data().size());
    ends[call.path] += call.data().size();
  }
}

// A segment's header is durable, and its name, before its first frame. At its end: footer, sync,
// read-only; then hash files; the catalogue's rows last, which speak of all of them.
void CommitTrace::expect_made_and_sealed_in_order() {
  std::map<std::string, const Call*> headers;
  for (const Call& call : calls_)
    if (call.name == "pwrite64" && is_segment(call.path) && call.offset() == 0)
      headers[call.path] = &call;
  for (const auto& [path, header] : headers) {
    SCOPED_TRACE(path);
    const auto of_it = [&](const Frame& f) { return f.segment == path; };
    const Call& first = *std::ranges::find_if(frames_, of_it)->call;
    EXPECT_TRUE(happened("fdatasync", path, header->ended, first.began));
    EXPECT_TRUE(
        happened("fsync", server_.log_directory() + "/segments", header->ended, first.began));
    const auto footer = std::ranges::find_if(
        frames_, [&](const Frame& f) { return of_it(f) && f.header.type == FrameType::kFooter; });
    ASSERT_NE(footer, frames_.end()) << "every segment of this test is sealed";
    const auto read_only = std::ranges::find_if(
        calls_, [&](const Call& c) { return c.name == "fchmod" && c.path == path; });
    ASSERT_NE(read_only, calls_.end());
    EXPECT_TRUE(happened("fdatasync", path, footer->call->ended, read_only->began));
    const auto rows = std::ranges::find_if(calls_, [&](const Call& c) {
      return is_under(c, "catalogue") && c.name != "openat" && c.began > footer->call->ended;
    });
    ASSERT_NE(rows, calls_.end());
    EXPECT_LT(read_only->ended, rows->began);
    EXPECT_TRUE(happened("fdatasync", server_.log_directory() + "/tree/00", footer->call->ended,
                         rows->began));
  }
}

/// Names of the calls on segments that began in that span; the same one repeated is named once.
std::vector<std::string> CommitTrace::names_on_segment(std::size_t from, std::size_t to) const {
  std::vector<std::string> names;
  for (const Call& call : calls_)
    if (is_segment(call.path) && call.began > from && call.began < to &&
        (names.empty() || names.back() != call.name))
      names.push_back(call.name);
  return names;
}

TEST_F(CommitTrace, OfOneAppendIsWriteSyncReadBackWriteSyncAcknowledge) {
  start();
  client::HttpClient client = server_.connect("append");
  ASSERT_EQ(post_events(client, "warm", {"{}"})->status, 201);
  ASSERT_EQ(post_events(client, "one", {"{\"n\":1}"})->status, 201);
  stop_and_read();
  std::vector<const Frame*> records;
  for (const Frame& frame : frames_)
    if (frame.header.type == FrameType::kRecords) records.push_back(&frame);
  ASSERT_EQ(records.size(), 4u) << "record 0, the grants, and two appends";
  const std::uint64_t covered = records.back()->header.first + records.back()->header.count;
  const auto told = std::ranges::find_if(calls_, [&](const Call& call) {
    const std::vector<std::uint64_t> sizes =
        is_send(call) ? checkpoint_sizes(call.data()) : std::vector<std::uint64_t>();
    return std::ranges::count(sizes, covered) != 0;
  });
  ASSERT_NE(told, calls_.end());
  std::vector<std::string> names = names_on_segment(records.back()->call->began - 1, told->began);
  EXPECT_EQ(names, (std::vector<std::string>{"pwrite64", "fdatasync", "pread64", "pwrite64",
                                             "fdatasync"}));
  expect_every_rule();
}

TEST_F(CommitTrace, OfAWholeLifeKeepsEveryRule) {
  const Scenario scenario(varve_);
  start();
  Scenario::Memory memory = scenario.nothing();
  EXPECT_EQ(scenario.send_all(server_, memory), 0u);
  stop_and_read();
  EXPECT_EQ(
      std::ranges::count(frames_, FrameType::kFooter, [](const Frame& f) { return f.header.type; }),
      2)
      << "the scenario seals one segment, stopping another";
  expect_every_rule();
}

TEST_F(CommitTrace, UnderConcurrentAppendsAndReadsKeepsEveryRule) {
  start();
  std::vector<std::thread> clients;
  for (unsigned who = 0; who < 6; ++who)
    clients.emplace_back([this, who] {
      client::HttpClient client = server_.connect(who < 5 ? "append" : "read");
      for (unsigned n = 0; n < 25; ++n) {
        if (who == 5) {
          EXPECT_EQ(client.get("/checkpoint")->status, 200);
          continue;
        }
        const std::string key = std::to_string(who) + "-" + std::to_string(n);
        EXPECT_EQ(post_events(client, key, {"{\"key\":\"" + key + "\"}"})->status, 201);
      }
    });
  for (std::thread& client : clients) client.join();
  stop_and_read();
  expect_every_rule();
}

}  // namespace
}  // namespace varve::system
