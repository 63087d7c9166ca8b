// The data key goes first: as long as it is there, remains say nothing that it does not.
#include "ledger/log/opener.h"

#include "ledger/base/trouble.h"
#include "ledger/format/tombstone.h"
#include "ledger/merkle/tree.h"
#include "ledger/store/month_keys.h"
#include "ledger/store/segment_reader.h"

namespace varve::log {
namespace {

/// Tells the token's trouble from the disk's.
class WatchedVault final : public env::KeyVault {
 public:
  explicit WatchedVault(env::KeyVault& vault) : vault_(vault) {}
  Result<Buffer> wrap(std::string_view label, Bytes data_key) override {
    return vault_.wrap(label, data_key);
  }
  Result<env::SecretBytes> unwrap(std::string_view label, Bytes wrapped) override {
    auto key = vault_.unwrap(label, wrapped);
    is_in_trouble = !key && !store::is_gone(key.error());
    return key;
  }
  bool is_in_trouble = false;

 private:
  env::KeyVault& vault_;
};

}  // namespace

Result<void> expect_gone(const env::Filesystem& files, const store::SegmentHeader& header,
                         const Error& why) {
  if (!store::is_gone(why)) return why;
  RETURN_IF_ERROR(store::read_month_keys(files, header.month));  // nothing in it helped
  return {};
}

Result<store::KeyIs> where_key_is(const env::Filesystem& files, env::KeyVault& vault,
                                  std::uint64_t ordinal) {
  ASSIGN_OR_RETURN(const auto file, files.open_read(store::segment_path(ordinal)));
  const auto header = store::read_segment_header(*file);
  if (!header && is_trouble(header.error())) return header.error();
  if (!header) return store::KeyIs::kUnknown;
  WatchedVault watched(vault);
  const auto key = store::unwrap_data_key(files, watched, *header);
  if (key) return store::KeyIs::kThere;
  if (watched.is_in_trouble) return store::KeyIs::kUnanswered;
  const auto gone = expect_gone(files, *header, key.error());
  if (gone) return store::KeyIs::kGone;
  if (is_trouble(gone.error())) return gone.error();
  return store::KeyIs::kUnknown;
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
