// The malicious log as a server: what varve-audit asks it for, writes to disk and prints.
#include <gtest/gtest.h>

#include <filesystem>
#include <limits>
#include <thread>

#include "fake_server.h"
#include "ledger/format/batch.h"
#include "ledger/format/checkpoint.h"
#include "run_program.h"
#include "temporary_directory.h"
#include "tests/verify/buried.h"
#include "tests/verify/good_log.h"
#include "tests/verify/json_lies.h"

namespace varve::audit {

using namespace verify;

namespace {

namespace fs = std::filesystem;

struct LyingServer : ::testing::Test {
  TemporaryDirectory directory;
  LogBuilder log = good_log();
  FakeServer server;
  std::string vkey = " --vkey " + format::format_vkey(log.first.verifier);
  std::string copy = directory.file("copy");

  LyingServer() { server.serve(log); }
  void say(const std::string& path, const std::string& text) {
    server.replace(path, to_buffer(bytes_of(text)));
  }
  [[nodiscard]] std::string signed_by(std::uint64_t size,
                                      const std::vector<SigningKey>& keys) const {
    return sign_note(format::checkpoint_text({log.origin, TreeSize{size}, Hash{}}), keys);
  }
  [[nodiscard]] bool copied_something() const {
    return fs::exists(copy + "/tile") || fs::exists(copy + "/checkpoint");
  }
};

constexpr std::uint64_t kEveryRecord = std::numeric_limits<std::uint64_t>::max();

TEST_F(LyingServer, GetsNoRequestForASizeThatNobodySigned) {
  const std::string true_keys(text_of(log.files().at("keys")));
  const std::string other_log = sign_note(
      format::checkpoint_text({"other.example", TreeSize{kEveryRecord}, Hash{}}), log.active);
  std::string cut = log.checkpoint(35);
  cut.replace(cut.find("\n35\n"), 4, "\n" + std::to_string(kEveryRecord) + "\n");
  const SigningKey thief = SigningKey::make(log.origin, "thief");
  for (const std::string& note : {cut, other_log, signed_by(kEveryRecord, {thief}),
                                  signed_by(kEveryRecord, {log.first}), std::string("nothing")}) {
    say("checkpoint", note);
    for (const std::string& command :
         {"fetch " + server.url() + " " + copy + vkey, "mirror " + server.url() + " " + copy + vkey,
          "check " + server.url() + vkey}) {
      const int before = server.requests();
      expect(run(command), 13, "corrupt: checkpoint");
      EXPECT_EQ(server.requests() - before, 2) << "the checkpoint and the keys: " << command;
      EXPECT_FALSE(copied_something());
    }
  }
}

// The thief of the log's key: what he signs is asked for, and what is not there is no damage.
TEST_F(LyingServer, WithTheLogsKeyMakesNobodyAskWithoutEnd) {
  for (const std::uint64_t size : {std::uint64_t{1} << 63, kEveryRecord}) {
    say("checkpoint", signed_by(size, log.active));
    for (const std::string& command :
         {"fetch " + server.url() + " " + copy + vkey, "mirror " + server.url() + " " + copy + vkey,
          "check " + server.url() + vkey,
          "renew " + server.url() + vkey + " --hash sha3-256 --out " +
              directory.file("statement")}) {
      const int before = server.requests();
      const Ran ran = run(command);
      EXPECT_TRUE(ran.exit == 11 || ran.exit == 14) << command << ": " << ran.text;
      EXPECT_LE(server.requests() - before, 64) << command;
      EXPECT_FALSE(fs::exists(copy + "/checkpoint")) << "an unfinished copy is none";
    }
    EXPECT_EQ(run("checkpoint " + server.url() + vkey).exit, 11) << "no proof of consistency";
  }
}

// What is taken back is what was looked at, not each of the 2^57 files that there could be.
TEST_F(LyingServer, WithAHugeSizeAndALieIsTakenBackAtOnce) {
  const std::string mirror = "mirror " + server.url() + " " + copy + vkey + " --connections 1";
  ASSERT_EQ(run(mirror).exit, 0);
  Files lie = log.files();
  bury(lie, all_events(log, 35), {0, 0, kNowUs, {}});
  Buffer full = lie.at("tile/entries/000.p/35");
  for (std::size_t k = 35; k < merkle::kTileWidth; ++k)
    format::append_to_bundle(full, log.records[35 - 1]);
  server.replace("tile/entries/000", full);
  say("checkpoint", signed_by(kEveryRecord, log.active));
  const int before = server.requests();
  expect(run(mirror), 13, "tombstone: it names the month 0");
  EXPECT_EQ(server.requests() - before, 3) << "checkpoint, keys, one bundle";
  expect(run("check " + copy + vkey), 0, "intact: 35 records");
}

/// What a terminal obeys, or what turns the direction of writing.
bool is_plain(const std::string& text) {
  for (const char c : text)
    if ((static_cast<unsigned char>(c) < ' ' && c != '\n') || c == 0x7f) return false;
  for (const char* direction : {"\u202e", "\u2066", "\u200f", "\u009b"})
    if (text.find(direction) != std::string::npos) return false;
  return true;
}

TEST_F(LyingServer, PutsNothingOnATerminalThatItObeys) {
  const std::string keys(text_of(log.files().at("keys")));
  for (const Lie& lie : lies_of(keys)) {
    if (lie.what.find("\\u001b") == std::string::npos) continue;
    say("keys", lie.json);
    for (const char* how : {"keys ", "--json keys "}) {
      const Ran ran = run(how + server.url() + vkey);
      EXPECT_TRUE(ran.exit == 10 || ran.exit == 13) << ran.text;
      EXPECT_TRUE(is_plain(ran.text)) << lie.where << ": " << ran.text;
    }
  }
  server.serve(log);
  say("checkpoint", "\x1b]0;mine\x07\n\u202e\n");
  for (const char* how : {"check ", "--json check ", "checkpoint ", "--json checkpoint "}) {
    const Ran ran = run(how + server.url() + vkey);
    EXPECT_NE(ran.exit, 0) << ran.text;
    EXPECT_TRUE(is_plain(ran.text)) << ran.text;
  }
}

// A name that is well formed, signed, and hostile all the same.
TEST_F(LyingServer, PutsNoHostileNameOfALogOnATerminal) {
  LogBuilder hostile("audit.example.org/\u202ednim\u2066");
  hostile.server_batch(2);
  server.serve(hostile);
  const std::string first = " --vkey '" + format::format_vkey(hostile.first.verifier) + "'";
  for (const char* command : {"check ", "keys ", "checkpoint ", "inclusion --index 1 "}) {
    for (const char* how : {"", "--json "}) {
      const Ran ran = run(how + (command + server.url()) + first);
      EXPECT_EQ(ran.exit, 0) << ran.text;
      EXPECT_TRUE(is_plain(ran.text)) << ran.text;
    }
  }
}

TEST_F(LyingServer, ThatIsNotThereEndsEveryCommandAlike) {
  const std::string nobody = "http://127.0.0.1:1/logs/a";
  std::vector<std::thread> patient;  // each tries for some seconds
  for (const std::string& command :
       {"check " + nobody, "checkpoint " + nobody, "keys " + nobody, "fetch " + nobody + " " + copy,
        "mirror " + nobody + " " + copy + "2", "inclusion --index 1 " + nobody,
        "event " + nobody + " 1", "proof " + nobody + " 1 --out " + copy})
    patient.emplace_back([this, command] {
      const Ran ran = run(command + vkey);
      expect(ran, 15, "no connection to 127.0.0.1:1");
      EXPECT_EQ(ran.text.find("while reading"), ran.text.rfind("while reading")) << "said once";
    });
  for (std::thread& thread : patient) thread.join();
}

}  // namespace
}  // namespace varve::audit
