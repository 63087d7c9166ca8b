// What a server may answer, and what it may not: every bound, every cut, every ambiguous length.
// The bytes come from a text that may go on for ever, so that a reader without a bound never ends.
#include "tools/client/response_reader.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <algorithm>

namespace varve::client {
namespace {

constexpr std::size_t kBodyMax = 100'000;
constexpr std::size_t kStep = 1'000;  // bytes that come at once, unless a test says otherwise

/// `text`, then `again` for ever; the connection ends behind `text` when `again` is empty.
class Bytestream {
 public:
  Bytestream(std::string text, std::string again, std::size_t step)
      : text_(std::move(text)), again_(std::move(again)), step_(step) {}

  Result<std::size_t> read(MutableBytes out) {
    while (!again_.empty() && text_.size() - at_ < step_) text_ += again_;
    const std::size_t count = std::min({out.size(), step_, text_.size() - at_});
    std::ranges::copy(bytes_of(text_).subspan(at_, count), out.begin());
    at_ += count;
    return count;
  }
  [[nodiscard]] std::size_t taken() const { return at_; }

 private:
  std::string text_;
  std::string again_;
  std::size_t step_;
  std::size_t at_ = 0;
};

struct Answer {
  Result<HttpResponse> response;
  bool reusable = false;
  std::size_t taken = 0;
};

Answer answer(const std::string& text, const std::string& again = "", std::size_t step = kStep) {
  Bytestream bytes(text, again, step);
  ResponseReader reader([&](MutableBytes out) { return bytes.read(out); }, kBodyMax);
  auto response = reader.read();
  return {std::move(response), reader.may_be_reused(), bytes.taken()};
}

std::string gzip(const std::string& text) {
  z_stream stream{};
  CHECK(deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string out(deflateBound(&stream, text.size()), '\0');
  std::string in = text;
  stream.next_in = reinterpret_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  CHECK(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string with_length(const std::string& body, const std::string& more = "") {
  return "HTTP/1.1 200 OK\r\n" + more + "Content-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

const std::string kOk = "HTTP/1.1 200 OK\r\n";
const std::string kChunked = kOk + "Transfer-Encoding: chunked\r\n\r\n";
const std::string kGzip = "Content-Encoding: gzip\r\n";

TEST(Response, IsReadInEveryFormThatServersUse) {
  struct Good {
    std::string text;
    std::string body;
    bool reusable;
  };
  const std::string interim = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nA: b\r\n\r\n";
  for (const Good& good : {
           Good{with_length("abc"), "abc", true},
           Good{interim + with_length("abc"), "abc", true},
           Good{with_length("abc", "connection: Close\r\n"), "abc", false},
           Good{with_length("abc", "Connection: keep-alive\r\nX:\r\n"), "abc", true},
           Good{"HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nabc", "abc", false},
           Good{"HTTP/1.1 404 \r\nContent-Length: 0\r\n\r\n", "", true},
           Good{"HTTP/1.1 204 No\r\n\r\n", "", true},
           Good{kOk + "\r\nuntil it ends", "until it ends", false},
           Good{kChunked + "3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\n\r\n", "abc0123456789", true},
           Good{kChunked + "003\r\nabc\r\n0\r\nTrailer: yes\r\n\r\n", "abc", true},
           Good{with_length(gzip("abcabc"), kGzip), "abcabc", true},
           Good{with_length(gzip(""), "Content-Encoding: GZIP\r\n"), "", true},
           Good{with_length("abc") + "more", "abc", false},
       }) {
    SCOPED_TRACE(good.text);
    for (std::size_t step = 1; step <= good.text.size(); ++step) {
      const Answer got = answer(good.text, "", step);
      ASSERT_TRUE(got.response) << step << ": " << got.response.error().message;
      EXPECT_EQ(got.response->body, good.body) << step;
      if (!good.text.ends_with("more")) {
        EXPECT_EQ(got.reusable, good.reusable) << step;
      }
    }
    EXPECT_EQ(answer(good.text).reusable, good.reusable);
  }
}

TEST(Response, OfTheLargestBodyIsTakenAndOneOfAByteMoreIsNotInAnyForm) {
  for (const std::size_t size : {kBodyMax, kBodyMax + 1}) {
    std::string body(size, 'x');
    std::uint32_t dice = 1;  // so that it does not compress
    for (char& c : body) c = static_cast<char>((dice = dice * 1'664'525 + 1'013'904'223) >> 24);
    std::string chunks = kChunked;
    for (std::size_t at = 0; at < size; at += 100) {
      const std::string part = body.substr(at, 100);
      chunks += (part.size() == 100 ? "64\r\n" : "1\r\n") + part + "\r\n";
    }
    for (const std::string& text : {with_length(body), kOk + "\r\n" + body, chunks + "0\r\n\r\n",
                                    with_length(gzip(body), kGzip)}) {
      const Answer got = answer(text);
      ASSERT_EQ(got.response.has_value(), size == kBodyMax);
      if (!got.response) {
        EXPECT_EQ(got.response.error().code, Code::kInvalid);
      }
    }
  }
}

TEST(Response, ThatEndsEarlyIsNoneWhereverItEnds) {
  for (const std::string& whole :
       {with_length("abc", "A: b\r\n"), with_length(gzip("abcabc"), kGzip),
        kChunked + "3\r\nabc\r\n5;a=b\r\n01234\r\n0\r\nT: x\r\n\r\n"}) {
    ASSERT_TRUE(answer(whole).response);
    for (std::size_t cut = 0; cut < whole.size(); ++cut) {
      const Answer got = answer(whole.substr(0, cut));
      ASSERT_FALSE(got.response) << cut;
      EXPECT_EQ(got.response.error().code, Code::kBusy);
    }
  }
}

TEST(Response, ThatNeverEndsIsGivenUpSoon) {
  struct Endless {
    std::string text;
    std::string again;
    Code code;
  };
  const std::string bomb = gzip(std::string(50 * kBodyMax, 'x'));
  for (const Endless& endless : {
           Endless{"", "x", Code::kBusy},
           Endless{"HTTP/1.1 200 ", "x", Code::kBusy},
           Endless{"", "HTTP/1.1 100 Continue\r\n\r\n", Code::kBusy},
           Endless{"", "HTTP/1.1 102 P\r\nA: b\r\n\r\n", Code::kBusy},
           Endless{kOk, "A: b\r\n", Code::kBusy},
           Endless{kOk + "A: ", "x", Code::kBusy},
           Endless{kOk, "A: " + std::string(kHeadMax / 4, 'x') + "\r\n", Code::kBusy},
           Endless{kOk + "\r\n", "x", Code::kInvalid},
           Endless{kChunked, "1\r\nx\r\n", Code::kBusy},
           Endless{kChunked, "1;" + std::string(4'000, 'e') + "\r\nx\r\n", Code::kBusy},
           Endless{kChunked + "1;", "e", Code::kBusy},
           Endless{kChunked, "400\r\n" + std::string(0x400, 'x') + "\r\n", Code::kInvalid},
           Endless{kChunked + "0\r\n", "T: x\r\n", Code::kBusy},
           Endless{kChunked + "0\r\nT: ", "x", Code::kBusy},
           Endless{kChunked, "0", Code::kBusy},
           Endless{with_length(bomb, kGzip), "", Code::kInvalid},
           Endless{kOk + kGzip + "\r\n", "x", Code::kInvalid},
       }) {
    SCOPED_TRACE(endless.text.substr(0, 100) + "|" + endless.again.substr(0, 20));
    const Answer got = answer(endless.text, endless.again);
    ASSERT_FALSE(got.response);
    EXPECT_EQ(got.response.error().code, endless.code) << got.response.error().message;
    EXPECT_LE(got.taken, 2 * kBodyMax + kHeadMax);
  }
}

// What Beast calls a limit of the header counts only what it has not parsed yet. When every piece
// ends one byte into the next line, that is one byte.
TEST(Response, WhosePiecesEndInTheNextLineIsBoundedToo) {
  const std::string first = kOk + "A";
  const std::string next = ": 0123456789abc\r\nA";
  ASSERT_EQ(first.size(), next.size());
  const Answer got = answer(first, next, next.size());
  ASSERT_FALSE(got.response);
  EXPECT_EQ(got.response.error().code, Code::kBusy);
  EXPECT_LE(got.taken, kHeadMax + kStep);
}

// Beast throws when it is to keep a name or a value of more than 65,533 bytes.
TEST(Response, WithANameOrAValueAsLongAsAHeadMayBeIsAnsweredWithAValue) {
  for (std::size_t size = kHeadMax - 40; size <= kHeadMax + 10; ++size)
    for (const std::string& start :
         {kOk, kChunked + "10000\r\n" + std::string(0x10000, 'x') + "\r\n0\r\n"})
      for (const std::string& header :
           {"A: " + std::string(size, 'x'), std::string(size, 'x') + ":"}) {
        const Answer got = answer(start + header + "\r\n\r\n", "", 16'000);
        EXPECT_TRUE(got.response || got.response.error().code == Code::kBusy);
      }
}

TEST(Response, HasAsManyHeadersAndInterimAnswersAsItMayAndNotOneMore) {
  for (const std::size_t more : {0, 1}) {
    std::string headers;
    for (std::size_t i = 1; i < kHeadersMax + more; ++i) headers += "A: b\r\n";
    EXPECT_EQ(answer(with_length("abc", headers)).response.has_value(), more == 0);
    std::string interim;
    for (std::size_t i = 0; i < kInterimMax + more; ++i) interim += "HTTP/1.1 100 A\r\n\r\n";
    EXPECT_EQ(answer(interim + with_length("abc")).response.has_value(), more == 0);
  }
}

TEST(Response, WithALengthThatIsNoneOrTwoIsRefused) {
  for (const char* length :
       {"18446744073709551615", "9223372036854775808", "9223372036854775807", "100001"}) {
    const Answer got = answer(kOk + "Content-Length: " + length + "\r\n\r\nabc");
    ASSERT_FALSE(got.response);
    EXPECT_EQ(got.response.error().code, Code::kInvalid) << length;
  }
  for (const char* headers : {
           "Content-Length: 18446744073709551616",
           "Content-Length: -1",
           "Content-Length: +3",
           "Content-Length: 03",
           "Content-Length: 3, 3",
           "Content-Length: 3\r\nContent-Length: 3",
           "Content-Length: 3\r\nContent-Length: 4",
           "Content-Length: 3\r\nTransfer-Encoding: chunked",
           "Transfer-Encoding: gzip",
           "Transfer-Encoding: gzip, chunked",
           "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
           "Content-Encoding: deflate",
           "Content-Encoding: gzip, gzip",
           "Content-Encoding: gzip\r\nContent-Encoding: gzip",
           "Content-Encoding: gzip",
       }) {
    const Answer got = answer(kOk + headers + "\r\n\r\nabc");
    ASSERT_FALSE(got.response) << headers;
    EXPECT_EQ(got.response.error().code, Code::kBusy) << headers;
  }
  EXPECT_FALSE(answer(kOk + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"
                            "3\r\nabc\r\n0\r\n\r\n")
                   .response)
      << "whole in one of the two ways";
  for (const char* size : {"", "g", "-1", "+1", "0x1", "ffffffffffffffff", "10000000000000000"})
    EXPECT_FALSE(answer(kChunked + size + "\r\nx\r\n0\r\n\r\n").response) << size;
  EXPECT_FALSE(answer(kChunked + "fffffffffffffff\r\nx\r\n0\r\n\r\n").response);
  EXPECT_FALSE(answer(kChunked + "1\r\nxx\r\n0\r\n\r\n").response) << "longer than it says";
}

TEST(Response, ThatIsNotHttpIsRefused) {
  const std::string rest = "\r\nContent-Length: 0\r\n\r\n";
  for (const char* line :
       {"", "HTTP/2 200 OK", "HTTP/1.1", "HTTP/1.1 20 OK", "HTTP/1.1 2000 OK", "HTTP/1.1 099 A",
        "HTTP/1.1 600 A", "HTTP/1.1  200 OK", "http/1.1 200 OK", "HTTP/1.1 101 Switching",
        "HTTP/1.1 200 \x1b[2J", "HTTP/1.1 -20 OK", "SSH-2.0-OpenSSH_9"})
    EXPECT_FALSE(answer(line + rest).response) << line;
  for (const std::string& header :
       {std::string(" folded"), std::string("\tfolded"), std::string("A : b"), std::string(": b"),
        std::string("no colon"), std::string("A\x01: b"), std::string("A: b\nC: d"),
        std::string("A: b\rC: d"), std::string("A: \0b", 5), std::string("A\xc3\xa4: b")})
    EXPECT_FALSE(answer(kOk + "X: y\r\n" + header + rest).response) << header;
  EXPECT_FALSE(answer("HTTP/1.1 200 OK\nContent-Length: 0\n\n").response) << "LF alone";
}

TEST(Response, WhoseGzipIsNotWholeIsRefused) {
  const std::string whole = gzip("abcabcabc");
  for (const std::string& bad :
       {whole + "x", whole.substr(0, whole.size() - 1), std::string("abc"), std::string()})
    EXPECT_FALSE(answer(with_length(bad, kGzip)).response);
}

}  // namespace
}  // namespace varve::client
