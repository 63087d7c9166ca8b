// zlib, bounded.
#include <zlib.h>

#include <memory>

#include "tools/client/response_reader.h"

namespace varve::client {
namespace {

constexpr int kGzipWindow = 15 + 16;  // the largest window; +16 asks for gzip instead of zlib
constexpr std::size_t kStepSize = 64 * 1'024;

struct EndInflate {
  void operator()(z_stream* stream) const { ::inflateEnd(stream); }
};

}  // namespace

Result<std::string> decode_gzip(std::string_view gzip, std::size_t most) {
  z_stream stream{};
  if (::inflateInit2(&stream, kGzipWindow) != Z_OK) return io_error("zlib could not start");
  const std::unique_ptr<z_stream, EndInflate> ends(&stream);
  // zlib reads through a pointer that is not const; the bytes stay as they are.
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(gzip.data()));
  stream.avail_in = static_cast<uInt>(gzip.size());
  std::string out;
  for (;;) {
    const std::size_t before = out.size();
    out.resize(before + kStepSize);
    stream.next_out = reinterpret_cast<Bytef*>(out.data() + before);
    stream.avail_out = static_cast<uInt>(kStepSize);
    const int outcome = ::inflate(&stream, Z_NO_FLUSH);
    out.resize(out.size() - stream.avail_out);
    if (out.size() > most) return invalid("it is larger than allowed");
    if (outcome == Z_STREAM_END && stream.avail_in == 0) return out;
    if (outcome != Z_OK || out.size() == before)
      return busy("what the server answers is not the gzip that it says");
  }
}

}  // namespace varve::client
