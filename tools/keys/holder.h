// One person who signs a hold, a release or a disposal with a key of their own, or the operator with the
// log's.
#pragma once

#include <string>

#include "tools/keys/options.h"

namespace varve::keys {

/// Whoever signs: an approver, or the log's own key.
struct HolderArguments {
  TokenArguments token;
  std::string key;   // URI
  std::string name;  // the approver's, or the log's origin
};

void holder_options(CLI::App& command, HolderArguments& to);
/// The note of `text`, signed by the holder's key. Errors: as Token::sign.
Result<std::string> signed_by(const HolderArguments& holder, const std::string& text);

}  // namespace varve::keys
