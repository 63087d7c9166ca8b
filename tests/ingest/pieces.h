// Streams in pieces, for parsers that must not care how a stream is cut.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace varve::api {

/// What a framer made of a stream.
struct Taken {
  std::vector<std::string> frames;
  bool fault = false;
  std::string rest;

  bool operator==(const Taken&) const = default;
};

/// Feeds `stream` in pieces that end at `cuts` and at its end. `describe` makes a text of a frame.
template <class Framer, class Describe>
Taken feed(Framer framer, std::string_view stream, const std::vector<std::size_t>& cuts,
           const Describe& describe) {
  Taken out;
  std::size_t from = 0;
  for (std::size_t k = 0; k <= cuts.size() && !out.fault; ++k) {
    const std::size_t to = k == cuts.size() ? stream.size() : cuts[k];
    framer.add(stream.substr(from, to - from));
    from = to;
    for (;;) {
      auto frame = framer.next();
      out.fault = !frame;
      if (!frame || !*frame) break;
      out.frames.push_back(describe(**frame));
    }
  }
  if (!out.fault) out.rest = framer.rest();
  return out;
}

inline std::vector<std::size_t> each_byte(std::size_t size) {
  std::vector<std::size_t> cuts;
  for (std::size_t at = 1; at < size; ++at) cuts.push_back(at);
  return cuts;
}

/// Calls `with` for every way to cut `size` bytes into pieces: 2^(size-1) of them.
inline void for_every_split(std::size_t size,
                            const std::function<void(const std::vector<std::size_t>&)>& with) {
  for (std::size_t mask = 0; mask < (std::size_t{1} << (size - 1)); ++mask) {
    std::vector<std::size_t> cuts;
    for (std::size_t at = 1; at < size; ++at)
      if ((mask >> (at - 1) & 1) != 0) cuts.push_back(at);
    with(cuts);
  }
}

/// Calls `with` for every text of up to `most` characters of `alphabet`.
inline void for_every_text(std::string_view alphabet, std::size_t most,
                           const std::function<void(const std::string&)>& with) {
  std::string text;
  const std::function<void()> extend = [&] {
    with(text);
    if (text.size() == most) return;
    for (const char c : alphabet) {
      text.push_back(c);
      extend();
      text.pop_back();
    }
  };
  extend();
}

}  // namespace varve::api
