// RFC 7512 PKCS#11 URIs, parsed by p11-kit: which token, and which object on it.
#pragma once

#include <p11-kit/uri.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "ledger/base/bytes.h"
#include "ledger/base/result.h"

namespace varve::hsm {

class Uri {
 public:
  /// Errors: kInvalid  not a pkcs11: URI, attributes that are not understood, or a PIN in it
  ///                   (pin-value and pin-source are refused: PINs have a way of their own).
  static Result<Uri> parse(const std::string& text);

  /// Compares only what the URI names: label, serial, manufacturer, model.
  [[nodiscard]] bool matches(const CK_TOKEN_INFO& token) const;
  /// Whether the URI names a token at all (by label or serial).
  [[nodiscard]] bool names_token() const;

  [[nodiscard]] std::optional<Buffer> object_label() const;
  [[nodiscard]] std::optional<Buffer> object_id() const;
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  struct Free {
    void operator()(P11KitUri* uri) const { p11_kit_uri_free(uri); }
  };
  Uri(std::string text, std::unique_ptr<P11KitUri, Free> uri)
      : text_(std::move(text)), uri_(std::move(uri)) {}
  [[nodiscard]] std::optional<Buffer> attribute(CK_ATTRIBUTE_TYPE type) const;

  std::string text_;
  std::unique_ptr<P11KitUri, Free> uri_;
};

/// A value of a URI's attribute.
std::string percent_encoded(std::string_view text);
/// "pkcs11:object=LABEL", percent-encoded: how an object of the configured token is named.
std::string object_uri(std::string_view label);
/// "pkcs11:token=LABEL".
std::string token_uri(std::string_view label);

}  // namespace varve::hsm
