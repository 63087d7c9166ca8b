// One wording for all of them.
#include "ledger/base/later_format.h"

#include "ledger/base/text.h"

namespace varve {

Error later_format(std::string_view what, std::uint64_t version, std::uint64_t newest) {
  return io_error(std::string(what) + " is of format " + std::to_string(version) +
                  ", which is newer than this program: it reads format " + std::to_string(newest) +
                  (newest > 1 ? " and older ones" : "") +
                  ". Nothing is damaged. Use the version of Varve that wrote it, or a later one");
}

std::optional<Error> later_text(std::string_view text, std::string_view title,
                                std::uint64_t newest) {
  if (!text.starts_with(title)) return std::nullopt;
  text.remove_prefix(title.size());
  const std::size_t end = text.find('\n');
  const auto version = decode_decimal(text.substr(0, end));
  if (end == std::string_view::npos || !version || *version <= newest) return std::nullopt;
  return later_format("the file", *version, newest);
}

}  // namespace varve
