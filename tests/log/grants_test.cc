// Records of who may do what, in a log that lives, starts again, and loses what is derived.
#include "ledger/rules/grants.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "world.h"

namespace varve {
namespace {

using testing::World;

Result<Appended> append_next_grants(World& world, const std::string& who,
                                    const std::string& from = "", const std::string& to = "") {
  std::string text =
      format::grants_text(rules::next_grants(world.log->view().grants.get(), world.options.origin,
                                             {{"token", "read", "", who}}, world.size().value));
  if (!from.empty()) text.replace(text.find(from), from.size(), to);
  return world.append_control(format::Kind::kGrants, text);
}

std::string holder_in(const World& world) {
  const auto newest = world.log->view().grants;
  return newest ? newest->grants.grants.at(0).grant.who : "";
}

TEST(GrantRecords, AreSeenOnceTheyAreAcknowledgedAndAfterEveryStart) {
  World world;
  ASSERT_TRUE(world.open());
  EXPECT_EQ(holder_in(world), "");
  for (const std::string who : {"ann", "bob"}) {
    const auto done = append_next_grants(world, who);
    ASSERT_TRUE(done) << done.error().message;
    EXPECT_EQ(world.log->view().grants->index, done->first);
    EXPECT_EQ(holder_in(world), who);
  }
  const auto before = world.log->view().grants;
  ASSERT_TRUE(world.reopen());
  EXPECT_EQ(world.log->view().grants->grants, before->grants) << "from the catalogue";
  world.log->stop();
  std::filesystem::remove_all(world.directory + "/catalogue");
  ASSERT_TRUE(world.reopen());
  EXPECT_EQ(world.log->view().grants->grants, before->grants) << "from the records";
  EXPECT_EQ(world.log->view().grants->index, before->index);
}

// Neither by itself nor by a clock record in front of it.
TEST(GrantRecords, ThatContradictTheOnesBeforeLeaveNothing) {
  World world;
  ASSERT_TRUE(world.open());
  ASSERT_TRUE(append_next_grants(world, "ann"));
  ASSERT_TRUE(world.reopen());
  const TreeSize before = world.size();
  for (const auto& [from, to] : {std::pair<std::string, std::string>{"previous ", "previous 1"},
                                 {"grant ", "grant 1"},
                                 {"origin ", "origin x"}}) {
    const auto done = append_next_grants(world, "ann", from, to);
    ASSERT_FALSE(done) << to;
    EXPECT_EQ(done.error().code, Code::kInvalid);
  }
  EXPECT_EQ(world.size(), before);
  EXPECT_TRUE(append_next_grants(world, "bob"));
}

}  // namespace
}  // namespace varve
