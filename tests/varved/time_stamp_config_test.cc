// The authorities of a [[log]] that are asked for time stamps: what the keys set, and what they refuse.
#include "tools/varved/time_stamp_config.h"

#include <gtest/gtest.h>

#include "tools/varved/config.h"

namespace varve::tools {
namespace {

const std::string kLogToStamp =
    "[server]\nplain_http = true\ndata = \"/d\"\ntokens = \"/t\"\n"
    "[hsm]\nmodule = \"/m\"\ntoken = \"pkcs11:token=v\"\npin = \"env:P\"\n"
    "[[log]]\nname = \"a\"\norigin = \"example.org/a\"\nkey = \"pkcs11:object=a\"\n";

TEST(TimeStampConfiguration, SetsAddressesIntervalAndCaAndNothingWithoutAnAddress) {
  const auto config = parse_config(kLogToStamp +
                                       "timestamp_urls = [\"https://tsa.example.org/a\", "
                                       "\"https://tsa.example.net:8443\"]\n"
                                       "timestamp_interval_s = 86400\ntimestamp_ca = \"/ca\"\n",
                                   "varved.toml");
  ASSERT_TRUE(config) << config.error().message;
  const auto options = time_stamp_options(config->logs[0].time_stamps, "a");
  ASSERT_EQ(options.authorities.size(), 2u);
  EXPECT_EQ(options.authorities[1].url, "https://tsa.example.net:8443");
  EXPECT_EQ(options.authorities[1].ca_file, "/ca");
  EXPECT_EQ(options.interval_s, 86'400u);
  EXPECT_EQ(options.kept_name, "a+stamped");
  EXPECT_FALSE(parse_config(kLogToStamp, "varved.toml")->logs[0].time_stamps.asks());
}

TEST(TimeStampConfiguration, IsRefusedWithAReasonBeforeAnybodyIsAsked) {
  const std::string one = "timestamp_urls = [\"https://tsa.example.org/a\"]\n";
  std::string many = "timestamp_urls = [";
  for (int i = 0; i < 17; ++i) many += "\"https://h" + std::to_string(i) + ".example\",";
  const std::pair<std::string, std::string> wrong[] = {
      {"timestamp_ca = \"/ca\"\n", "log a has no timestamp_urls"},
      {"timestamp_interval_s = 7200\n", "log a has no timestamp_urls"},
      {one + "timestamp_interval_s = 59\n", "timestamp_interval_s"},
      {one + "timestamp_interval_s = 86401\n", "timestamp_interval_s"},
      {"timestamp_urls = []\n", "timestamp_urls"},
      {"timestamp_urls = [\"https://tsa.example.org/a\", \"https://tsa.example.org:443/b\"]\n",
       "names tsa.example.org:443 twice"},
      {"timestamp_urls = [\"https://tsa.example.org/a\", \"https://TSA.Example.org/b\"]\n",
       "twice"},
      {many + "]\n", "at most 16"},
  };
  for (const auto& [keys, why] : wrong) {
    const auto refused = parse_config(kLogToStamp + keys, "varved.toml");
    ASSERT_FALSE(refused) << keys;
    EXPECT_NE(refused.error().message.find(why), std::string::npos) << refused.error().message;
  }
  for (const char* url : {"http://tsa.example.org/a", "https://tsa.example.org/a/",
                          "https://tsa.example.org/a?b=c", "https://u:p@tsa.example.org", "tsa"})
    EXPECT_FALSE(check_time_stamps({{url}, "", 3'600})) << url;
  EXPECT_TRUE(check_time_stamps({{"https://tsa.example.org/a"}, "", 3'600}));
  EXPECT_EQ(check_time_stamps({{"https://tsa.example.org/a"}, "/nowhere", 3'600}).error().code,
            Code::kNotFound);
}

}  // namespace
}  // namespace varve::tools
