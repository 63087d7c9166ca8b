// The data key goes first: as long as it and the segment's file are there, remains say nothing that
// they do not.
#include "ledger/store/segment_decryptor.h"

#include "ledger/base/trouble.h"
#include "ledger/format/tombstone.h"
#include "ledger/merkle/tree.h"
#include "ledger/store/month_keys.h"
#include "ledger/store/segment_files.h"
#include "ledger/store/segment_reader.h"

namespace varve::store {
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
    is_in_trouble = !key && !is_gone(key.error());
    return key;
  }
  bool is_in_trouble = false;

 private:
  env::KeyVault& vault_;
};

}  // namespace

Result<void> expect_gone(const env::Filesystem& files, const SegmentHeader& header,
                         const Error& why) {
  if (!is_gone(why)) return why;
  RETURN_IF_ERROR(read_month_keys(files, header.period()));  // nothing in it helped
  return {};
}

Result<KeyIs> where_key_is(const env::Filesystem& files, env::KeyVault& vault,
                           std::uint64_t ordinal) {
  ASSIGN_OR_RETURN(const bool has_file, has_segment_file(files, ordinal));
  ASSIGN_OR_RETURN(const bool is_known, has_segment(files, ordinal));
  if (!has_file && is_known) return KeyIs::kGone;
  ASSIGN_OR_RETURN(const auto file, files.open_read(segment_path(ordinal)));
  const auto header = read_segment_header(*file);
  if (!header && is_trouble(header.error())) return header.error();
  if (!header) return KeyIs::kUnknown;
  WatchedVault watched(vault);
  const auto key = unwrap_data_key(files, watched, *header);
  if (key) return KeyIs::kThere;
  if (watched.is_in_trouble) return KeyIs::kUnanswered;
  const auto gone = expect_gone(files, *header, key.error());
  if (gone) return KeyIs::kGone;
  if (is_trouble(gone.error())) return gone.error();
  return KeyIs::kUnknown;
}

Result<SegmentDecryptor> SegmentDecryptor::of(const env::Filesystem& files, DataKeys& keys,
                                              const SegmentHeader& header) {
  ASSIGN_OR_RETURN(const bool there, has_segment_file(files, header.ordinal));
  if (!there) return by_remains(files, header, FramesAre::kGone);
  auto key = keys.get(header);
  if (!key) return without_key(files, header, std::move(key).error());
  SegmentDecryptor opener;
  opener.pinned_.emplace(std::move(*key));
  opener.opener_ = std::make_unique<KeyOpener>(*opener.pinned_);
  return opener;
}

Result<SegmentDecryptor> SegmentDecryptor::anew(const env::Filesystem& files, env::KeyVault& vault,
                                                const SegmentHeader& header) {
  ASSIGN_OR_RETURN(const bool there, has_segment_file(files, header.ordinal));
  if (!there) return by_remains(files, header, FramesAre::kGone);
  return with(files, header, unwrap_data_key(files, vault, header));
}

Result<SegmentDecryptor> SegmentDecryptor::with(const env::Filesystem& files,
                                                const SegmentHeader& header,
                                                Result<env::SecretBytes> key) {
  ASSIGN_OR_RETURN(const bool there, has_segment_file(files, header.ordinal));
  if (!there) return by_remains(files, header, FramesAre::kGone);
  if (!key) return without_key(files, header, std::move(key).error());
  SegmentDecryptor opener;
  opener.own_ = std::move(*key);
  opener.opener_ = std::make_unique<KeyOpener>(opener.own_);
  return opener;
}

Result<SegmentDecryptor> SegmentDecryptor::without_key(const env::Filesystem& files,
                                                       const SegmentHeader& header, Error why) {
  RETURN_IF_ERROR(expect_gone(files, header, why));
  auto opener = by_remains(files, header, FramesAre::kInTheFile);
  if (!opener && opener.error().code == Code::kNotFound) return why;
  return opener;
}

Result<SegmentDecryptor> SegmentDecryptor::by_remains(const env::Filesystem& files,
                                                      const SegmentHeader& header,
                                                      FramesAre frames) {
  ASSIGN_OR_RETURN(Remains remains, read_remains(files, header));
  if (frames == FramesAre::kGone && !remains.file)
    return not_found(segment_path(header.ordinal) + " is missing");
  SegmentDecryptor opener;
  opener.remains_ = std::make_unique<const Remains>(std::move(remains));
  opener.opener_ = std::make_unique<RemainsOpener>(*opener.remains_, frames);
  return opener;
}

Result<std::vector<Hash>> leaves_of(const std::vector<Bytes>& entries) {
  std::vector<Hash> leaves(entries.size());
  std::vector<std::size_t>
      records;  // a tombstone carries its hash: what it hashes to itself nobody asks
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (!format::is_tombstone(entries[i])) {
      records.push_back(i);
      continue;
    }
    ASSIGN_OR_RETURN(const format::Tombstone tombstone, format::decode_tombstone(entries[i]));
    leaves[i] = tombstone.leaf;
  }
  if (records.size() == entries.size()) return merkle::leaf_hashes(entries);
  std::vector<Bytes> whole;
  for (const std::size_t i : records) whole.push_back(entries[i]);
  const std::vector<Hash> hashes = merkle::leaf_hashes(whole);
  for (std::size_t k = 0; k < records.size(); ++k) leaves[records[k]] = hashes[k];
  return leaves;
}

}  // namespace varve::store
