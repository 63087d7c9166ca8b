// The data key goes first: as long as it is there, remains say nothing that it does not.
#include "ledger/log/opener.h"

#include "ledger/format/tombstone.h"
#include "ledger/merkle/tree.h"

namespace varve::log {

Result<Opener> Opener::of(const env::Filesystem& files, store::DataKeys& keys,
                          const store::SegmentHeader& header) {
  return with(files, header, keys.get(header));
}

Result<Opener> Opener::anew(const env::Filesystem& files, env::KeyVault& vault,
                            const store::SegmentHeader& header) {
  auto key = store::unwrap_data_key(files, vault, header);
  if (!key) return with(files, header, std::move(key).error());
  return with(files, header, std::make_shared<const env::SecretBytes>(std::move(*key)));
}

Result<Opener> Opener::with(const env::Filesystem& files, const store::SegmentHeader& header,
                            Result<std::shared_ptr<const env::SecretBytes>> key) {
  Opener opener;
  if (key) {
    opener.key_ = std::move(*key);
    opener.opener_ = std::make_unique<store::KeyOpener>(*opener.key_);
    return opener;
  }
  if (key.error().code != Code::kNotFound) return std::move(key).error();
  auto remains = store::read_remains(files, header);
  if (!remains && remains.error().code == Code::kNotFound) return std::move(key).error();
  if (!remains) return std::move(remains).error();
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
