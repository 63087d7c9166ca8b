// What has arrived of a stream and is not taken yet.
#pragma once

#include <string_view>

#include "ledger/base/bytes.h"

namespace varve::api {

/// Views last until the next add(). Memory: what has arrived and was not taken, at most twice.
class StreamBuffer {
 public:
  void add(std::string_view bytes) {
    if (begin_ >= bytes_.size() - begin_) {  // moves a byte at most once for each that was taken
      bytes_.erase(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(begin_));
      begin_ = 0;
    }
    append(bytes_, bytes_of(bytes));
  }
  [[nodiscard]] std::string_view rest() const { return text_of(Bytes{bytes_}.subspan(begin_)); }
  void take(std::size_t length) { begin_ += length; }
  /// Gives memory back when all is taken: what one large message needed is not kept for small ones.
  void shrink() {
    if (begin_ != bytes_.size() || bytes_.capacity() <= kKept) return;
    bytes_ = Buffer();
    begin_ = 0;
  }

 private:
  static constexpr std::size_t kKept = 65'536;

  Buffer bytes_;
  std::size_t begin_ = 0;
};

}  // namespace varve::api
