// A thread that comes back late from the token brings a signature that nobody wants any more: it is
// dropped, whenever its epoch ended. Nobody is answered by it, and nothing is written.
#include <gtest/gtest.h>

#include <functional>
#include <utility>

#include "ledger/log/signature_desk.h"
#include "tests/log/files.h"
#include "tests/log/lying_disk.h"
#include "tests/log/stepped_log.h"

namespace varve {
namespace {

using log::SignatureAnswer;
using log::SignatureDesk;
using testing::bytes_in;

SignatureAnswer answer_of(const std::string& text) {
  return {{text, {}}, 1, std::nullopt};
}

TEST(SignatureDesk, HandsTheAnswerOverOnce) {
  SignatureDesk desk;
  const auto epoch = desk.open();
  EXPECT_FALSE(desk.take(epoch)) << "there is none yet";
  EXPECT_TRUE(desk.deliver(epoch, answer_of("root")));
  EXPECT_EQ(desk.take(epoch)->note.text, "root");
  EXPECT_FALSE(desk.take(epoch));
  EXPECT_FALSE(desk.deliver(epoch, answer_of("root"))) << "its epoch ended";
}

TEST(SignatureDesk, DropsWhatComesAfterItsEpoch) {
  SignatureDesk desk;
  const auto given_up = desk.open();
  const auto next = desk.open();
  EXPECT_FALSE(desk.deliver(given_up, answer_of("late")));
  EXPECT_FALSE(desk.take(next)) << "the late one is no answer to the next request";
  EXPECT_TRUE(desk.deliver(next, answer_of("root")));
  EXPECT_EQ(desk.take(next)->note.text, "root");
  const auto last = desk.open();
  desk.close();
  EXPECT_FALSE(desk.is_open(last));
  EXPECT_FALSE(desk.deliver(last, answer_of("late")));
  EXPECT_FALSE(desk.take(last));
}

TEST(SignatureDesk, ForgetsAnAnswerThatNobodyTookInItsEpoch) {
  SignatureDesk desk;
  const auto first = desk.open();
  ASSERT_TRUE(desk.deliver(first, answer_of("root")));
  const auto second = desk.open();
  EXPECT_FALSE(desk.take(first));
  EXPECT_FALSE(desk.take(second));
}

/// Something happens while it signs.
class BusySigner final : public env::Signer {
 public:
  BusySigner(env::Signer& signer, std::function<void()> meanwhile)
      : signer_(signer), meanwhile_(std::move(meanwhile)) {}
  Result<Buffer> sign(Bytes key, Bytes message) override {
    auto signature = signer_.sign(key, message);
    meanwhile_();
    return signature;
  }

 private:
  env::Signer& signer_;
  std::function<void()> meanwhile_;
};

TEST(SignatureDesk, DropsASignatureThatWasBeingMadeAndAsksNoFurtherKey) {
  testing::World world;
  const testing::SoftKey second(world.options.origin);
  world.signer.add(second);
  for (const bool ends : {false, true}) {
    SignatureDesk desk;
    const log::SignatureRequest request{desk.open(),
                                        {world.options.origin, TreeSize{3}, Hash{}},
                                        {world.first_key.key, second.key}};
    BusySigner signer(world.signer, [&] {
      if (ends) desk.close();
    });
    const int before = world.signer.asked;
    log::sign_for(desk, request, signer);
    EXPECT_EQ(world.signer.asked - before, ends ? 1 : 2);
    EXPECT_EQ(desk.take(request.epoch).has_value(), !ends);
  }
}

/// A thread at the token that a test lets come back whenever it likes, also when the log is gone.
class AwaySide final : public log::BackgroundTask {
 public:
  void start(std::function<void()> job) override { job_ = std::move(job); }
  [[nodiscard]] bool ended() override { return !job_; }
  void wait() override { come_back(); }
  void come_back() {
    if (job_) std::exchange(job_, nullptr)();
  }

 private:
  std::function<void()> job_;
};

class LateSignature : public testing::SteppedLog<AwaySide> {
 protected:
  LateSignature() {
    world_.options.sync_ahead_bytes = 1;
    auto disk = std::make_unique<testing::LyingDisk>(std::move(world_.files));
    disk_ = disk.get();
    world_.files = std::move(disk);
    recover();
  }
  void send(const std::string& key) {
    EventRequest request;
    request.sender = {format::SenderKind::kClient, "tester"};
    request.body = Buffer(100, std::byte{'a'});
    request.events.push_back({"text/plain", request.body, 7});
    request.content = merkle::sha256(request.body);
    request.key = merkle::sha256(bytes_of(key));
    std::vector<log::Item> items(1);
    items[0].what = std::move(request);
    items[0].done = [this, key](const Result<Appended>& done) {
      told_.push_back(key + (done ? " acknowledged" : " refused"));
    };
    sequencer_->step(std::move(items));
  }
  [[nodiscard]] std::string segment() const {
    return bytes_in(world_.directory + "/segments/00000000.seg");
  }

  testing::LyingDisk* disk_ = nullptr;
  std::vector<std::string> told_;
};

TEST_F(LateSignature, OfALogThatHasFaultedIsDropped) {
  const std::uint64_t begin = size();
  send("a");
  ASSERT_TRUE(sequencer_->is_signing());
  disk_->lies = true;
  send("b");  // made durable while the token signs, and read back
  disk_->lies = false;
  ASSERT_EQ(sequencer_->status().state, LogState::kFaulted);
  const std::string before = segment();
  const int asked = world_.signer.asked;
  side_.come_back();
  EXPECT_EQ(world_.signer.asked, asked) << "the token is not even asked any more";
  sequencer_->step({});
  sequencer_->finish();
  EXPECT_EQ(segment(), before);
  EXPECT_EQ(told_, (std::vector<std::string>{"a refused", "b refused"}));
  EXPECT_EQ(size(), begin);
}

TEST_F(LateSignature, OfALogThatIsGoneTouchesNothingOfIt) {
  const std::uint64_t begin = size();
  send("a");
  const std::string before = segment();
  sequencer_.reset();
  storage_.reset();
  side_.come_back();
  EXPECT_EQ(segment(), before);
  EXPECT_TRUE(told_.empty());
  recover();                     // what was durable is signed now
  EXPECT_EQ(size(), begin + 3);  // the event with its sender and its seal
}

}  // namespace
}  // namespace varve
