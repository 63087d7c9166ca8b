// The trust bundle: one file with a log's first key and every key event, proven, so that any
// checkpoint of any age can be verified offline. docs/format/bundle.md
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "ledger/rules/key_timeline.h"
#include "ledger/verify/open_keys.h"

namespace varve::verify {

/// `keys` is the answer of GET /logs/NAME/keys: the bundle holds the members that verify, each once,
/// and nothing else that the server may have put there. Errors: as open_keys.
Result<std::string> make_bundle(const format::VerifierKey& first, std::string_view keys);

struct OpenedBundle {
  format::VerifierKey first;
  VerifiedKeys keys;
};

/// Verifies everything in it. `trusted`: the first key, from elsewhere; without it the bundle itself
/// is what is trusted, so that it matters how it was come by.
/// Errors: kInvalid  not a bundle.  kCorrupt  another first key, or as open_keys.
Result<OpenedBundle> open_bundle(std::string_view bundle,
                                 const std::optional<format::VerifierKey>& trusted);

}  // namespace varve::verify
