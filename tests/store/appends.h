// Segments with batches and requests, their files of appends/, and the hash files and catalogue
// that these are held against.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/env/posix.h"
#include "ledger/merkle/tree.h"
#include "ledger/store/append_files.h"
#include "ledger/store/hash_files.h"
#include "ledger/store/remains.h"
#include "tests/log/files.h"
#include "tests/store/cut_off_disk.h"

namespace varve::store {

namespace fs = std::filesystem;
using testing::bytes_in;
using testing::CutOff;
using testing::CutOffDisk;

inline void put(const std::string& path, std::string_view bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

class Appends : public ::testing::Test {
 protected:
  Appends() {
    CHECK(env::initialize().has_value());
    std::string pattern =
        std::string(fs::is_directory("/dev/shm") ? "/dev/shm" : "/tmp") + "/varve-appends-XXXXXX";
    CHECK(::mkdtemp(pattern.data()) != nullptr);
    directory_ = pattern;
    files_ = std::make_unique<CutOffDisk>(*env::open_posix(directory_));
    hashes_ = *HashFiles::open(*files_);
    catalogue_ = *Catalogue::open(*files_);
    CHECK(restart().has_value());
  }
  ~Appends() override { fs::remove_all(directory_); }

  Result<void> restart() {
    const auto ask = [this](std::uint64_t ordinal) -> Result<KeyIs> {
      ++asked_;
      const auto known = keys_.find(ordinal);
      return known == keys_.end() ? KeyIs::kThere : known->second;
    };
    appends_ = std::make_unique<AppendFiles>(*files_, *hashes_, ask, kReserve);
    return appends_->load(*catalogue_);
  }
  Result<void> update() { return appends_->update(*catalogue_); }

  static AppendKey batch(std::uint64_t number) { return append_key({SourceId{7}, number}); }
  static AppendKey request(std::uint64_t number) {
    return append_key(merkle::sha256(bytes_of("key " + std::to_string(number))));
  }
  /// Of append `number`, which has two records.
  static AppendRow row(std::uint64_t number) {
    return {fingerprint_of(merkle::sha256(bytes_of(std::to_string(number)))), LeafIndex{2 * number},
            2};
  }

  /// One more segment with so many appends, batches and requests in turn, in a file of its own and
  /// in the catalogue.
  void seal(std::uint64_t appends) {
    SegmentFacts facts;
    facts.row = {position_.next_ordinal, LeafIndex{position_.size.value},
                 LeafIndex{position_.size.value + 2 * appends}};
    facts.disposed = is_disposed(facts.row.ordinal);
    for (std::uint64_t k = 0; k < appends; ++k, ++count_)
      if (count_ % 2 == 0 || !facts.disposed)
        facts.appends.emplace(count_ % 2 == 0 ? batch(count_) : request(count_), row(count_));
    for (std::uint64_t i = facts.row.first.value; i < facts.row.end.value; ++i)
      tree_.append(merkle::leaf_hash(bytes_of(history_ + std::to_string(i))), hashes_.get());
    CHECK(hashes_->flush().has_value());
    CHECK(appends_->add(facts, tree_.root()).has_value());
    position_ = {position_.next_ordinal + 1, tree_.size(), tree_.root(), {}};
    CHECK(catalogue_->record_segment(facts, position_, {}).has_value());
  }
  void seal_some(std::uint64_t segments, std::uint64_t appends = 3) {
    for (std::uint64_t k = 0; k < segments; ++k) seal(appends);
  }

  void expect_all_found() {
    for (std::uint64_t k = 0; k < count_; ++k) {
      const auto found = appends_->find(k % 2 == 0 ? batch(k) : request(k));
      ASSERT_TRUE(found) << k << ": " << found.error().message;
      ASSERT_EQ(*found, row(k));
      ASSERT_EQ(appends_->find(k % 2 == 0 ? request(k) : batch(k)).error().code, Code::kNotFound);
    }
  }
  std::map<std::string, std::string> folder() const {
    std::map<std::string, std::string> out;
    for (const auto& entry : fs::directory_iterator(directory_ + "/appends"))
      out[entry.path().filename()] = bytes_in(entry.path());
    return out;
  }
  /// Everything again from what the segments say, as a start does that misses a file.
  void make_again(const std::vector<std::uint64_t>& appends) {
    fs::remove_all(directory_ + "/appends");
    catalogue_.reset();
    fs::remove_all(directory_ + "/catalogue");
    catalogue_ = *Catalogue::open(*files_);
    CHECK(hashes_->cut_to(TreeSize{0}).has_value());
    tree_ = {};
    position_ = {};
    count_ = 0;
    ASSERT_TRUE(restart());
    for (const std::uint64_t some : appends) seal(some);
    ASSERT_TRUE(update());
  }
  void keep_remains(std::uint64_t ordinal) const {
    fs::create_directory(directory_ + "/remains");
    put(directory_ + "/" + remains_path(ordinal), "kept");
  }
  bool is_disposed(std::uint64_t ordinal) const {
    const auto known = keys_.find(ordinal);
    return known != keys_.end() && known->second == KeyIs::kGone &&
           fs::exists(directory_ + "/" + remains_path(ordinal));
  }
  std::string path(const std::string& name) const { return directory_ + "/appends/" + name; }

  static constexpr std::uint64_t kReserve = 1u << 20;
  std::string directory_;
  std::unique_ptr<CutOffDisk> files_;
  std::unique_ptr<HashFiles> hashes_;
  std::unique_ptr<Catalogue> catalogue_;
  std::unique_ptr<AppendFiles> appends_;
  std::map<std::uint64_t, KeyIs> keys_;  // of segments; those that are not in here are there
  std::uint64_t asked_ = 0;
  std::string history_;  // another one has other records
  merkle::Frontier tree_;
  CataloguePosition position_;
  std::uint64_t count_ = 0;
};

}  // namespace varve::store
