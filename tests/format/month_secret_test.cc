// The secret of a month has one spelling, of one length and one version.
#include "ledger/format/month_secret.h"

#include <gtest/gtest.h>

#include "ledger/merkle/tree.h"

namespace varve::format {
namespace {

MonthSecret some_secret() {
  return {202'611, merkle::sha256(bytes_of("secret"))};
}

TEST(MonthSecret, IsReadAsItWasWritten) {
  const Buffer bytes = encode_month_secret(some_secret());
  EXPECT_EQ(bytes.size(), kMonthSecretSize);
  const auto read = decode_month_secret(bytes);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->month, some_secret().month);
  EXPECT_EQ(read->secret, some_secret().secret);
}

TEST(MonthSecret, OfAnotherLengthIsRefused) {
  Buffer bytes = encode_month_secret(some_secret());
  for (std::size_t cut = 0; cut < bytes.size(); ++cut)
    EXPECT_EQ(decode_month_secret(Bytes{bytes}.first(cut)).error().code, Code::kInvalid) << cut;
  bytes.push_back(std::byte{0});
  EXPECT_FALSE(decode_month_secret(bytes));
}

TEST(MonthSecret, OfAnotherVersionIsRefused) {
  for (unsigned bit = 0; bit < 32; ++bit) {
    Buffer bytes = encode_month_secret(some_secret());
    bytes[bit / 8] ^= std::byte{1} << static_cast<int>(bit % 8);
    EXPECT_FALSE(decode_month_secret(bytes)) << bit;
  }
}

}  // namespace
}  // namespace varve::format
