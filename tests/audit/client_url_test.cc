// Addresses of logs: what is accepted, and what must be refused because it could send a token
// somewhere else.
#include <gtest/gtest.h>

#include "tools/client/url.h"

namespace varve::client {
namespace {

TEST(Url, IsTakenApart) {
  struct Case {
    const char* text;
    bool tls;
    const char* host;
    std::uint16_t port;
    const char* path;
  };
  for (const Case& c : {
           Case{"https://varve.example/logs/a", true, "varve.example", 443, "/logs/a"},
           Case{"https://varve.example:8443/logs/a/", true, "varve.example", 8443, "/logs/a"},
           Case{"https://10.0.0.7:1", true, "10.0.0.7", 1, ""},
           Case{"https://[2001:db8::1]:8443/logs/a", true, "2001:db8::1", 8443, "/logs/a"},
           Case{"https://[2001:db8::1]", true, "2001:db8::1", 443, ""},
           Case{"http://127.0.0.1:8080/logs/a", false, "127.0.0.1", 8080, "/logs/a"},
           Case{"http://127.3.2.1/", false, "127.3.2.1", 80, ""},
           Case{"http://[::1]:9/x%2Fy", false, "::1", 9, "/x%2Fy"},
           Case{"http://localhost", false, "localhost", 80, ""},
       }) {
    SCOPED_TRACE(c.text);
    const auto url = parse_url(c.text);
    ASSERT_TRUE(url) << url.error().message;
    EXPECT_EQ(url->tls, c.tls);
    EXPECT_EQ(url->host, c.host);
    EXPECT_EQ(url->port, c.port);
    EXPECT_EQ(url->path, c.path);
  }
}

TEST(Url, WithAnythingAmbiguousIsRefused) {
  for (const char* text : {
           "",
           "varve.example",
           "ftp://varve.example",
           "https://",
           "https:///logs/a",
           "https://a:0/",
           "https://a:65536/",
           "https://a:08/",
           "https://a:/",
           "https://a:b/",
           "https://user@host/",
           "https://user:password@host/",
           "https://a/logs?x=1",
           "https://a/logs#x",
           "https://a/lo gs",
           "https://a b/",
           "https://[::1/",
           "https://[x]/",
           "https://[::1]x/",
           "https://a\n/",
           "https://a/\r\nX: y",
       }) {
    SCOPED_TRACE(text);
    const auto url = parse_url(text);
    ASSERT_FALSE(url);
    EXPECT_EQ(url.error().code, Code::kInvalid);
  }
}

TEST(Url, WithoutTlsReachesOnlyThisMachine) {
  for (const char* text : {"http://varve.example/", "http://10.0.0.1/", "http://128.0.0.1/",
                           "http://127.0.0.1.example/", "http://[2001:db8::1]/", "http://0.0.0.0/",
                           "http://localhost.example/", "http://[::ffff:127.0.0.1]/"}) {
    SCOPED_TRACE(text);
    EXPECT_FALSE(parse_url(text));
  }
}

TEST(PercentEncoding, KeepsUnreservedCharactersAndEncodesTheRest) {
  EXPECT_EQ(percent_encoded("ward-7/printer_2"), "ward-7%2Fprinter_2");
  EXPECT_EQ(percent_encoded("a b\n%\xc3\xa9"), "a%20b%0A%25%C3%A9");
}

}  // namespace
}  // namespace varve::client
