// Which addresses a list of networks means.
#include "api/common/addresses.h"

#include <gtest/gtest.h>

namespace varve::api {
namespace {

bool covers(const std::vector<std::string>& networks, const std::string& address) {
  const auto parsed = Networks::parse(networks);
  CHECK(parsed.has_value());
  return parsed->cover(*parse_ip(address));
}

std::string fault_of(const std::string& network) {
  const auto parsed = Networks::parse({network});
  return parsed ? "" : parsed.error().message;
}

// Every length of both versions: the last address that is meant, and the first behind it.
TEST(Networks, EndWhereTheirPrefixSays) {
  for (unsigned bits = 0; bits <= 32; ++bits) {
    const std::string network = "0.0.0.0/" + std::to_string(bits);
    const std::uint64_t size = std::uint64_t{1} << (32 - bits);
    const auto at = [](std::uint64_t number) {
      std::string out;
      for (int shift = 24; shift >= 0; shift -= 8)
        out.append(out.empty() ? "" : ".").append(std::to_string((number >> shift) & 255));
      return out;
    };
    EXPECT_TRUE(covers({network}, at(size - 1))) << network;
    EXPECT_EQ(covers({network}, at(size % (std::uint64_t{1} << 32))), bits == 0) << network;
  }
  for (unsigned bits = 1; bits <= 128; ++bits) {
    const std::string network = "::/" + std::to_string(bits);
    Address behind;  // its first bit that is set is the last of the prefix
    behind.bytes[(bits - 1) / 8] = static_cast<std::uint8_t>(0x80u >> ((bits - 1) % 8));
    EXPECT_FALSE(Networks::parse({network})->cover(behind)) << network;
    EXPECT_TRUE(covers({network}, "::")) << network;
  }
}

TEST(Networks, OfIPv4AreTheSameWithinIPv6AndNetworksOfIPv6CoverNone) {
  EXPECT_TRUE(covers({"192.0.2.0/24"}, "::ffff:192.0.2.7"));
  EXPECT_TRUE(covers({"::ffff:192.0.2.0/120"}, "192.0.2.7"));
  EXPECT_FALSE(covers({"::ffff:192.0.2.0/120"}, "192.0.3.7"));
  EXPECT_FALSE(covers({"::/0"}, "192.0.2.7"));
  EXPECT_FALSE(covers({"0.0.0.0/0"}, "2001:db8::1"));
  EXPECT_TRUE(covers({"::/0"}, "2001:db8::1"));
  EXPECT_TRUE(covers({"10.0.0.1", "2001:db8::/32"}, "2001:db8:ffff::1"));
  EXPECT_FALSE(covers({"10.0.0.1"}, "10.0.0.2"));
}

TEST(Networks, AreRefusedWhereTheySayTwoThings) {
  EXPECT_EQ(fault_of("10.1.2.3/8"),
            "\"10.1.2.3/8\" names one address of a network: write the network, \"10.0.0.0/8\", or "
            "the address alone");
  EXPECT_NE(fault_of("2001:db8::1/32").find("\"2001:db8::/32\""), std::string::npos);
  for (const char* wrong :
       {"", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/08", "10.0.0.0/8/8",
        "::/129", "10.0.0", "010.0.0.1", "fe80::1%eth0", "10.0.0.0/ 8", " 10.0.0.1", "localhost",
        "[::1]", "10.0.0.0/4294967297"})
    EXPECT_NE(fault_of(wrong).find("is no IP address and no network"), std::string::npos) << wrong;
}

TEST(Networks, ThatAreNoneCoverNothing) {
  EXPECT_TRUE(Networks().empty());
  EXPECT_FALSE(Networks().cover(*parse_ip("10.0.0.1")));
}

}  // namespace
}  // namespace varve::api
