// RFC 9110 and 9112, rule by rule: what is sent, byte for byte, and what the server must answer.
// Behind a proxy that reads a request another way, what is let through here would be two requests.
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "api/framing.h"
#include "tests/api/raw_client.h"
#include "tests/api/served_site.h"

namespace varve::api {
namespace {

const std::string kGet = "GET /healthz HTTP/1.1\r\n";
const std::string kHost = "Host: h\r\n";
const std::string kPost =
    "POST /logs/open/events HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer append\r\n"
    "Content-Type: text/plain\r\n";
const std::string kBody = "\r\nhello";

/// What the answer is: "400" and "501" end the connection, "200+" leaves it open.
struct Rule {
  const char* source;
  const char* says;
  std::string request;
  const char* answer;
};

const std::string kChunked = "Transfer-Encoding: chunked\r\n";
const std::string kNoHost = "POST /logs/open/events HTTP/1.1\r\n";
const std::string kGet10 = "GET /healthz HTTP/1.0\r\n";
const std::string kLength = "Content-Length: 5\r\n";

const std::vector<Rule> kRules = {
    // --- messages
    {"9112 2.2", "an empty line before a request is skipped", "\r\n" + kGet + kHost + "\r\n",
     "200+"},
    {"9112 2.2", "one, not any number", "\r\n\r\n" + kGet + kHost + "\r\n", "400"},
    {"9112 2.2", "white space before the first header", kGet + " X: y\r\n" + kHost + "\r\n", "400"},
    {"9112 2.2", "a lone CR is no line end", kGet + "X: a\rb\r\n" + kHost + "\r\n", "400"},
    {"9112 2.2", "a lone LF is no line end", kGet + "X: a\nHost: h\r\n\r\n", "400"},
    {"9112 2.2", "nor behind the request line", "GET /healthz HTTP/1.1\nHost: h\n\n", "400"},
    {"9110 5.5", "a NUL in a value", kGet + kHost + std::string("X: a\0b\r\n\r\n", 10), "400"},
    // --- the request line
    {"9112 3", "one space between its parts", "GET  /healthz HTTP/1.1\r\nHost: h\r\n\r\n", "400"},
    {"9112 3", "nothing behind the version", "GET /healthz HTTP/1.1 \r\nHost: h\r\n\r\n", "400"},
    {"9112 3", "a tab is no space", "GET\t/healthz HTTP/1.1\r\nHost: h\r\n\r\n", "400"},
    {"9112 2.3", "the name of HTTP is in capitals", "GET /healthz http/1.1\r\nHost: h\r\n\r\n",
     "400"},
    {"9110 15.6.6", "another major version", "GET /healthz HTTP/2.0\r\nHost: h\r\n\r\n", "505"},
    {"9110 15.6.6", "another minor version", "GET /healthz HTTP/1.2\r\nHost: h\r\n\r\n", "505"},
    {"9112 2.3", "a version of two digits", "GET /healthz HTTP/1.10\r\nHost: h\r\n\r\n", "400"},
    {"9110 9.1", "methods are compared in their case", "get /healthz HTTP/1.1\r\nHost: h\r\n\r\n",
     "501+"},
    {"9110 9.1", "a method that nobody knows", "BREW /healthz HTTP/1.1\r\nHost: h\r\n\r\n", "501+"},
    {"9110 9.3.6", "CONNECT", "CONNECT h:1 HTTP/1.1\r\nHost: h:1\r\n\r\n", "501+"},
    {"9110 9.3.7", "OPTIONS", "OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", "501+"},
    {"9110 9.3.8", "TRACE", "TRACE /healthz HTTP/1.1\r\nHost: h\r\n\r\n", "501+"},
    {"9110 15.5.6", "a method that the resource lacks", "POST /healthz HTTP/1.1\r\nHost: h\r\n\r\n",
     "405+"},
    {"9112 3", "a method without end", std::string(20'000, 'A'), "501"},
    {"9110 15.5.15", "a target that is too long",
     "GET /" + std::string(4'096, 'a') + " HTTP/1.1\r\nHost: h\r\n\r\n", "414+"},
    {"9112 3", "a target without end", "GET /" + std::string(20'000, 'a'), "414"},
    {"6585 5", "a header without end", kGet + kHost + "X: " + std::string(20'000, 'a'), "431"},
    // --- the target
    {"9112 3.2.2", "the absolute form", "GET http://h/healthz HTTP/1.1\r\nHost: h\r\n\r\n", "200+"},
    {"9112 3.2.2", "it wins over Host", "GET http://a/healthz HTTP/1.1\r\nHost: b\r\n\r\n", "200+"},
    {"3986 3.1", "its scheme in any case", "GET HTTP://h/healthz HTTP/1.1\r\nHost: h\r\n\r\n",
     "200+"},
    {"9110 4.2.1", "it has a host", "GET http:///healthz HTTP/1.1\r\nHost: h\r\n\r\n", "400+"},
    {"9110 4.2.4", "it has no user", "GET http://u@h/healthz HTTP/1.1\r\nHost: h\r\n\r\n", "400+"},
    {"3986 3.2", "the query ends its authority",
     "GET http://h?a=/healthz HTTP/1.1\r\nHost: h\r\n\r\n", "404+"},
    {"9112 3.2.4", "an asterisk is for OPTIONS", "GET * HTTP/1.1\r\nHost: h\r\n\r\n", "400+"},
    {"9112 3.2", "no fragment", "GET /healthz#a HTTP/1.1\r\nHost: h\r\n\r\n", "400+"},
    // --- Host
    {"9112 3.2", "HTTP/1.1 has one", kGet + "\r\n", "400"},
    {"9112 3.2", "and not two", kGet + kHost + kHost + "\r\n", "400"},
    {"9112 3.2", "nor two in HTTP/1.0", kGet10 + kHost + kHost + "\r\n", "400"},
    {"9112 3.2", "it may be empty", kGet + "Host:\r\n\r\n", "200+"},
    {"9110 7.2", "with a port", kGet + "Host: h:8443\r\n\r\n", "200+"},
    {"9110 7.2", "of IPv6", kGet + "Host: [::1]:8443\r\n\r\n", "200+"},
    {"9112 3.2", "a list is none", kGet + "Host: a, b\r\n\r\n", "400"},
    {"9112 3.2", "a URL is none", kGet + "Host: http://h\r\n\r\n", "400"},
    {"9112 3.2", "a user is none", kGet + "Host: u@h\r\n\r\n", "400"},
    {"9112 3.2", "half an address is none", kGet + "Host: [::1\r\n\r\n", "400"},
    {"9112 3.2", "a port is a number", kGet + "Host: h:x\r\n\r\n", "400"},
    // --- header fields
    {"9112 5.1", "no space before the colon", kGet + "Host : h\r\n\r\n", "400"},
    {"9112 5.1", "names have no space", kGet + kHost + "X Y: z\r\n\r\n", "400"},
    {"9112 5.1", "a name is not empty", kGet + kHost + ": z\r\n\r\n", "400"},
    {"9112 5.1", "a line has a colon", kGet + kHost + "XYZ\r\n\r\n", "400"},
    {"9110 5.1", "names in any case", kGet + "hOsT: h\r\n\r\n", "200+"},
    {"9110 5.5", "a value may be empty", kGet + kHost + "X:\r\n\r\n", "200+"},
    {"9112 5.2", "a value that is folded, with a space", kGet + kHost + "X: a\r\n b\r\n\r\n",
     "400"},
    {"9112 5.2", "with a tab", kGet + kHost + "X: a\r\n\tb\r\n\r\n", "400"},
    {"9112 5.2", "a folded Host", kGet + "Host:\r\n h\r\n\r\n", "400"},
    {"9112 5.2", "a folded length", kPost + "Content-Length:\r\n 5\r\n" + kBody, "400"},
    // --- Content-Length
    {"9110 8.6", "a length", kPost + kLength + kBody, "201+"},
    {"9110 8.6", "with zeros before it", kPost + "Content-Length: 0005\r\n" + kBody, "201+"},
    {"9110 8.6", "a list of the same", kPost + "Content-Length: 5, 5\r\n" + kBody, "400"},
    {"9110 8.6", "and without a space", kPost + "Content-Length: 5,5\r\n" + kBody, "400"},
    {"9110 8.6", "the same twice", kPost + kLength + kLength + kBody, "400"},
    {"9110 8.6", "another one", kPost + kLength + "Content-Length: 6\r\n" + kBody, "400"},
    {"9110 8.6", "of nothing", kPost + "Content-Length:\r\n" + kBody, "400"},
    {"9110 8.6", "with a sign", kPost + "Content-Length: +5\r\n" + kBody, "400"},
    {"9110 8.6", "below zero", kPost + "Content-Length: -5\r\n" + kBody, "400"},
    {"9110 8.6", "in hexadecimal", kPost + "Content-Length: 0x5\r\n" + kBody, "400"},
    {"9110 8.6", "with a comma", kPost + "Content-Length: 5,\r\n" + kBody, "400"},
    {"9110 8.6", "beyond 64 bits", kPost + "Content-Length: 18446744073709551621\r\n" + kBody,
     "400"},
    // --- Transfer-Encoding
    {"9112 7.1", "chunks", kPost + kChunked + "\r\n5\r\nhello\r\n0\r\n\r\n", "201+"},
    {"9110 5.1", "in any case", kPost + "Transfer-Encoding: CHUNKED\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
     "201+"},
    {"9112 7.1.1", "an extension", kPost + kChunked + "\r\n5;a=b\r\nhello\r\n0;c\r\n\r\n", "201+"},
    {"9112 7.1.2", "a trailer", kPost + kChunked + "\r\n5\r\nhello\r\n0\r\nX: y\r\n\r\n", "201+"},
    {"9112 7.1.2", "which sets no length",
     kPost + kChunked + "\r\n5\r\nhello\r\n0\r\nContent-Length: 5\r\n\r\n", "400"},
    {"9112 6.3", "with a length", kPost + kChunked + kLength + "\r\n0\r\n\r\n", "400"},
    {"9112 6.3", "with a length before it", kPost + kLength + kChunked + "\r\n0\r\n\r\n", "400"},
    {"9112 6.3", "chunked is the last", kPost + "Transfer-Encoding: chunked, gzip\r\n" + kBody,
     "400"},
    {"9112 6.1", "and comes once", kPost + "Transfer-Encoding: chunked, chunked\r\n" + kBody,
     "400"},
    {"9112 6.1", "over both lines", kPost + kChunked + kChunked + kBody, "400"},
    {"9112 6.1", "a coding that is not known",
     kPost + "Transfer-Encoding: gzip, chunked\r\n" + kBody, "501"},
    {"9112 6.1", "on two lines", kPost + "Transfer-Encoding: gzip\r\n" + kChunked + kBody, "501"},
    {"9112 6.3", "not chunked at all", kPost + "Transfer-Encoding: gzip\r\n" + kBody, "400"},
    {"9112 6.3", "identity is none", kPost + "Transfer-Encoding: identity\r\n" + kLength + kBody,
     "400"},
    {"9112 7", "chunked has no parameter", kPost + "Transfer-Encoding: chunked;a=b\r\n" + kBody,
     "400"},
    {"9112 6.1", "of nothing", kPost + "Transfer-Encoding:\r\n" + kBody, "400"},
    {"9112 7.1", "a size is hexadecimal", kPost + kChunked + "\r\n0x5\r\nhello\r\n0\r\n\r\n",
     "400"},
    {"9112 7.1", "without a sign", kPost + kChunked + "\r\n+5\r\nhello\r\n0\r\n\r\n", "400"},
    {"9112 7.1", "a size that is missing", kPost + kChunked + "\r\n\r\nhello\r\n0\r\n\r\n", "400"},
    {"9112 7.1", "a size beyond 64 bits",
     kPost + kChunked + "\r\n10000000000000005\r\nhello\r\n0\r\n\r\n", "400"},
    {"9112 7.1", "a chunk ends with CR LF", kPost + kChunked + "\r\n5\r\nhelloX0\r\n\r\n", "400"},
    {"9112 7.1", "its header too", kPost + kChunked + "\r\n5\nhello\r\n0\r\n\r\n", "400"},
    {"9112 7.1", "a chunk is as long as it says", kPost + kChunked + "\r\n4\r\nhello\r\n0\r\n\r\n",
     "400"},
    // --- HTTP/1.0
    {"9112 6.1", "HTTP/1.0 has no chunks", "POST /logs/open/events HTTP/1.0\r\n" + kChunked + kBody,
     "400"},
    {"9112 9.3", "HTTP/1.0 ends with the answer", kGet10 + "\r\n", "200"},
    {"9112 9.3", "unless it asks to go on", kGet10 + "Connection: Keep-Alive\r\n\r\n", "200+"},
    {"9112 C.2.2", "and not of a proxy", kGet10 + "Proxy-Connection: keep-alive\r\n\r\n", "200"},
    {"9112 9.3", "close wins", kGet10 + "Connection: keep-alive, close\r\n\r\n", "200"},
    {"9112 9.3", "HTTP/1.1 goes on", kGet + kHost + "\r\n", "200+"},
    {"9112 9.6", "until it says so", kGet + kHost + "Connection: x, CLOSE\r\n\r\n", "200"},
    {"9112 9.6", "on any line", kGet + kHost + "Connection: x\r\nConnection: close\r\n\r\n", "200"},
    // --- content and expectations
    {"9110 8.4", "a content coding", kPost + "Content-Encoding: gzip\r\n" + kLength + kBody, "415"},
    {"9110 8.4", "identity, in any case",
     kPost + "Content-Encoding: IDENTITY\r\n" + kLength + kBody, "201+"},
    {"9110 8.4", "a second one", kPost + "Content-Encoding: identity, br\r\n" + kLength + kBody,
     "415"},
    {"9110 5.3", "on another line",
     kPost + "Content-Encoding: identity\r\nContent-Encoding: br\r\n" + kLength + kBody, "415"},
    {"9110 9.3.1", "GET has no content", kGet + kHost + kLength + kBody, "413"},
    {"9110 10.1.1", "another expectation", kPost + "Expect: 200-ok\r\n" + kLength + kBody, "417"},
    {"9110 10.1.1", "besides this one", kPost + "Expect: 100-continue, x\r\n" + kLength + kBody,
     "417"},
    {"9110 11.4", "spaces before a credential",
     kNoHost + kHost + "authorization: bEARER   append\r\nContent-Type: text/plain\r\n" + kLength +
         kBody,
     "201+"},
    {"9110 5.3", "two credentials", kPost + "Authorization: Bearer read\r\n" + kLength + kBody,
     "400"},
    // --- conditions
    {"9110 13.1.1", "If-Match of another state", kGet + kHost + "If-Match: \"x\"\r\n\r\n", "412+"},
    {"9110 13.1.1", "of any state", kGet + kHost + "If-Match: *\r\n\r\n", "200+"},
    {"9110 13.1.1", "where there is no state", kPost + "If-Match: *\r\n" + kLength + kBody, "412"},
    {"9110 13.1.2", "If-None-Match of any state", kGet + kHost + "If-None-Match: *\r\n\r\n",
     "304+"},
    {"9110 13.1.4", "dates say nothing here",
     kGet + kHost + "If-Unmodified-Since: Sat, 29 Oct 1994 19:43:31 GMT\r\n\r\n", "200+"},
    {"9110 14.2", "a range may be ignored", kGet + kHost + "Range: bytes=0-1\r\n\r\n", "200+"},
    {"9110 7.8", "so may an upgrade", kGet + kHost + "Connection: upgrade\r\nUpgrade: h2c\r\n\r\n",
     "200+"},
};

class Rules : public ServedSite {
 protected:
  Rules() {
    ServerOptions options;
    options.timeouts.stop = std::chrono::hours{1};
    start(options);
  }
  /// The status; with "+" when a second request on the connection is answered too.
  std::string answer_to(const std::string& request) {
    RawClient peer{server->port()};
    peer.send(request);
    const std::string first = peer.read_until("\r\n\r\n");
    const std::size_t line = first.find("HTTP/1.1 ");
    if (line != 0) return "none: " + first;
    const std::string status = first.substr(9, 3);
    return first.find("\r\nConnection: close\r\n") == std::string::npos ? status + "+" : status;
  }
};

TEST_F(Rules, EachHasItsAnswer) {
  for (const Rule& rule : kRules)
    EXPECT_EQ(answer_to(rule.request), rule.answer) << rule.source << ": " << rule.says << "\n"
                                                    << rule.request.substr(0, 300);
}

// What is refused for how it is written ends the connection: nothing behind it is a request.
TEST_F(Rules, NothingBehindARefusedRequestIsAnswered) {
  for (const Rule& rule : kRules) {
    if (rule.answer[0] != '4' && rule.answer[0] != '5') continue;
    if (std::string_view{rule.answer}.ends_with("+")) continue;
    RawClient peer{server->port()};
    peer.send(rule.request + "\r\n\r\nGET /logs HTTP/1.1\r\nHost: h\r\n\r\n");
    const std::string all = peer.read_all();
    EXPECT_EQ(all.find("HTTP/1.1 200"), std::string::npos) << rule.source << ": " << rule.says;
  }
}

TEST_F(Rules, AClientOfHttp10IsToldNothingItDoesNotKnow) {
  const std::string post =
      "POST /logs/open/events HTTP/1.0\r\nAuthorization: Bearer append\r\nContent-Type: "
      "text/plain\r\n"
      "Content-Length: 5\r\nExpect: 100-continue\r\n";
  for (const std::string more : {"", "Connection: keep-alive\r\n", "TE: trailers, chunked\r\n"}) {
    RawClient peer{server->port()};
    peer.send(post + more + "\r\n");
    peer.send("hello");
    const std::string header = peer.read_until("\r\n\r\n");
    EXPECT_TRUE(header.starts_with("HTTP/1.1 201 ")) << header;
    EXPECT_EQ(header.find("Transfer-Encoding"), std::string::npos);
    EXPECT_NE(header.find("Content-Length: "), std::string::npos);
    const bool goes_on = header.find("\r\nConnection: keep-alive\r\n") != std::string::npos;
    EXPECT_EQ(goes_on, more.starts_with("Connection"));
  }
  EXPECT_EQ(answer_to("POST /logs/open/events HTTP/1.0\r\nAuthorization: Bearer append\r\n"
                      "Content-Type: text/plain\r\nContent-Length: 5\r\nExpect: x\r\n\r\nhello"),
            "201");
}

/// What a byte makes of a request, by the grammar and not by what the server does.
struct Place {
  const char* name;
  std::function<std::string(char)> request;
  std::function<const char*(char)> answer;
};

bool is_one_of(std::string_view set, char c) {
  return set.find(c) != std::string_view::npos;
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_token_character(char c) {  // RFC 9110 section 5.6.2
  return is_digit(c) || is_letter(c) || is_one_of("!#$%&'*+-.^_`|~", c);
}
bool is_value_character(char c) {  // RFC 9110 section 5.5
  return c == '\t' || static_cast<unsigned char>(c) >= 0x80 || (c >= ' ' && c < 0x7f);
}
bool is_unreserved_or_sub(char c) {  // RFC 3986 sections 2.2 and 2.3
  return is_digit(c) || is_letter(c) || is_one_of("-._~!$&'()*+,;=", c);
}

const std::vector<Place>& places() {
  static const auto get = [](const std::string& line, const std::string& header) {
    return line + " HTTP/1.1\r\n" + header + "\r\n";
  };
  static const std::vector<Place> all = {
      {"a method", [](char c) { return get(std::string("GE") + c + "T /healthz", kHost); },
       [](char c) { return is_token_character(c) ? "501+" : "400"; }},
      {"a target", [](char c) { return get(std::string("GET /healthz") + c, kHost); },
       [](char c) {
         if (c == '?') return "200+";
         if (is_unreserved_or_sub(c) || is_one_of(":@/", c)) return "404+";
         return static_cast<unsigned char>(c) > ' ' && c != 0x7f ? "400+" : "400";
       }},
      {"a header's name", [](char c) { return get("GET /healthz", kHost + "X" + c + "Y: z\r\n"); },
       [](char c) { return is_token_character(c) || c == ':' ? "200+" : "400"; }},
      {"a header's value", [](char c) { return get("GET /healthz", kHost + "X: y" + c + "z\r\n"); },
       [](char c) { return is_value_character(c) ? "200+" : "400"; }},
      {"Host", [](char c) { return get("GET /healthz", std::string("Host: h") + c + "t\r\n"); },
       [](char c) { return is_unreserved_or_sub(c) ? "200+" : "400"; }},
      {"Content-Length",
       [](char c) { return kPost + "Content-Length: 1" + c + "\r\n\r\n" + std::string(20, 'x'); },
       [](char c) { return is_digit(c) || c == ' ' || c == '\t' ? "201+" : "400"; }},
      {"Transfer-Encoding",
       [](char c) {
         return kPost + "Transfer-Encoding: chunked" + c + "\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
       },
       [](char c) { return is_one_of(" \t,", c) ? "201+" : "400"; }},
  };
  return all;
}

TEST_F(Rules, EveryByteInEveryPlaceHasTheAnswerOfTheGrammar) {
  for (const Place& place : places())
    for (int byte = 0; byte < 256; ++byte) {
      const char c = static_cast<char>(byte);
      EXPECT_EQ(answer_to(place.request(c)), place.answer(c)) << place.name << ", byte " << byte;
    }
}

TEST(Authority, IsAHostAndPerhapsAPort) {
  for (const char* good : {"", "h", "h:", "h:1", "example.org", "127.0.0.1:8443", "[::1]",
                           "[::1]:1", "[::ffff:192.0.2.1]", "a%20b", "~a!b"})
    EXPECT_TRUE(is_authority(good)) << good;
  for (const char* bad : {" h", "h ", "a b", "u@h", "h:1:2", "h:-1", "[]", "[", "[::1", "::1",
                          "[g]", "[::1]x", "h/", "h?", "h#", "a%2", "\xc3\xa4", "a\\b", "<h>"})
    EXPECT_FALSE(is_authority(bad)) << bad;
}

}  // namespace
}  // namespace varve::api
