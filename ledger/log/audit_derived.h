// The audit of derived files: each is compared with what the segments say it must hold.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ledger/log/audit.h"
#include "ledger/log/replay.h"
#include "ledger/store/catalogue.h"
#include "ledger/store/hash_files.h"

namespace varve::log {

/// Compares every hash that the tree completes with the one in its hash file.
class HashFileCheck final : public merkle::NodeSink {
 public:
  HashFileCheck(const env::Filesystem& files, std::vector<Finding>& findings);
  void completed(merkle::NodeId id, const Hash& hash) override;
  /// The leaf hashes since the last call.
  Buffer take_leaves();
  /// Errors: kIo  a file could not be looked at, and from then on nothing is said of any.
  [[nodiscard]] const Result<void>& looked() const { return looked_; }

 private:
  struct Level {
    std::unique_ptr<env::File> file;
    std::uint64_t size_bytes = 0;
    Buffer window;                 // a part of the file
    std::uint64_t window_at = 0;   // its first byte's position
    bool reported = false;         // one finding a file
  };
  bool matches(Level& level, std::uint64_t index, const Hash& hash);
  bool load(Level& level, std::uint64_t at);
  Result<void> open_level(const env::Filesystem& files, std::uint32_t height, Level& level);

  std::vector<Finding>& findings_;
  std::array<Level, store::HashFiles::kHeights> levels_;
  Buffer leaves_;
  Result<void> looked_;
};

/// Compares the rows of sealed segments, and leaves/<ordinal>, with what was replayed.
class CatalogueCheck {
 public:
  CatalogueCheck(env::Filesystem& files, std::vector<Finding>& findings);
  /// `leaves` are the segment's leaf hashes.
  void segment(const store::SegmentFacts& facts, Bytes leaves);
  void end(const store::Mark& mark);
  /// Whether this segment was sealed once, whatever its file says now. Errors: kIo.
  [[nodiscard]] Result<bool> knows(std::uint64_t ordinal) const;
  /// Errors: kIo  something could not be looked at, and nothing is said of it.
  [[nodiscard]] const Result<void>& looked() const { return looked_; }

 private:
  void report(const std::string& what);
  void rows(const store::SegmentFacts& facts);
  Result<bool> holds_lookup(std::uint64_t ordinal, Bytes leaves) const;
  template <class Row, class Same>
  bool holds(const Result<Row>& stored, Same same);

  env::Filesystem& files_;
  std::vector<Finding>& findings_;
  std::unique_ptr<store::Catalogue> catalogue_;
  Result<void> looked_;
};

}  // namespace varve::log
