// The tokens that the configuration names.
#pragma once

#include <memory>

#include "hsm/token_set.h"
#include "tools/varved/config.h"

namespace varve::tools {

/// Reads the PINs, opens each token once, that of [hsm] first. A PIN that is refused is written
/// down in the data directory, and no later process tries it either. Errors: as read_pin and
/// Token::open.
Result<std::unique_ptr<hsm::TokenSet>> open_tokens(const Config& config);

}  // namespace varve::tools
