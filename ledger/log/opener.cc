// The data key goes first: as long as it is there, remains say nothing that it does not.
#include "ledger/log/opener.h"

#include "ledger/format/tombstone.h"
#include "ledger/merkle/tree.h"
#include "ledger/store/month_keys.h"

namespace varve::log {

Result<void> expect_gone(const env::Filesystem& files, const store::SegmentHeader& header,
                         const Error& why) {
  if (!store::is_gone(why)) return why;
  RETURN_IF_ERROR(store::read_month_keys(files, header.month));  // nothing in it helped
  return {};
}

Result<Opener> Opener::of(const env::Filesystem& files, store::DataKeys& keys,
                          const store::SegmentHeader& header) {
  auto key = keys.get(header);
  if (!key) return without_key(files, header, std::move(key).error());
  Opener opener;
  opener.pinned_.emplace(std::move(*key));
  opener.opener_ = std::make_unique<store::KeyOpener>(*opener.pinned_);
  return opener;
}

Result<Opener> Opener::anew(const env::Filesystem& files, env::KeyVault& vault,
                            const store::SegmentHeader& header) {
  return with(files, header, store::unwrap_data_key(files, vault, header));
}

Result<Opener> Opener::with(const env::Filesystem& files, const store::SegmentHeader& header,
                            Result<env::SecretBytes> key) {
  if (!key) return without_key(files, header, std::move(key).error());
  Opener opener;
  opener.own_ = std::move(*key);
  opener.opener_ = std::make_unique<store::KeyOpener>(opener.own_);
  return opener;
}

Result<Opener> Opener::without_key(const env::Filesystem& files, const store::SegmentHeader& header,
                                   Error why) {
  RETURN_IF_ERROR(expect_gone(files, header, why));
  auto remains = store::read_remains(files, header);
  if (!remains && remains.error().code == Code::kNotFound) return why;
  if (!remains) return std::move(remains).error();
  Opener opener;
  opener.remains_ = std::make_unique<const store::Remains>(std::move(*remains));
  opener.opener_ = std::make_unique<store::RemainsOpener>(*opener.remains_);
  return opener;
}

Result<std::vector<Hash>> leaves_of(const std::vector<Bytes>& entries) {
  std::vector<Hash> leaves = merkle::leaf_hashes(entries);
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (!format::is_tombstone(entries[i])) continue;
    ASSIGN_OR_RETURN(const format::Tombstone tombstone, format::decode_tombstone(entries[i]));
    leaves[i] = tombstone.leaf;
  }
  return leaves;
}

}  // namespace varve::log
