// Everything is wrapped and compared before the one file is replaced.
#include "ledger/store/rewrap.h"

#include <algorithm>

#include "ledger/store/frame_codec.h"
#include "ledger/store/remains.h"

namespace varve::store {
namespace {

Result<Buffer> wrap_and_compare(env::KeyVault& vault, const std::string& label, Bytes data_key) {
  ASSIGN_OR_RETURN(Buffer wrapped, vault.wrap(label, data_key));
  ASSIGN_OR_RETURN(const env::SecretBytes back, vault.unwrap(label, wrapped));
  if (!std::ranges::equal(back.view(), data_key))
    return io_error(
        "the token does not give back the data key that it wrapped: nothing was changed");
  return wrapped;
}

}  // namespace

Result<std::size_t> rewrap_month(env::Filesystem& files, KeyPeriod period, DataKeys& keys,
                                 env::KeyVault& vault, const std::string& label) {
  ASSIGN_OR_RETURN(const bool disposed, has_remains(files, period.number));
  if (disposed) return disposed_of(period);
  // Also of a month without segments, the next one, the key is to be there.
  ASSIGN_OR_RETURN(const auto nothing, env::SecretBytes::of_size(kDataKeySize));
  RETURN_IF_ERROR(wrap_and_compare(vault, label, nothing.view()));
  MonthKeys wrapped{period, label, {}};
  for (bool first = true;; first = false) {
    ASSIGN_OR_RETURN(const auto segments, segments_of_month(files, period.number));
    if (!first && segments.size() == wrapped.keys.size()) return segments.size();
    for (const SegmentHeader& header : segments) {
      if (wrapped.find(header.ordinal) != nullptr) continue;
      auto key = keys.get(header);
      if (!key)
        return std::move(key).error().during("unwrapping the data key of " +
                                             segment_path(header.ordinal));
      ASSIGN_OR_RETURN(Buffer anew, wrap_and_compare(vault, label, key->view()));
      wrapped.keys.push_back({header.ordinal, std::move(anew)});
    }
    RETURN_IF_ERROR(replace_month_keys(files, wrapped));
  }
}

}  // namespace varve::store
