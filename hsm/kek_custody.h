// A token's key-encryption keys, for whoever disposes of a month.
#pragma once

#include "hsm/token.h"
#include "ledger/env/kek_custody.h"

namespace varve::hsm {

/// `token` outlives it. Errors: as Token's.
class KekCustody final : public env::KekCustody {
 public:
  explicit KekCustody(Token& token) : token_(token) {}

  Result<Buffer> wrap(std::string_view label, Bytes data_key) override {
    return token_.wrap(label, data_key);
  }
  Result<env::SecretBytes> unwrap(std::string_view label, Bytes wrapped) override {
    return token_.unwrap(label, wrapped);
  }
  Result<std::vector<std::string>> kek_labels() override;
  Result<void> destroy_kek(std::string_view label) override;

 private:
  Token& token_;
};

}  // namespace varve::hsm
