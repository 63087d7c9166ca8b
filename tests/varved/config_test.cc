// varved.toml: what it takes, and that every mistake is named with its line.
#include "tools/varved/config.h"

#include <gtest/gtest.h>

#include <fstream>

#include "tests/directories.h"
#include "tools/config/table.h"

namespace varve::tools {
namespace {

const std::string kServer = "[server]\nplain_http = true\ndata = \"/d\"\ntokens = \"/t\"\n";
const std::string kHsm = "[hsm]\nmodule = \"/m\"\ntoken = \"pkcs11:token=v\"\npin = \"env:P\"\n";
const std::string kLog =
    "[[log]]\nname = \"a\"\norigin = \"example.org/a\"\nkey = \"pkcs11:object=a\"\n";
const std::string kOther = "[[log]]\nname = \"b\"\norigin = \"o\"\nkey = \"k\"\n";

std::string message_of(const std::string& text) {
  const auto config = parse_config(text, "varved.toml");
  return config ? "accepted" : config.error().message;
}

TEST(Config, TheLeastThatIsNeeded) {
  const auto config = parse_config(kServer + kHsm + kLog, "varved.toml");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->server.address, "127.0.0.1");
  EXPECT_EQ(config->server.port, 8443);
  EXPECT_EQ(config->logs.size(), 1U);
  EXPECT_EQ(config->logs[0].options.kek_prefix, "varve/a");
  EXPECT_TRUE(config->logs[0].open_reads);
}

TEST(Config, AMarkBesideTheDataIsNotInIt) {
  for (const char* path : {"/dd", "/d-marks", "/d/../e", "/"}) {
    const std::string key = std::string("high_water_mark = \"").append(path).append("\"\n");
    EXPECT_EQ(message_of(kServer + kHsm + kLog + key), "accepted") << path;
  }
}

TEST(Config, EverythingThatCanBeSet) {
  const auto config = parse_config(
      "[server]\nlisten = \"[::1]:0\"\ntls_certificate = \"/c\"\ntls_key = \"/k\"\ndata = \"/d\"\n"
      "tokens = \"/t\"\naccess_records = \"before\"\nlog_level = \"warning\"\nthreads = 3\nworkers "
      "= 4\nconnections_max = 5\n"
      "header_bytes_max = 2048\nrequests_max = 6\nrequests_per_client_max = 7\n"
      "body_bytes_max = 67108864\nbytes_per_second_min = 13\nidle_timeout_ms = "
      "8\nheader_timeout_ms = 9\n"
      "body_timeout_ms = 10\nwrite_timeout_ms = 11\nstop_timeout_ms = 12\n" +
          kHsm + "timeout_ms = 1000\n" + kLog +
          "public = false\nhigh_water_mark = \"/var/marks\"\nkek_prefix = \"k\"\nsegment_bytes_max "
          "= 1048576\n"
          "segment_age_max_s = 61\nreserve_bytes = 1048577\nqueue_bytes_max = 16777216\n"
          "reorder_wait_ms = 0\nsenders_max = 7\nretention_days = 3653\n",
      "varved.toml");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->server.address, "::1");
  EXPECT_EQ(config->server.port, 0);
  EXPECT_EQ(config->server.timeouts.stop.count(), 12);
  EXPECT_EQ(config->limits.requests_per_client_max, 7U);
  EXPECT_EQ(config->server.bytes_per_second_min, 13U);
  EXPECT_EQ(config->log_level, api::Level::kWarning);
  EXPECT_EQ(config->reads, api::ReadAnswered::kOnceItIsOnRecord);
  EXPECT_EQ(config->hsm.timeout_ms, 1000U);
  EXPECT_FALSE(config->logs[0].open_reads);
  EXPECT_EQ(config->logs[0].marks, "/var/marks");
  EXPECT_EQ(config->logs[0].options.reserve_bytes, 1048577U);
  EXPECT_EQ(config->logs[0].options.senders_max, 7U);
  EXPECT_EQ(config->logs[0].options.first_policy.period, 3653U);
}

TEST(Config, ClientsCertificatesNeedTlsAndTheirCAs) {
  EXPECT_NE(message_of(kServer + "client_ca = \"/ca\"\n" + kHsm + kLog)
                .find("plain_http = true and client_ca contradict each other"),
            std::string::npos);
  EXPECT_NE(message_of(kServer + "client_certificates = \"required\"\n" + kHsm + kLog)
                .find("client_certificates needs client_ca, the CAs of these certificates"),
            std::string::npos);
}

struct Mistake {
  std::string text;
  std::string message;  // part of it
};

