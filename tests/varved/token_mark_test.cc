// A high-water mark in a token: it outlives what is done to files, and no interruption loses it.
#include "tools/varved/token_mark.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "ledger/merkle/sha256.h"
#include "ledger/store/mark_file.h"
#include "tests/hsm/nss_token.h"
#include "tests/hsm/soft_token.h"
#include "tests/varved/append_one.h"
#include "tools/varved/log_site.h"

namespace varve::tools {
namespace {

env::Mark mark_of(std::uint64_t size) {
  return {merkle::sha256(bytes_of("log")), TreeSize{size}, merkle::sha256(bytes_of("root"))};
}

class TokenMark : public ::testing::Test {
 protected:
  [[nodiscard]] std::unique_ptr<env::HighWaterMark> open() const {
    auto mark = token_mark(*token, "ward");
    CHECK(mark.has_value());
    return std::move(*mark);
  }
  [[nodiscard]] std::uint64_t size_there() const {
    const auto marks = open()->read();
    CHECK(marks.has_value() && marks->size() < 2);
    return marks->empty() ? 0 : marks->front().size.value;
  }
  testing::SoftToken soft;
  std::unique_ptr<hsm::Token> token = soft.open();
};

TEST_F(TokenMark, IsKeptByTheTokenAndNeverGoesDown) {
  EXPECT_EQ(size_there(), 0u);
  ASSERT_TRUE(open()->write(mark_of(5)));
  EXPECT_EQ(size_there(), 5u);
  const auto mark = open();
  for (const std::uint64_t size : {6, 7, 8}) ASSERT_TRUE(mark->write(mark_of(size)));
  EXPECT_EQ(mark->write(mark_of(7)).error().code, Code::kWorm);
  token.reset();
  token = soft.open();
  EXPECT_EQ(size_there(), 8u);
  EXPECT_EQ(open()->write(mark_of(3)).error().code, Code::kWorm);
  env::Mark foreign = mark_of(9);
  foreign.log = merkle::sha256(bytes_of("another"));
  EXPECT_EQ(open()->write(foreign).error().code, Code::kInvalid);
}

TEST_F(TokenMark, TakesTwoObjectsInTurn) {
  const auto mark = open();
  for (const std::uint64_t size : {1, 2, 3}) ASSERT_TRUE(mark->write(mark_of(size)));
  for (const auto& [label, size] : {std::pair{"varve/ward/mark.0", 3}, {"varve/ward/mark.1", 2}}) {
    const auto values = token->read_data(label);
    ASSERT_TRUE(values);
    ASSERT_EQ(values->size(), 1u);
    EXPECT_EQ(store::decode_mark_slot(values->front())->mark.size.value,
              static_cast<std::uint64_t>(size));
  }
  EXPECT_TRUE(token->read_data("varve/ward/mark.probe")->empty());
}

// Cut off within a write, at every byte: the mark before is there, and the next write goes on.
TEST_F(TokenMark, CutOffWithinAWriteIsTheMarkBefore) {
  const auto mark = open();
  for (const std::uint64_t size : {1, 2}) ASSERT_TRUE(mark->write(mark_of(size)));
  const Buffer third = store::encode_mark_slot({2, mark_of(3)});
  for (std::size_t cut = 0; cut < third.size(); cut += 17) {
    SCOPED_TRACE(cut);
    ASSERT_TRUE(token->write_data("varve/ward/mark.0", Bytes{third}.first(cut)));
    EXPECT_EQ(size_there(), 2u);
  }
  ASSERT_TRUE(open()->write(mark_of(3)));
  EXPECT_EQ(size_there(), 3u);
}

// In one place or in both, cut off at any byte or of any other content.
TEST_F(TokenMark, OfWhichNothingCanBeReadIsNotTakenForNone) {
  const Buffer slot = store::encode_mark_slot({0, mark_of(3)});
  for (const char* label : {"varve/ward/mark.0", "varve/ward/mark.1"}) {
    for (std::size_t cut = 0; cut < slot.size(); cut += 17) {
      SCOPED_TRACE(std::string(label) + " of " + std::to_string(cut) + " bytes");
      ASSERT_TRUE(token->write_data(label, Bytes{slot}.first(cut)));
      EXPECT_EQ(token_mark(*token, "ward").error().code, Code::kCorrupt);
    }
    ASSERT_TRUE(token->write_data(label, bytes_of("nothing")));
  }
  EXPECT_EQ(token_mark(*token, "ward").error().code, Code::kCorrupt);
}

TEST_F(TokenMark, OfATokenWithoutDataObjectsIsRefusedOrSaid) {
  const testing::NssToken nss;
  std::vector<std::unique_ptr<hsm::Token>> only;
  only.push_back(nss.open());
  EXPECT_EQ(token_mark(*only.front(), "ward").error().code, Code::kNotFound);
  nss.make_key("ward-1");
  hsm::TokenSet tokens(std::move(only));
  LogConfig config;
  config.name = "ward";
  config.key = "pkcs11:object=ward-1";
  config.options.origin = "audit.example.org/ward";
  config.token_marks = TokenMarks::kYes;
  EXPECT_EQ(prepare_site(config, soft.directory().string(), tokens).error().code, Code::kNotFound);
  config.token_marks = TokenMarks::kIfAllowed;
  const auto site = prepare_site(config, soft.directory().string(), tokens);
  ASSERT_TRUE(site) << site.error().message;
  ASSERT_EQ(site->warnings.size(), 1u);
  EXPECT_NE(site->warnings.front().message.find("allows no data objects"), std::string::npos);
  EXPECT_EQ(site->marks, nullptr);
}

TEST_F(TokenMark, RefusesAnOlderCopyOfTheStore) {
  ASSERT_TRUE(token->create_key_pair(format::Algorithm::kEd25519, "ward-1"));
  std::vector<std::unique_ptr<hsm::Token>> only;
  only.push_back(std::move(token));
  hsm::TokenSet tokens(std::move(only));
  const auto directory = soft.directory() / "data";
  std::filesystem::create_directory(directory);
  LogConfig config;
  config.name = "ward";
  config.key = "pkcs11:object=ward-1";
  config.options.origin = "audit.example.org/ward";
  config.options.kek_prefix = "varve/ward";
  config.options.reserve_bytes = 0;
  config.token_marks = TokenMarks::kYes;
  const auto open_log = [&](LogSite& site) {
    return Log::open(site.options, environment_of(site, tokens));
  };
  std::string mark_says;
  {
    auto site = prepare_site(config, directory.string(), tokens);
    ASSERT_TRUE(site) << site.error().message;
    ASSERT_TRUE(open_log(*site));
    std::filesystem::copy(directory / "ward", directory / "old",
                          std::filesystem::copy_options::recursive);
    const auto log = open_log(*site);
    ASSERT_TRUE(log);
    ASSERT_TRUE(append_one(**log));
    mark_says = "the mark says " + size_text(**log) + " records";
  }
  std::filesystem::rename(directory / "ward", directory / "newest");
  std::filesystem::rename(directory / "old", directory / "ward");
  auto site = prepare_site(config, directory.string(), tokens);
  ASSERT_TRUE(site);
  const auto older = open_log(*site);
  ASSERT_FALSE(older);
  EXPECT_EQ(older.error().code, Code::kCorrupt);
  EXPECT_NE(older.error().message.find(mark_says), std::string::npos) << older.error().message;
  std::filesystem::remove_all(directory / "ward");
  auto emptied = prepare_site(config, directory.string(), tokens);
  ASSERT_TRUE(emptied);
  EXPECT_EQ(open_log(*emptied).error().code, Code::kCorrupt) << "nor an empty one";
  std::filesystem::remove_all(directory / "ward");
  std::filesystem::rename(directory / "newest", directory / "ward");
  auto newest = prepare_site(config, directory.string(), tokens);
  ASSERT_TRUE(newest);
  EXPECT_TRUE(open_log(*newest));
  EXPECT_EQ(std::system(("chattr -R -f -i " + directory.string() + " 2>/dev/null; true").c_str()),
            0);
}

}  // namespace
}  // namespace varve::tools
