// Time-stamp records and the tokens in them: one spelling, and nothing but what the authority
// signed, whatever somebody makes of the bytes.
#include "ledger/format/timestamp.h"

#include <gtest/gtest.h>

#include <fstream>

#include "ledger/base/text.h"
#include "ledger/format/cosigned_time.h"
#include "ledger/format/retention.h"
#include "ledger/format/stamped_checkpoint.h"
#include "tests/directories.h"
#include "tests/format/test_cosigner.h"
#include "tests/format/time_authority.h"
#include "tests/format/timestamp_sample.h"

namespace varve::format {
namespace {

Buffer sample_token() {
  return *decode_base64(kStampToken);
}

SignedTime sample_time() {
  return {*decode_hex_hash(kStampKey), kStampedUs, kStampAccuracyUs};
}

std::string timestamp_block(const std::string& name = "timestamp") {
  std::ifstream in(source_file("docs/format/retention.md"));
  std::string line;
  while (std::getline(in, line) && line != "```" + name) {
  }
  std::string lines;
  while (std::getline(in, line) && line != "```") lines.append(line).append("\n");
  return lines;
}

TEST(TimestampDocument, ShowsARecordWhoseTokenVerifies) {
  const auto shown = parse_timestamp(timestamp_block());
  ASSERT_TRUE(shown) << shown.error().message;
  EXPECT_EQ(checkpoint_text(shown->checkpoint), kStampedText);
  const auto said = verify_time_token(shown->token, checkpoint_text(shown->checkpoint));
  ASSERT_TRUE(said) << said.error().message;
  EXPECT_EQ(*said, sample_time());
}

const TestCosigner& north_witness() {
  static const TestCosigner kNorth("north.example.org/w", 41);
  return kNorth;
}

Buffer cosigned_at(std::uint64_t time_s) {
  const Note note{kStampedText, {north_witness().cosign(kStampedText, time_s)}};
  return cosigned_time(north_witness().key(), **cosignature_of(note, north_witness().key()));
}

TEST(CosignedTimeDocument, ShowsARecordThatVerifies) {
  const std::string shown = timestamp_block("timestamp cosigned");
  const Timestamp made{*parse_checkpoint_text(kStampedText), cosigned_at(1'795'938'006)};
  EXPECT_EQ(shown, timestamp_text(made));
  const auto said = verify_time_statement(parse_timestamp(shown)->token, kStampedText);
  ASSERT_TRUE(said) << said.error().message;
  EXPECT_EQ(*said, (SignedTime{cosigner_hash(north_witness().key()), 1'795'938'006'000'000,
                               60'000'000, SourceType::kWitness}));
}

TEST(CosignedTime, IsOverExactlyThisTextAndNoneWithAnyBitChangedOrMissing) {
  Buffer statement = cosigned_at(7);
  ASSERT_TRUE(verify_time_statement(statement, kStampedText));
  EXPECT_FALSE(verify_time_statement(statement, kStampedText + "\n"));
  for (std::size_t bit = 0; bit < 8 * statement.size(); ++bit) {
    const std::byte mask = std::byte{1} << (bit % 8);
    statement[bit / 8] ^= mask;
    EXPECT_FALSE(verify_time_statement(statement, kStampedText)) << bit;
    statement[bit / 8] ^= mask;
  }
  for (std::size_t cut = 0; cut < statement.size(); ++cut)
    EXPECT_FALSE(verify_time_statement(Bytes{statement}.first(cut), kStampedText)) << cut;
  statement.push_back(std::byte{0});
  EXPECT_FALSE(verify_time_statement(statement, kStampedText));
}

TEST(CosignedTime, IsOfATimeThatARecordOfRetentionCanHold) {
  const std::uint64_t last_s = kTimeMaxUs / 1'000'000;
  EXPECT_TRUE(verify_time_statement(cosigned_at(last_s), kStampedText));
  EXPECT_FALSE(verify_time_statement(cosigned_at(last_s + 1), kStampedText));
  EXPECT_FALSE(verify_time_statement(cosigned_at(INT64_MAX), kStampedText));
}

TEST(TimestampText, HasOneSpelling) {
  const std::string text = kStampedText + "\n" + kStampToken + "\n";
  ASSERT_TRUE(parse_timestamp(text));
  EXPECT_EQ(timestamp_text(*parse_timestamp(text)), text);
  for (std::size_t cut = 0; cut < text.size(); ++cut)
    EXPECT_FALSE(parse_timestamp(text.substr(0, cut))) << cut;
  EXPECT_FALSE(parse_timestamp(text + "\n"));
  EXPECT_FALSE(parse_timestamp(text + kStampToken + "\n"));
  EXPECT_FALSE(parse_timestamp("\n" + text));
  EXPECT_FALSE(parse_timestamp(kStampedText + "more\n\n" + kStampToken + "\n"));
  EXPECT_FALSE(parse_timestamp(kStampedText + kStampToken + "\n"));
  EXPECT_FALSE(parse_timestamp(kStampedText + "\n\n" + kStampToken + "\n"));
  EXPECT_FALSE(parse_timestamp(kStampedText + "\n" + kStampToken.substr(0, 64) + "\n" +
                               kStampToken.substr(64) + "\n"));
}

TEST(TimestampText, HoldsATokenOfNoByteTooMuch) {
  const std::string head = kStampedText + "\n";
  const auto parses = [&](std::size_t size) {
    return parse_timestamp(head + base64(Buffer(size, std::byte{1})) + "\n").has_value();
  };
  EXPECT_FALSE(parses(0));
  EXPECT_TRUE(parses(1));
  EXPECT_TRUE(parses(kTimeTokenMax));
  EXPECT_FALSE(parses(kTimeTokenMax + 1));
  EXPECT_FALSE(parses(4 * kTimeTokenMax));
}

TEST(StampedCheckpoint, WithOneTokenIsTheTextOfARecord) {
  const auto stamped = parse_stamped_checkpoint(kStampedText + "\n" + kStampToken + "\n");
  ASSERT_TRUE(stamped) << stamped.error().message;
  EXPECT_EQ(timestamp_text({stamped->checkpoint, stamped->tokens[0]}),
            stamped_checkpoint_text(*stamped));
}

TEST(StampedCheckpoint, HasOneSpellingAndOneToSixteenTokensNoneTwice) {
  StampedCheckpoint stamped{*parse_checkpoint_text(kStampedText), {sample_token()}};
  while (stamped.tokens.size() < kTokensMax)
    stamped.tokens.push_back(Buffer(stamped.tokens.size(), std::byte{1}));
  const std::string text = stamped_checkpoint_text(stamped);
  ASSERT_TRUE(parse_stamped_checkpoint(text));
  EXPECT_EQ(*parse_stamped_checkpoint(text), stamped);
  for (std::size_t cut = 0; cut < text.size(); ++cut) {
    const auto part = parse_stamped_checkpoint(text.substr(0, cut));
    EXPECT_TRUE(!part || stamped_checkpoint_text(*part) == text.substr(0, cut)) << cut;
  }
  EXPECT_FALSE(parse_stamped_checkpoint(text + "AQ==\n")) << "twice";
  EXPECT_FALSE(parse_stamped_checkpoint(text + "Ag==\n")) << "the 17th";
  EXPECT_FALSE(parse_stamped_checkpoint(text + "\n"));
  EXPECT_FALSE(parse_stamped_checkpoint(kStampedText + "\n"));
  EXPECT_FALSE(parse_stamped_checkpoint(""));
  EXPECT_FALSE(parse_stamped_checkpoint(std::string(kStampedCheckpointMax + 1, 'A')));
  for (Buffer& token : stamped.tokens) token.assign(kTimeTokenMax, std::byte{2});
  for (std::size_t i = 0; i < kTokensMax; ++i) stamped.tokens[i][0] = static_cast<std::byte>(i);
  EXPECT_LE(stamped_checkpoint_text(stamped).size(), kStampedCheckpointMax);
}

TEST(TimeToken, IsOverExactlyTheseBytes) {
  ASSERT_TRUE(verify_time_token(sample_token(), kStampedText));
  for (std::size_t bit = 0; bit < 8 * kStampedText.size(); ++bit) {
    std::string other = kStampedText;
    other[bit / 8] = static_cast<char>(other[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_FALSE(verify_time_token(sample_token(), other)) << bit;
  }
  EXPECT_FALSE(verify_time_token(sample_token(), kStampedText + "\n"));
  EXPECT_FALSE(verify_time_token(sample_token(), ""));
}

TEST(TimeToken, IsNoneWhereverItIsCutOrContinued) {
  Buffer token = sample_token();
  for (std::size_t cut = 0; cut < token.size(); ++cut)
    EXPECT_FALSE(verify_time_token(Bytes{token}.first(cut), kStampedText)) << cut;
  token.push_back(std::byte{0});
  EXPECT_FALSE(verify_time_token(token, kStampedText));
}

// No bit that flips makes another statement of it. What CMS leaves unsigned (its versions, its list of
// digests) may change the bytes of a token, and never what it says.
TEST(TimeToken, StatesNothingElseWhicheverBitFlips) {
  Buffer token = sample_token();
  std::size_t still = 0;
  for (std::size_t bit = 0; bit < 8 * token.size(); ++bit) {
    const std::byte mask = std::byte{1} << (bit % 8);
    token[bit / 8] ^= mask;
    const auto said = verify_time_token(token, kStampedText);
    EXPECT_TRUE(!said || *said == sample_time()) << bit;
    still += said ? 1 : 0;
    token[bit / 8] ^= mask;
  }
  EXPECT_LT(still, 8u * 16) << "more of it is unsigned than CMS says";
}

/// The sample with its outermost length in other words. Its header is 30 82 LL LL.
Buffer respelled(std::string_view header, std::string_view end) {
  const Buffer token = sample_token();
  Buffer other = *decode_hex(header);
  append(other, Bytes{token}.subspan(4));
  append(other, *decode_hex(end));
  return other;
}

TEST(TimeToken, IsInDerAlone) {
  ASSERT_EQ(hex(Bytes{sample_token()}.first(4)), "30820352");
  EXPECT_TRUE(verify_time_token(respelled("30820352", ""), kStampedText));
  EXPECT_FALSE(verify_time_token(respelled("3080", "0000"), kStampedText));
  EXPECT_FALSE(verify_time_token(respelled("3083000352", ""), kStampedText));
}

TEST(TimeToken, IsBounded) {
  EXPECT_FALSE(verify_time_token(Buffer(kTimeTokenMax + 1, std::byte{0x30}), kStampedText));
  EXPECT_FALSE(verify_time_token({}, kStampedText));
}

TEST(TimeQuery, IsWhatOpensslWouldAsk) {
  EXPECT_EQ(
      hex(time_query(*parse_checkpoint_text(kStampedText))),
      "30390201013031300d06096086480165030402010500042067cfbc91acbcc497f3a25272b6d3a3c748ede1d9"
      "24913f6334a745c23c31a1c70101ff");
}

// A random number, so that an answer from before is no answer to this. OpenSSL reads what we write.
TEST(TimeQuery, HasTheNonceThatAProgramGivesAndTheAnswerRepeatsIt) {
  const Checkpoint checkpoint = *parse_checkpoint_text(kStampedText);
  const TimeAuthority authority;
  for (const std::uint64_t nonce :
       {std::uint64_t{1}, std::uint64_t{0x80}, std::uint64_t{1} << 63, ~std::uint64_t{0}}) {
    const auto token = token_in_reply(authority.reply(time_query(checkpoint, nonce)));
    ASSERT_TRUE(token) << token.error().message;
    ASSERT_TRUE(verify_time_token(*token, kStampedText));
    EXPECT_TRUE(has_nonce(*token, nonce));
    EXPECT_FALSE(has_nonce(*token, nonce - 1));
  }
  EXPECT_FALSE(has_nonce(sample_token(), 0)) << "it was asked for without one";
}

/// A reply that the authority would give: status "granted" and the token, or a status alone.
Buffer reply_of(std::string_view status, Bytes token) {
  Buffer inner = *decode_hex(status);
  append(inner, token);
  Buffer reply{std::byte{0x30}, std::byte{0x82}, static_cast<std::byte>(inner.size() >> 8),
               static_cast<std::byte>(inner.size() & 0xff)};
  append(reply, inner);
  return reply;
}

TEST(TimeReply, BringsATokenOrSaysWhyNot) {
  const Buffer token = sample_token();
  const Buffer granted = reply_of("3003020100", token);
  ASSERT_TRUE(token_in_reply(granted)) << token_in_reply(granted).error().message;
  EXPECT_EQ(*token_in_reply(granted), token);
  EXPECT_TRUE(token_in_reply(reply_of("3003020101", token))) << "granted with modifications";
  for (const char* status : {"3003020102", "3003020103", "3003020104", "3003020105", "30030201ff"})
    EXPECT_FALSE(token_in_reply(reply_of(status, token))) << status;
  for (std::size_t cut = 0; cut < granted.size(); ++cut)
    EXPECT_FALSE(token_in_reply(Bytes{granted}.first(cut))) << cut;
  const auto refused = token_in_reply(*decode_hex("300d300b02010230060c04627573790000"));
  EXPECT_FALSE(refused);  // two bytes too many
  const auto said = token_in_reply(*decode_hex("300d300b02010230060c0462757379"));
  ASSERT_FALSE(said);
  EXPECT_EQ(said.error().code, Code::kNotFound);
  EXPECT_EQ(said.error().message, "the time-stamping authority gave no token: busy");
  EXPECT_FALSE(token_in_reply(Buffer(1u << 16)));
}

}  // namespace
}  // namespace varve::format
