// Attribute templates that own their values, so that no pointer in a CK_ATTRIBUTE dangles.
#pragma once

#include <p11-kit/pkcs11.h>

#include <deque>
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

  /// For PKCS#11 functions, which all take a pointer to non-const. Valid until the next change.
  [[nodiscard]] CK_ATTRIBUTE* data() { return attributes_.data(); }
  [[nodiscard]] CK_ULONG size() const { return attributes_.size(); }

 private:
  std::deque<Buffer> values_;  // a deque: elements stay where they are
  std::vector<CK_ATTRIBUTE> attributes_;
};

}  // namespace varve::hsm
