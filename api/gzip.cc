// zlib, with a gzip header.
#include "api/gzip.h"

#include <zlib.h>

#include <algorithm>

#include "ledger/base/check.h"

namespace varve::api {
namespace {

constexpr int kGzipWindow = 15 + 16;  // the largest window; +16 asks for gzip instead of zlib
constexpr int kMemoryLevel = 8;
constexpr std::size_t kFirstRoom = 64u * 1024;

struct Inflate {
  z_stream stream{};
  Inflate() { CHECK(inflateInit2(&stream, kGzipWindow) == Z_OK); }
  ~Inflate() { inflateEnd(&stream); }
  Inflate(const Inflate&) = delete;
  Inflate& operator=(const Inflate&) = delete;
};

}  // namespace

void compress(Response& response) {
  z_stream stream{};
  CHECK(deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, kGzipWindow, kMemoryLevel,
                     Z_DEFAULT_STRATEGY) == Z_OK);
  Buffer out(deflateBound(&stream, response.body.size()));
  stream.next_in = reinterpret_cast<Bytef*>(response.body.data());
  stream.avail_in = static_cast<uInt>(response.body.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int outcome = deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  CHECK(outcome == Z_STREAM_END);  // deflateBound left room for all of it
  response.body = std::move(out);
  response.headers.emplace_back("content-encoding", "gzip");
}

bool is_gzip(const Request& request) {
  std::vector<std::string> codings = list_header(request, "content-encoding");
  std::erase(codings, "identity");
  return codings.size() == 1 && (codings.front() == "gzip" || codings.front() == "x-gzip");
}

Decompressed decompress(Bytes in, std::size_t most, const std::function<bool(std::size_t)>& room,
                        Buffer& out) {
  Inflate inflater;
  z_stream& stream = inflater.stream;
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(in.data()));
  stream.avail_in = static_cast<uInt>(in.size());
  std::size_t size = 0;
  for (;;) {
    if (size == out.size()) {
      if (size == most) return Decompressed::kTooLarge;
      const std::size_t wanted = std::min(most, std::max(kFirstRoom, 2 * size));
      if (!room(wanted)) return Decompressed::kNoRoom;
      out.resize(wanted);
    }
    stream.next_out = reinterpret_cast<Bytef*>(out.data() + size);
    stream.avail_out = static_cast<uInt>(out.size() - size);
    const int outcome = inflate(&stream, Z_NO_FLUSH);
    size = out.size() - stream.avail_out;
    if (outcome == Z_STREAM_END) {
      if (stream.avail_in == 0) break;
      if (inflateReset(&stream) != Z_OK) return Decompressed::kMalformed;
    } else if (outcome != Z_OK || (stream.avail_in == 0 && stream.avail_out != 0)) {
      return Decompressed::kMalformed;  // altered, or cut
    }
  }
  out.resize(size);
  return Decompressed::kWhole;
}

}  // namespace varve::api
