// Attribute templates: values are kept, and pointers to them made at the last moment.
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
  values_.push_back({type, to_buffer(value), {}});
  return *this;
}

Template& Template::text(CK_ATTRIBUTE_TYPE type, std::string_view value) {
  return bytes(type, bytes_of(value));
}

Template& Template::borrowed(CK_ATTRIBUTE_TYPE type, Bytes value) {
  values_.push_back({type, {}, value});
  return *this;
}

CK_ATTRIBUTE* Template::data() {
  attributes_.clear();
  for (const Value& value : values_) {
    const Bytes bytes = value.owned.empty() ? value.borrowed : Bytes(value.owned);
    // PKCS#11 declares values it only reads as non-const.
    attributes_.push_back({value.type, const_cast<std::byte*>(bytes.data()), bytes.size()});
  }
  return attributes_.data();
}

}  // namespace varve::hsm
