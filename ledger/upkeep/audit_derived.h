// The audit of derived files: each is compared with what the segments say it must hold.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ledger/recovery/replay.h"
#include "ledger/store/catalogue.h"
#include "ledger/store/hash_files.h"
#include "ledger/store/leaf_groups.h"
#include "ledger/upkeep/audit.h"
#include "ledger/upkeep/derived_checks.h"

namespace varve::upkeep {

/// Compares every hash that the tree completes with the one in its hash file.
class HashFileCheck final : public merkle::NodeSink {
 public:
  HashFileCheck(const env::Filesystem& files, std::vector<StoreFinding>& findings);
  void completed(merkle::NodeId id, const Hash& hash) override;
  /// Whether the leaf hashes are those of the records so far.
  [[nodiscard]] bool leaves_match() const { return !levels_.front().reported; }
  /// Errors: kIo  a file could not be looked at, and from then on nothing is said of any.
  [[nodiscard]] const Result<void>& looked() const { return looked_; }

 private:
  struct Level {
    std::unique_ptr<env::File> file;
    std::uint64_t size_bytes = 0;
    Buffer window;                // a part of the file
    std::uint64_t window_at = 0;  // its first byte's position
    bool reported = false;        // one finding a file
  };
  bool matches(Level& level, std::uint64_t index, const Hash& hash);
  bool load(Level& level, std::uint64_t at);
  Result<void> open_level(const env::Filesystem& files, std::uint32_t height, Level& level);

  std::vector<StoreFinding>& findings_;
  std::array<Level, store::HashFiles::kHeights> levels_;
  Result<void> looked_;
};

/// Compares each file of leaves/ with the leaf hashes, once those are known to be the records'.
class LookupCheck final : public DerivedCheck {
 public:
  explicit LookupCheck(const CheckContext& context)
      : files_(context.files), report_(context.report) {}
  void segment(const store::SegmentFacts& facts, const Hash&) override {
    ends_.push_back(facts.row.end);
  }
  /// Memory: 4 bytes a leaf of the largest file.
  Result<void> end(const SealedPart& sealed) override;

 private:
  /// Returns whether the file is there, or that of a part.
  Result<bool> cover(const store::LeafGroup& group);
  Result<bool> compare(const store::LeafGroup& group, const env::File& file);
  void report(const store::LeafGroup& group, const std::string& what);

  const env::Filesystem& files_;
  AuditReport& report_;
  std::vector<LeafIndex> ends_;
  std::unique_ptr<env::File> leaves_;
  std::vector<store::LeafGroup> missing_;  // behind the last file that is there
};

/// Compares each row of each table with what the segments say: none differs, is missing or is too
/// many, as far as the catalogue's position. What was sealed behind it is written by the next
/// start.
class CatalogueCheck {
 public:
  CatalogueCheck(const env::Filesystem& files, AuditReport& report);
  /// Of each sealed segment, in order: the mark behind it, and the state there.
  void segment(const store::SegmentFacts& facts, const store::CataloguePosition& position,
               Bytes state);
  /// Behind the last of them. Memory: all rows, a few hundred bytes a segment.
  void end();
  /// Whether this segment was sealed once, whatever its file says now. Errors: kIo.
  [[nodiscard]] Result<bool> knows(std::uint64_t ordinal) const;
  /// How many segments it says it knows.
  [[nodiscard]] std::uint64_t recorded() const { return position_.next_ordinal; }
  /// Errors: kIo  something could not be looked at, and nothing is said of it.
  [[nodiscard]] const Result<void>& looked() const { return looked_; }

 private:
  void load(const env::Filesystem& files);
  void report(const std::string& what);
  void compare(const store::CatalogueRows& stored);

  AuditReport& report_;
  std::unique_ptr<store::Catalogue> catalogue_;
  store::CataloguePosition position_;  // as stored
  std::uint64_t sealed_ = 0;           // segments
  store::CatalogueRows expected_;
  Result<void> looked_;
};

}  // namespace varve::upkeep
