// Errors as values. A code says what the caller can do about it; the message says what happened,
// with the numbers. docs/ERRORS.md maps each code once to an HTTP status, an exit code and a
// retry rule. Member names are std::expected's, so that a later switch is one `using`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "ledger/base/check.h"

namespace varve {

enum class Code : std::uint8_t {
  kInvalid,     // the input is wrong: correct it, repeating it as it is cannot help
  kNotFound,    // there is no such thing (yet)
  kWorm,        // it contradicts what is already written: refused for ever
  kCorrupt,     // stored or received bytes disagree with what was signed: stop, audit, repair
  kIo,          // the disk or the token failed: an operator has to look
  kOutOfOrder,  // something before it is missing: send that first
  kBusy,        // not now: repeat it later, unchanged
  kFull,        // no space: repeat it once an operator has made some
};

struct Error {
  Code code;
  std::string message;  // never payload, never a PIN, never key material

  Error&& during(std::string_view doing) && {
    message.append(" while ").append(doing);
    return std::move(*this);
  }
};

inline Error invalid(std::string message) {
  return {Code::kInvalid, std::move(message)};
}
inline Error not_found(std::string message) {
  return {Code::kNotFound, std::move(message)};
}
inline Error worm(std::string message) {
  return {Code::kWorm, std::move(message)};
}
inline Error corrupt(std::string message) {
  return {Code::kCorrupt, std::move(message)};
}
inline Error io_error(std::string message) {
  return {Code::kIo, std::move(message)};
}
inline Error out_of_order(std::string message) {
  return {Code::kOutOfOrder, std::move(message)};
}
inline Error busy(std::string message) {
  return {Code::kBusy, std::move(message)};
}
inline Error full(std::string message) {
  return {Code::kFull, std::move(message)};
}

template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}      // NOLINT(*-explicit-*)
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT(*-explicit-*)

  [[nodiscard]] bool has_value() const { return state_.index() == 0; }
  explicit operator bool() const { return has_value(); }

  T& value() & {
    CHECK(has_value());
    return *std::get_if<0>(&state_);
  }
  const T& value() const& {
    CHECK(has_value());
    return *std::get_if<0>(&state_);
  }
  T&& value() && {
    CHECK(has_value());
    return std::move(*std::get_if<0>(&state_));
  }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  [[nodiscard]] const Error& error() const& {
    CHECK(!has_value());
    return *std::get_if<1>(&state_);
  }
  Error&& error() && {
    CHECK(!has_value());
    return std::move(*std::get_if<1>(&state_));
  }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}  // NOLINT(*-explicit-*)

  [[nodiscard]] bool has_value() const { return !error_.has_value(); }
  explicit operator bool() const { return has_value(); }
  [[nodiscard]] const Error& error() const& {
    CHECK(!has_value());
    return *error_;
  }
  Error&& error() && {
    CHECK(!has_value());
    return std::move(*error_);
  }

 private:
  std::optional<Error> error_;
};

}  // namespace varve

#define VARVE_JOIN2(a, b) a##b
#define VARVE_JOIN(a, b) VARVE_JOIN2(a, b)

/// Returns the error of `expression` from this function, if it is one.
#define RETURN_IF_ERROR(expression)                                                              \
  do {                                                                                           \
    if (auto varve_result = (expression); !varve_result) return std::move(varve_result).error(); \
  } while (false)

/// Declares `declaration` from the value of `expression`, or returns its error from this function.
#define ASSIGN_OR_RETURN(declaration, expression) \
  ASSIGN_OR_RETURN_AS(VARVE_JOIN(varve_result_, __LINE__), declaration, expression)
#define ASSIGN_OR_RETURN_AS(result, declaration, expression) \
  auto result = (expression);                                \
  if (!result) return std::move(result).error();             \
  declaration = std::move(result).value()
