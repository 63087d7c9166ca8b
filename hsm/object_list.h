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
/// says where to look. Thread: one. Memory: about 300 bytes an object.
class ObjectList {
 public:
  static constexpr std::size_t kAtOnce =
      256;  // a token that is far away answers so often within a call's time

  /// Whether begin() was called.
  [[nodiscard]] bool has_begun() const { return has_begun_; }
  /// All objects of the token, of which nothing is known yet.
  void begin(std::vector<CK_OBJECT_HANDLE> all);
  /// Asks for the names of the next kAtOnce objects. What the token does not say is not listed.
  void extend(const CK_FUNCTION_LIST& functions, CK_SESSION_HANDLE session);
  /// Those of the wanted class that have the wanted label, id or public point.
  [[nodiscard]] std::vector<CK_OBJECT_HANDLE> named(std::span<const CK_ATTRIBUTE> wanted) const;

 private:
  struct Listed {
    CK_OBJECT_CLASS object_class;
    CK_OBJECT_HANDLE object;
  };
  void add(CK_OBJECT_HANDLE object, std::span<const CK_ATTRIBUTE> attributes);

  bool has_begun_ = false;
  std::vector<CK_OBJECT_HANDLE> not_asked_;
  std::unordered_multimap<std::string, Listed> by_name_;  // each object once for each of its names
};

}  // namespace varve::hsm
