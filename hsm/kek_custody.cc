// Of all keys on the token, those that wrap.
#include "hsm/kek_custody.h"

namespace varve::hsm {

Result<std::vector<std::string>> KekCustody::kek_labels() {
  ASSIGN_OR_RETURN(const auto keys, token_.list_keys());
  std::vector<std::string> labels;
  for (const KeyInfo& key : keys)
    if (key.use == KeyUse::kWrap) labels.push_back(key.label);
  return labels;
}

Result<void> KekCustody::destroy_kek(std::string_view label) {
  RETURN_IF_ERROR(token_.destroy_keys(KeyUse::kWrap, label));
  return {};
}

}  // namespace varve::hsm
