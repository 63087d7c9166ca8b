// A body for Beast's parser that takes memory for what has arrived and not for what was announced.
#pragma once

#include <algorithm>

#include "api/net/pch.h"
#include "ledger/base/bytes.h"

namespace varve::api {

/// "Body" and "BodyReader" as Beast wants them: value_type, reader, init, put, finish.
struct ArrivingBody {
  using value_type = Buffer;

  class reader {
   public:
    template <bool kIsRequest, class Fields>
    reader(boost::beast::http::header<kIsRequest, Fields>&, Buffer& body) : body_(body) {}

    void init(const boost::optional<std::uint64_t>& length, boost::system::error_code& error) {
      body_.reserve(std::min(kAtOnce, static_cast<std::size_t>(length.value_or(0))));
      error = {};
    }

    template <class Buffers>
    std::size_t put(const Buffers& buffers, boost::system::error_code& error) {
      std::size_t taken = 0;
      for (auto at = boost::asio::buffer_sequence_begin(buffers),
                end = boost::asio::buffer_sequence_end(buffers);
           at != end; ++at) {
        const boost::asio::const_buffer piece{*at};
        append(body_, {static_cast<const std::byte*>(piece.data()), piece.size()});
        taken += piece.size();
      }
      error = {};
      return taken;
    }

    void finish(boost::system::error_code& error) { error = {}; }

   private:
    // A usual batch grows without being copied; pages that nothing was written to take no memory.
    static constexpr std::size_t kAtOnce = 1u << 20;

    Buffer& body_;
  };
};

}  // namespace varve::api
