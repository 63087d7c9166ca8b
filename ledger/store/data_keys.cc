// Making, wrapping and unwrapping data keys.
#include "ledger/store/data_keys.h"

#include <chrono>

#include "ledger/base/month.h"
#include "ledger/store/frame_codec.h"
#include "ledger/store/month_keys.h"

namespace varve::store {
namespace {

// Some calls of an ordinary token. With two workers, one waits for the token and one serves the others.
constexpr std::chrono::milliseconds kTurn{50};

}  // namespace

std::string first_label(const std::string& kek_prefix, std::uint32_t month) {
  return kek_prefix + "/" + month_text(month);
}

Result<env::SecretBytes> DataKeys::create(SegmentHeader& header) {
  header.month = month_of(header.created_us);
  ASSIGN_OR_RETURN(const auto wrapped_anew, read_month_keys(files_, header.month));
  header.label = wrapped_anew ? wrapped_anew->label : first_label(kek_prefix_, header.month);
  if (header.label.size() > kLabelMax) return invalid("the key label prefix is too long");
  env::SecretBytes key(kDataKeySize);
  random_.fill(key.mutable_view());
  ASSIGN_OR_RETURN(header.wrapped_key, vault_.wrap(header.label, key.view()));
  const std::lock_guard lock(mutex_);
  by_ordinal_[header.ordinal] =
      std::make_shared<const env::SecretBytes>(env::SecretBytes::copy_of(key.view()));
  return key;
}

std::shared_ptr<const env::SecretBytes> DataKeys::known(std::uint64_t ordinal) const {
  const auto found = by_ordinal_.find(ordinal);
  return found == by_ordinal_.end() ? nullptr : found->second;
}

Result<std::shared_ptr<const env::SecretBytes>> DataKeys::unwrap(const SegmentHeader& header) {
  ASSIGN_OR_RETURN(env::SecretBytes key, unwrap_data_key(files_, vault_, header));
  if (key.view().size() != kDataKeySize) return corrupt("a segment's data key has the wrong length");
  return std::make_shared<const env::SecretBytes>(std::move(key));
}

Result<std::shared_ptr<const env::SecretBytes>> DataKeys::get(const SegmentHeader& header) {
  std::unique_lock lock(mutex_);
  const bool mine = turn_.wait_for(lock, kTurn, [&] { return known(header.ordinal) || !unwrapping_; });
  if (auto key = known(header.ordinal)) return key;
  if (!mine) return busy("the token is slow to give the key of a segment");
  unwrapping_ = true;
  lock.unlock();
  auto key = unwrap(header);
  lock.lock();
  unwrapping_ = false;
  if (key) by_ordinal_[header.ordinal] = *key;
  turn_.notify_all();
  return key;
}

/// The month's file first. What is in the header serves as long as its own key does.
Result<env::SecretBytes> unwrap_data_key(const env::Filesystem& files, env::KeyVault& vault,
                                         const SegmentHeader& header) {
  const auto month = read_month_keys(files, header.month);
  if (!month && month.error().code != Code::kCorrupt) return month.error();
  if (const WrappedKey* const anew = month && *month ? (*month)->find(header.ordinal) : nullptr) {
    auto key = vault.unwrap((*month)->label, anew->wrapped);
    if (key || key.error().code != Code::kNotFound) return key;
  }
  auto key = vault.unwrap(header.label, header.wrapped_key);
  if (!key && key.error().code == Code::kNotFound && !month) return month.error();
  return key;
}

}  // namespace varve::store
