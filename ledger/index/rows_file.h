// The rows of an index as a file, for whoever looks records up by what they say: sealed under a key from the
// month's secret, so that it ends with its month. Nothing is proven by it. docs/format/search-rows.md
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <vector>

#include "ledger/base/bytes.h"
#include "ledger/base/result.h"
#include "ledger/base/types.h"
#include "ledger/format/month_secret.h"
#include "ledger/index/terms.h"

namespace varve::index {

/// Records of a log, all of one month, as the file says it in clear.
struct RowsOf {
  std::uint64_t number = 0;  // its terms are those of this index (Scope)
  std::uint32_t month = 0;
  std::uint32_t extractor = 0;  // version of the rules by which events were read
  LeafIndex first;              // [first, end)
  LeafIndex end;
  std::uint64_t earliest_us = 0;  // no event in it is from before this,
  std::uint64_t latest_us = 0;    // and none from after
  Hash salt;                      // random: no two files share a key
  bool operator==(const RowsOf&) const = default;
};

using RowMap = std::map<TermInput, std::vector<std::uint64_t>>;

/// Requires records in `of`, ascending in each row, and the secret of its month.
Buffer encode_rows(const RowsOf& of, const format::MonthSecret& secret, const RowMap& rows);

/// What the beginning of a file says of itself. Errors: kInvalid  no such file.
inline constexpr std::size_t kRowsHeadSize = 98;
Result<RowsOf> parse_rows_head(Bytes head);

/// Reads single rows. Thread: any.
class RowsFile {
 public:
  /// Fills `out` from `at`. Errors: as env::File::read.
  using Read = std::function<Result<void>(ByteOffset at, MutableBytes out)>;
  /// Memory: 20 bytes for each 32 KiB of the file.
  /// Errors: kInvalid  no such file.  kCorrupt  it is damaged, or of another secret.  as Read.
  static Result<RowsFile> open(Read read, const format::MonthSecret& secret);

  [[nodiscard]] const RowsOf& of() const { return of_; }
  /// The records that have the term, ascending.
  /// Errors: kCorrupt  it is damaged.  as Read.
  [[nodiscard]] Result<std::vector<std::uint64_t>> find(const TermInput& term) const;

 private:
  struct Block {
    ByteOffset at;
    std::uint32_t size = 0;  // sealed
    Buffer first;            // token of its first row
  };
  RowsFile(Read read, Buffer head, const RowsOf& of, const Hash& key)
      : read_(std::move(read)), head_(std::move(head)), of_(of), key_(key) {}
  Result<void> read_directory(std::uint32_t count);
  [[nodiscard]] Result<Buffer> open_part(std::uint64_t number, ByteOffset at,
                                         std::uint64_t size) const;

  Read read_;
  Buffer head_;
  RowsOf of_;
  Hash key_;
  std::vector<Block> blocks_;
};

}  // namespace varve::index
