// PINs first, then the tokens in their order.
#include "tools/varved/open_tokens.h"

#include "hsm/pin.h"
#include "ledger/env/posix.h"
#include "tools/server/refused_pin_files.h"

namespace varve::tools {
namespace {

Result<std::unique_ptr<hsm::Token>> open_token(const HsmConfig& config,
                                               std::shared_ptr<hsm::PinLatch> latch) {
  hsm::TokenOptions options;
  options.module = config.module;
  options.uri = config.token;
  options.timeout_ms = config.timeout_ms;
  options.latch = std::move(latch);
  ASSIGN_OR_RETURN(options.pin, hsm::read_pin(config.pin));
  return hsm::Token::open(std::move(options));
}

}  // namespace

Result<std::unique_ptr<hsm::TokenSet>> open_tokens(const Config& config) {
  ASSIGN_OR_RETURN(auto data, env::open_posix(config.data));
  const auto latch = refused_pin_files(std::move(data), config.data);
  std::vector<std::unique_ptr<hsm::Token>> tokens;
  ASSIGN_OR_RETURN(auto first, open_token(config.hsm, latch));
  tokens.push_back(std::move(first));
  for (const HsmConfig& further : config.further_hsms) {
    auto token = open_token(further, latch);
    if (!token) return std::move(token).error().during("opening a [[further_hsm]]");
    tokens.push_back(std::move(*token));
  }
  return std::make_unique<hsm::TokenSet>(std::move(tokens));
}

}  // namespace varve::tools
