// What is kept of the newest witnessed checkpoint: across restarts, under another policy, beside another log.
#include "api/outbound/witnessed_file.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "witnessing.h"

namespace varve::api {
namespace {

TEST_F(Witnessing, KeepsWhatWasWitnessedAcrossARestartAndAsksFromThere) {
  start();
  until_witnessed();
  const std::string note = *asker->newest();
  asker.reset();
  EXPECT_EQ(testing::bytes_in(directory.path() + "/main+witnessed"), note);
  for (const auto& one : played) one->play("", "503 No");
  start();
  ASSERT_NE(asker->newest(), nullptr);
  EXPECT_EQ(*asker->newest(), note);
  EXPECT_EQ(asker->status().size, world.size());
  for (std::size_t i = 0; i < 3; ++i) until_failed(i, 1);
  for (const auto& one : played) one->play(std::nullopt);
  const std::string before = std::to_string(world.size().value);
  grow();
  pass(3'600);
  until_witnessed();
  EXPECT_EQ(played[0]->asked(), (std::vector<std::string>{"old 0", "old " + before}));
}

// Cut, forked, of another log, changed, garbage: the file stays as it is, and nothing is served.
TEST_F(Witnessing, RefusesWhatWasKeptWhereTheLogDoesNotBeginWithItAndLeavesItAlone) {
  start();
  until_witnessed();
  const std::string good = *asker->newest();
  asker.reset();
  const auto made = [&](std::uint64_t size, const std::string& origin) {
    const std::string text = format::checkpoint_text({origin, TreeSize{size}, {}});
    return format::format_note(
        {text,
         {world.first_key.note_signature(text), played[0]->cosigner.cosign(text, 1),
          played[1]->cosigner.cosign(text, 1)}});
  };
  std::string changed = good;
  changed[changed.size() - 10] ^= 1;
  const std::string path = directory.path() + "/main+witnessed";
  for (const std::string& kept : {made(1'000, world.options.origin), made(1, world.options.origin),
                                  made(1, "other.example"), changed, std::string("garbage")}) {
    std::ofstream(path, std::ios::trunc) << kept;
    start();
    EXPECT_NE(asker->status().trouble, "") << kept;
    until([&] {
      const auto now = asker->status().witnesses;
      return std::ranges::all_of(now,
                                 [&](const auto& one) { return one.cosigned == world.size(); });
    });
    EXPECT_EQ(asker->newest(), nullptr) << kept;
    asker.reset();
    EXPECT_EQ(testing::bytes_in(path), kept);
  }
}

TEST_F(Witnessing, ServesWhatWasKeptUnderAnotherPolicyOnlyWhereThatIsMet) {
  start();
  until_witnessed();
  asker.reset();
  for (const auto& one : played) one->play("", "503 No");
  ask_for("quorum A\n");
  start();
  EXPECT_NE(asker->newest(), nullptr);
  asker.reset();
  played.push_back(std::make_unique<PlayedWitness>(certificates, "w4.example", 4));
  played.back()->play("", "503 No");
  ask_for("quorum D\n");
  start();
  EXPECT_EQ(asker->newest(), nullptr);
  EXPECT_EQ(asker->status().trouble, "");
  until_failed(3, 1);
  played.back()->play(std::nullopt);
  pass(3'600);
  until([&] { return asker->newest() != nullptr; });
}

// Whoever cannot write the file serves nothing that a restart would forget.
TEST_F(Witnessing, ServesNothingThatIsNotKept) {
  std::filesystem::create_directories(directory.path() + "/main+witnessed.tmp/in-the-way");
  start();
  until([&] {
    const auto now = asker->status().witnesses;
    return std::ranges::all_of(now, [&](const auto& one) { return one.cosigned == world.size(); });
  });
  asker->stop();
  EXPECT_EQ(asker->newest(), nullptr);
}

}  // namespace
}  // namespace varve::api
