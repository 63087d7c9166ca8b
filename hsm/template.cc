// Attribute templates: each value is copied once and lives as long as the template.
#include "hsm/template.h"

namespace varve::hsm {

Template& Template::flag(CK_ATTRIBUTE_TYPE type, bool value) {
  const CK_BBOOL raw = value ? 1 : 0;
  return bytes(type, std::as_bytes(std::span(&raw, 1)));
}

Template& Template::number(CK_ATTRIBUTE_TYPE type, CK_ULONG value) {
  return bytes(type, std::as_bytes(std::span(&value, 1)));
}

Template& Template::bytes(CK_ATTRIBUTE_TYPE type, Bytes value) {
  return borrowed(type, values_.emplace_back(value.begin(), value.end()));
}

Template& Template::text(CK_ATTRIBUTE_TYPE type, std::string_view value) {
  return bytes(type, bytes_of(value));
}

Template& Template::borrowed(CK_ATTRIBUTE_TYPE type, Bytes value) {
  // PKCS#11 declares values it only reads as non-const.
  attributes_.push_back({type, const_cast<std::byte*>(value.data()), value.size()});
  return *this;
}

}  // namespace varve::hsm
