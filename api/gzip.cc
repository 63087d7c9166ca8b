// zlib, with a gzip header.
#include "api/gzip.h"

#include <zlib.h>

#include "ledger/base/check.h"

namespace varve::api {
namespace {

constexpr int kGzipWindow = 15 + 16;  // the largest window; +16 asks for gzip instead of zlib
constexpr int kMemoryLevel = 8;

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

}  // namespace varve::api
