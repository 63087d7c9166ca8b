// Frames of RELP: what is taken can be written again, and then is the stream without the spaces that a
// sender may leave out; whole and byte by byte.
#include <algorithm>

#include "api/ingest/relp_framing.h"
#include "fuzz/samples.h"
#include "fuzz/target.h"

namespace varve::fuzz {
namespace {

constexpr std::size_t kDataMax = 300;

std::string write(const api::RelpFrame& frame) {
  std::string out = std::to_string(frame.number) + " " + std::string{frame.command} + " " +
                    std::to_string(frame.data.size());
  if (!frame.data.empty()) out.append(" ").append(frame.data);
  return out + "\n";
}

/// The frames, written again; nothing after a fault.
std::pair<std::string, bool> read(std::string_view stream, std::size_t piece) {
  api::RelpFramer framer{kDataMax};
  std::string out;
  while (!stream.empty()) {
    const std::size_t length = std::min(piece, stream.size());
    framer.add(stream.substr(0, length));
    stream.remove_prefix(length);
    for (auto next = framer.next();; next = framer.next()) {
      if (!next) return {out, false};
      if (!*next) break;
      out += write(**next);
    }
  }
  return {out, framer.rest().empty()};
}

}  // namespace

bool accepts(Bytes in) {
  const std::string_view stream = text_of(in);
  const auto whole = read(stream, stream.size());
  CHECK(read(stream, 1) == whole && read(stream, 5) == whole);
  const auto again = read(whole.first, whole.first.size());
  CHECK(again.first == whole.first);
  return whole.second && !whole.first.empty();
}

std::vector<Buffer> seeds() {
  return {
      buffer_of("1 open 28 relp_version=0\ncommands=sysl\n"),
      buffer_of("2 syslog 5 <1>ab\n3 syslog 6 <1>ab\n\n4 close 0\n"),
      buffer_of("0 serverclose 0 \n"),
  };
}

}  // namespace varve::fuzz
