// A thin wrapper of p11-kit's URI parser, strict about what Varve does not use.
#include "hsm/uri.h"

#include "ledger/base/bytes.h"

namespace varve::hsm {
std::string percent_encoded(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  constexpr std::string_view kPlain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (kPlain.find(c) != std::string_view::npos) {
      out.push_back(c);
    } else {
      out.append({'%', kDigits[byte >> 4], kDigits[byte & 15]});
    }
  }
  return out;
}

Result<Uri> Uri::parse(const std::string& text) {
  std::unique_ptr<P11KitUri, Free> uri(p11_kit_uri_new());
  CHECK(uri != nullptr);
  const int rc = p11_kit_uri_parse(text.c_str(), P11_KIT_URI_FOR_ANY, uri.get());
  if (p11_kit_uri_get_pin_value(uri.get()) != nullptr ||
      p11_kit_uri_get_pin_source(uri.get()) != nullptr)
    return invalid("a PKCS#11 URI must not carry a PIN: use the pin setting");
  if (rc != P11_KIT_URI_OK)
    return invalid("not a PKCS#11 URI (RFC 7512): " + text + ": " + p11_kit_uri_message(rc));
  if (p11_kit_uri_any_unrecognized(uri.get()) != 0)
    return invalid("unknown attribute in the PKCS#11 URI " + text);
  return Uri(text, std::move(uri));
}

bool Uri::matches(const CK_TOKEN_INFO& token) const {
  return p11_kit_uri_match_token_info(uri_.get(), &token) == 1;
}

bool Uri::names_token() const {
  const CK_TOKEN_INFO* const info = p11_kit_uri_get_token_info(uri_.get());
  return info->label[0] != 0 || info->serialNumber[0] != 0;
}

std::optional<Buffer> Uri::attribute(CK_ATTRIBUTE_TYPE type) const {
  const CK_ATTRIBUTE* const found = p11_kit_uri_get_attribute(uri_.get(), type);
  if (found == nullptr) return std::nullopt;
  return to_buffer(Bytes(static_cast<const std::byte*>(found->pValue), found->ulValueLen));
}

std::optional<Buffer> Uri::object_label() const {
  return attribute(CKA_LABEL);
}
std::optional<Buffer> Uri::object_id() const {
  return attribute(CKA_ID);
}

std::string object_uri(std::string_view label) {
  return "pkcs11:object=" + percent_encoded(label);
}
std::string token_uri(std::string_view label) {
  return "pkcs11:token=" + percent_encoded(label);
}

}  // namespace varve::hsm
