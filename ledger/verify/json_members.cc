// Each hash in its one spelling.
#include "ledger/verify/json_members.h"

#include <string>

#include "ledger/base/text.h"

namespace varve::verify {

Result<Hash> hash_member(const format::Json& json, std::string_view key) {
  ASSIGN_OR_RETURN(const std::string text, json.text(key));
  return decode_base64_hash(text);
}

Result<merkle::Proof> proof_member(const format::Json& json) {
  ASSIGN_OR_RETURN(const auto texts, json.texts("proof"));
  merkle::Proof proof;
  for (const std::string& text : texts) {
    ASSIGN_OR_RETURN(const Hash hash, decode_base64_hash(text));
    proof.push_back(hash);
  }
  return proof;
}

}  // namespace varve::verify
