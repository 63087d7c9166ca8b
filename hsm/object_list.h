// What a token holds, listed once a login. A token that looks at each of its objects to find one by its name takes
// 18 ms where there are a thousand, and every log of a server has a few.
#pragma once

#include <p11-kit/pkcs11.h>

#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "ledger/base/bytes.h"

namespace varve::hsm {

/// Handles of one login, by what objects are called. What others make, change or destroy meanwhile is not in it: it
/// says where to look. Thread: one. Memory: about 300 bytes an object, 1 KB at most.
class ObjectList {
 public:
  static constexpr std::size_t kAtOnce = 32;          // beside each search, at the least
  static constexpr std::size_t kCallsMost = 64;       // until all are listed
  static constexpr std::size_t kObjectsMax = 16'384;  // with more, each is looked for

  enum class State { kNotBegun, kPartial, kComplete, kGivenUp };

  [[nodiscard]] State state() const { return state_; }
  /// All objects of the token, of which nothing is known yet. With more than kObjectsMax it gives up.
  void begin(std::vector<CK_OBJECT_HANDLE> all);
  /// Asks for the names of the next objects. What the token does not say is not listed. Gives up when the
  /// token fails. Requires a partial list.
  void extend(const CK_FUNCTION_LIST& functions, CK_SESSION_HANDLE session);
  /// For the rest of the login there is no list.
  void give_up();
  /// Those of the wanted class that have the wanted label, id or public point. None unless it is complete: part of a
  /// list does not know of a second object of one name.
  [[nodiscard]] std::vector<CK_OBJECT_HANDLE> named(std::span<const CK_ATTRIBUTE> wanted) const;
  /// A search has just found these: they replace what a complete list has of that class and name.
  void replace(std::span<const CK_ATTRIBUTE> wanted, std::span<const CK_OBJECT_HANDLE> found);

 private:
  struct Listed {
    CK_OBJECT_CLASS object_class;
    CK_OBJECT_HANDLE object;
  };
  void add(CK_OBJECT_HANDLE object, std::span<const CK_ATTRIBUTE> attributes);

  State state_ = State::kNotBegun;
  std::size_t at_once_ = kAtOnce;
  std::vector<CK_OBJECT_HANDLE> not_asked_;
  std::unordered_multimap<std::string, Listed> by_name_;  // each object once for each of its names
};

}  // namespace varve::hsm