TEST(Config, NamesEveryMistakeAndItsLine) {
  const Mistake table[] = {
      {"[server\n", "varved.toml: line 1: "},
      {kServer + "lisen = \"x\"\n" + kHsm + kLog,
       "line 5: unknown key lisen in [server]; is it listen?"},
      {kServer + "zzzzzzzz = 1\n" + kHsm + kLog,
       "line 5: unknown key zzzzzzzz in [server]: this version knows no such key, a later one may"},
      {kServer + kHsm + kLog + "publik = true\n",
       "line 13: unknown key publik in [[log]]; is it public?"},
      {kServer + kHsm + kLog + "[hms]\n", "unknown key hms in the file; is it hsm?"},
      {kServer + "threads = 0\n" + kHsm + kLog, "line 5: threads is a whole number from 1 to 256"},
      {kServer + "threads = 1.5\n" + kHsm + kLog, "threads is a whole number"},
      {kServer + "threads = \"2\"\n" + kHsm + kLog, "threads is a whole number"},
      {kServer + "threads = -1\n" + kHsm + kLog, "threads is a whole number"},
      {kServer + "listen = 8443\n" + kHsm + kLog, "listen is a text"},
      {kServer + "listen = \"127.0.0.1\"\n" + kHsm + kLog,
       "listen is an IP address, a colon and a port"},
      {kServer + "listen = \"127.0.0.1:65536\"\n" + kHsm + kLog, "listen is an IP address"},
      {kServer + "tls_key = \"/k\"\n" + kHsm + kLog, "tls_certificate and tls_key go together"},
      {kServer + "tls_key = \"/k\"\ntls_certificate = \"/c\"\n" + kHsm + kLog,
       "contradict each other"},
      {"[server]\ndata = \"/d\"\ntokens = \"/t\"\n" + kHsm + kLog, "or plain_http = true"},
      {kServer + "log_level = \"loud\"\n" + kHsm + kLog, "log_level is debug"},
      {"[server]\nplain_http = 1\ndata = \"/d\"\ntokens = \"/t\"\n" + kHsm + kLog,
       "plain_http is true or false"},
      {"[server]\nplain_http = true\ntokens = \"/t\"\n" + kHsm + kLog,
       "[server] needs the key data"},
      {kServer + "[hsm]\nmodule = \"/m\"\ntoken = \"t\"\n" + kLog, "[hsm] needs the key pin"},
      {kServer + kLog, "the file needs the key hsm"},
      {kServer + kHsm, "the file needs the key log"},
      {kServer + kHsm + "[log]\nname = \"a\"\n", "[[log]]"},
      {"server = 1\n" + kHsm + kLog, "server is a table"},
      {kServer + kHsm + kLog + kLog, "two logs are named a"},
      {kServer + kHsm + kLog + "[[log]]\nname = \"b\"\norigin = \"example.org/a\"\nkey = \"k\"\n",
       "two logs have the origin"},
      {kServer + kHsm + kLog + kOther + "kek_prefix = \"varve/a\"\n",
       "two logs have the kek_prefix varve/a"},
      {kServer + kHsm + kLog + "kek_prefix = \"k\"\n" + kOther + "kek_prefix = \"k\"\n",
       "two logs have the kek_prefix k"},
      {kServer + kHsm + "[[log]]\nname = \"../a\"\norigin = \"o\"\nkey = \"k\"\n",
       "a log's name is"},
      {kServer + kHsm + "[[log]]\nname = \"A\"\norigin = \"o\"\nkey = \"k\"\n", "a log's name is"},
      {kServer + kHsm + "[[log]]\nname = \"\"\norigin = \"o\"\nkey = \"k\"\n",
       "name is a text that is not empty"},
      {kServer + kHsm + kLog + "name = \"b\"\n", "line 13"},
      {kServer + kHsm + kLog + "high_water_mark_on_token = \"maybe\"\n",
       "high_water_mark_on_token is one of no if-allowed yes"},
      {kServer + kHsm + kLog + "high_water_mark = \"/d\"\n", "lies in the directory of the data"},
      {kServer + kHsm + kLog + "high_water_mark = \"/x/../d//a/b\"\n", "lies in the directory"},
  };
  for (const Mistake& mistake : table) {
    const std::string message = message_of(mistake.text);
    EXPECT_NE(message.find(mistake.message), std::string::npos)
        << message << "\nnot: " << mistake.message;
    EXPECT_EQ(message.find(": line ", message.find("line ")), std::string::npos)
        << "two lines: " << message;
  }
}

// Each key has a row in the table of its section, and each row is a key.
TEST(Config, EveryKeyIsInTheDocumentAndNoOther) {
  std::ifstream file(source_file("docs/operating/configuration.md"));
  std::vector<std::string> documented;
  std::string section;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("## The tokens file")) break;
    if (line.starts_with("## ["))
      section =
          line.substr(line.find_last_of('[') + 1, line.find(']') - line.find_last_of('[') - 1);
    if (line.starts_with("| `"))
      documented.push_back(section + "." + line.substr(3, line.find('`', 3) - 3));
  }
  EXPECT_EQ(documented, config_keys());
}

TEST(Nearest, IsTheKeyThatWasProbablyMeant) {
  const std::vector<std::string_view> names = {"listen", "tokens", "data"};
  EXPECT_EQ(nearest("lisen", names), "listen");
  EXPECT_EQ(nearest("token", names), "tokens");
  EXPECT_EQ(nearest("dat", names), "data");
  EXPECT_EQ(nearest("completely", names), "");
  EXPECT_EQ(nearest("x", {}), "");
}

}  // namespace
}  // namespace varve::tools
