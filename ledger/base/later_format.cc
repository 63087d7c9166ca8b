// One wording for all of them.
#include "ledger/base/later_format.h"

#include "ledger/base/text.h"

namespace varve {
namespace {

constexpr std::string_view kSomeFile = "the file";
constexpr std::string_view kNewer = ", which is newer than this program (";

}  // namespace

// What is being done is appended to it, so the advice stands in parentheses.
Error later_format(std::uint64_t version, std::uint64_t newest) {
  return io_error(std::string(kSomeFile) + " is of format " + std::to_string(version) +
                  std::string(kNewer) + "it reads " + (newest > 1 ? "formats up to " : "format ") +
                  std::to_string(newest) +
                  "; the sum is good, so nothing is damaged; use the version of Varve that wrote "
                  "it, or a later one)");
}

std::optional<Error> later_text(std::string_view text, std::string_view title,
                                std::uint64_t newest) {
  if (!text.starts_with(title)) return std::nullopt;
  text.remove_prefix(title.size());
  const std::size_t end = text.find('\n');
  const auto version = decode_decimal(text.substr(0, end));
  if (end == std::string_view::npos || !version || *version <= newest) return std::nullopt;
  return later_format(*version, newest);
}

bool is_later_format(const Error& error) {
  return error.code == Code::kIo && error.message.find(kNewer) != std::string::npos;
}

Error in_file(Error error, const std::string& path) {
  if (!is_later_format(error) || !error.message.starts_with(kSomeFile))
    return std::move(error).during("reading " + path);
  error.message.replace(0, kSomeFile.size(), path);
  return error;
}

}  // namespace varve
