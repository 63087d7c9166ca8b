// Syslog over a stream: the same messages whole and byte by byte, each of them a part of the stream, and
// what is left is its end.
#include <algorithm>

#include "api/ingest/syslog_framing.h"
#include "fuzz/samples.h"
#include "fuzz/target.h"

namespace varve::fuzz {
namespace {

constexpr std::size_t kMessageMax = 300;

struct Read {
  std::vector<std::string> messages;
  bool fault = false;
  std::string rest;
  bool operator==(const Read&) const = default;
};

Read read(std::string_view stream, std::size_t piece) {
  api::SyslogFramer framer{api::SyslogFraming::kEither, kMessageMax};
  Read out;
  while (!stream.empty() && !out.fault) {
    const std::size_t length = std::min(piece, stream.size());
    framer.add(stream.substr(0, length));
    stream.remove_prefix(length);
    for (auto next = framer.next();; next = framer.next()) {
      out.fault = !next;
      if (!next || !*next) break;
      CHECK((*next)->size() <= kMessageMax);
      out.messages.emplace_back(**next);
    }
  }
  if (!out.fault) out.rest = framer.rest();
  return out;
}

}  // namespace

bool accepts(Bytes in) {
  const std::string_view stream = text_of(in);
  const Read whole = read(stream, stream.size());
  CHECK(read(stream, 1) == whole && read(stream, 7) == whole);
  std::size_t from = 0;
  for (const std::string& message : whole.messages) {
    const std::size_t at = stream.find(message, from);
    CHECK(at != std::string_view::npos);
    from = at + message.size();
  }
  CHECK(stream.ends_with(whole.rest));
  return !whole.fault && !whole.messages.empty();
}

std::vector<Buffer> seeds() {
  return {
      buffer_of("5 <1>ab6 <1>ab\n"),
      buffer_of("<13>Nov 29 07:12:33 h app: x\n<14>1 - - - - - -\r\n\nrest"),
      buffer_of("12 <1>a\n3 <2>b\n1 x"),
  };
}

}  // namespace varve::fuzz
