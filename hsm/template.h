// Attribute templates that own their values, so that no pointer in a CK_ATTRIBUTE dangles.
#pragma once

#include <p11-kit/pkcs11.h>

#include <string_view>
#include <vector>

#include "ledger/base/bytes.h"

namespace varve::hsm {

class Template {
 public:
  Template& flag(CK_ATTRIBUTE_TYPE type, bool value);
  Template& number(CK_ATTRIBUTE_TYPE type, CK_ULONG value);
  Template& bytes(CK_ATTRIBUTE_TYPE type, Bytes value);
  Template& text(CK_ATTRIBUTE_TYPE type, std::string_view value);
  /// A secret is not copied: `value` outlives the template.
  Template& borrowed(CK_ATTRIBUTE_TYPE type, Bytes value);

  /// For PKCS#11 functions, which all take a pointer to non-const. Valid until the template
  /// changes or moves.
  [[nodiscard]] CK_ATTRIBUTE* data();
  [[nodiscard]] CK_ULONG size() const { return values_.size(); }

 private:
  struct Value {
    CK_ATTRIBUTE_TYPE type;
    Buffer owned;    // else empty
    Bytes borrowed;  // else empty
  };
  std::vector<Value> values_;
  std::vector<CK_ATTRIBUTE> attributes_;  // made of values_ by data(), so that copies are sound
};

}  // namespace varve::hsm
