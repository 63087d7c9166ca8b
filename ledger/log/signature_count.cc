// The counting signer and its file.
#include "ledger/log/signature_count.h"

#include <algorithm>

#include "ledger/env/durable.h"
#include "ledger/store/signature_counts.h"

namespace varve::log {
namespace {

constexpr std::uint64_t kHalf = SignatureCount::kSignaturesAhead / 2;

}  // namespace

Result<void> SignatureCount::load() {
  const auto bytes = env::read_whole(files_, store::kSignaturesPath, store::kSignaturesMax);
  if (!bytes && bytes.error().code == Code::kNotFound) return {};
  if (!bytes) return bytes.error();
  auto counts = store::decode_signature_counts(text_of(*bytes));
  if (!counts) {
    const std::string kept = std::string(store::kSignaturesPath) + ".kept";
    RETURN_IF_ERROR(env::keep_aside(files_, store::kSignaturesPath, kept));
    return std::move(counts).error().during(
        "reading " + files_.system_path(store::kSignaturesPath) + ", which is kept as " + kept);
  }
  const MutexLock lock(mutex_);
  counts_ = *counts;
  reserved_ = std::move(*counts);
  return {};
}

void SignatureCount::expect(Bytes public_key) {
  const MutexLock file(file_mutex_);
  if (!saved_) reserve(to_buffer(public_key));
}

void SignatureCount::count(Bytes public_key) {
  const Buffer key = to_buffer(public_key);
  {
    const MutexLock lock(mutex_);
    const std::uint64_t asked = ++counts_[key];
    const std::uint64_t reserved = reserved_[key];
    if (asked + kHalf <= reserved) return;
    if (asked <= reserved) {
      writing_.try_start([this, key] {
        const MutexLock file(file_mutex_);
        reserve(key);
      });
      return;
    }
  }
  const MutexLock file(file_mutex_);
  reserve(key);
}

/// Nothing to do when another thread has just done it. Requires the file's lock.
void SignatureCount::reserve(const Buffer& key) {
  std::map<Buffer, std::uint64_t> ahead;
  {
    const MutexLock lock(mutex_);
    const std::uint64_t asked = counts_[key];
    if (asked + kHalf <= reserved_[key]) return;
    ahead = reserved_;
    ahead[key] = asked + kSignaturesAhead;
  }
  // A disk that is full or failing is reported by what the log itself writes there.
  if (!env::write_durably(files_, store::kSignaturesPath,
                          bytes_of(store::encode_signature_counts(ahead))))
    return;
  const MutexLock lock(mutex_);
  reserved_ = std::move(ahead);
}

Result<Buffer> SignatureCount::sign(Bytes public_key, Bytes message) {
  count(public_key);
  return signer_.sign(public_key, message);
}

Result<void> SignatureCount::save() {
  writing_.wait();
  const MutexLock file(file_mutex_);
  const MutexLock lock(mutex_);
  saved_ = true;
  if (counts_ == reserved_) return {};
  reserved_ = counts_;  // also if it fails: what the file says then is not known
  return env::write_durably(files_, store::kSignaturesPath,
                            bytes_of(store::encode_signature_counts(counts_)));
}

void SignatureCount::report(const rules::KeyHistory& keys, LogStatus& status) const {
  const MutexLock lock(mutex_);
  for (const auto* these : {&keys.all(), &keys.witness_keys()})
    for (const format::VerifierKey& key : *these)
      if (const auto found = counts_.find(key.key); found != counts_.end())
        status.signatures_ever.emplace_back(key, found->second);
}

}  // namespace varve::log
