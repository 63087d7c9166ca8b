// JSON answers of a server, read strictly: what is asked for must be there once and be of that
// type. A tree of plain values, so that the parser's own header stays in one file.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/base/bytes.h"
#include "ledger/base/result.h"

namespace varve::format {

class Json {
 public:
  using Array = std::vector<Json>;
  using Object = std::map<std::string, Json, std::less<>>;

  /// Errors: kInvalid  not JSON, a key twice in one object, nested deeper than 32, more than a
  /// million values.
  static Result<Json> parse(std::string_view text);

  [[nodiscard]] bool has(std::string_view key) const { return member(key, nullptr) != nullptr; }
  [[nodiscard]] bool is_object() const { return type_ == Type::kObject; }
  /// The keys of an object, ascending; of anything else none.
  [[nodiscard]] std::vector<std::string> keys() const;

  // Members of an object. Errors: kInvalid  it is not there, or of another type.
  [[nodiscard]] Result<std::string> text(std::string_view key) const;
  [[nodiscard]] Result<std::uint64_t> number(std::string_view key) const;
  [[nodiscard]] Result<bool> boolean(std::string_view key) const;
  [[nodiscard]] Result<std::vector<std::string>> texts(std::string_view key) const;
  [[nodiscard]] Result<Array> objects(std::string_view key) const;
  [[nodiscard]] Result<Json> object(std::string_view key) const;
  /// A base64 text, decoded.
  [[nodiscard]] Result<Buffer> base64_bytes(std::string_view key) const;

 private:
  enum class Type : std::uint8_t { kOther, kNumber, kBoolean, kText, kArray, kObject };

  struct Builder;
  /// Null when there is none, or when `type` is given and it is of another.
  [[nodiscard]] const Json* member(std::string_view key, const Type* type) const;

  Type type_ = Type::kOther;  // kOther: null, a negative or fractional number
  std::uint64_t number_ = 0;  // of a boolean 1 or 0
  std::string text_;
  Array array_;
  Object object_;
};

/// `text` in quotes. Escaped is what JSON demands, and what a terminal would not show as itself
/// (ledger/base/visible.h). A byte that is not UTF-8 becomes U+FFFD.
std::string json_quoted(std::string_view text);

}  // namespace varve::format
