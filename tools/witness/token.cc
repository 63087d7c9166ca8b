// As varved finds its own.
#include "tools/witness/token.h"

#include "hsm/pin.h"
#include "ledger/env/posix.h"
#include "tools/server/refused_pin_files.h"

namespace varve::tools {

Result<std::unique_ptr<hsm::Token>> open_witness_token(const WitnessProgramConfig& config) {
  ASSIGN_OR_RETURN(auto data, env::open_posix(config.data));
  hsm::TokenOptions options;
  options.module = config.hsm.module;
  options.uri = config.hsm.token;
  options.timeout_ms = config.hsm.timeout_ms;
  options.latch = refused_pin_files(std::move(data), config.data);
  ASSIGN_OR_RETURN(options.pin, hsm::read_pin(config.hsm.pin));
  return hsm::Token::open(std::move(options));
}

Result<format::CosignerKey> find_witness_key(const WitnessProgramConfig& config,
                                             hsm::Token& token) {
  auto key = token.find_public_key(config.key);
  if (!key && key.error().code == Code::kNotFound)
    return not_found(key.error().message + ": make it with varve-witness make-key");
  if (!key) return std::move(key).error();
  if (key->algorithm != format::Algorithm::kEd25519)
    return invalid("the key " + config.key + " is not of Ed25519, which a witness's key is");
  return format::make_cosigner_key(config.name, key->key);
}

}  // namespace varve::tools
