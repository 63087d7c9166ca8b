// What a witness must not forget: of each log the checkpoint that it cosigned last, the evidence against a log
// that contradicted itself, and the keys that a log's own history has proven. LMDB, one durable transaction for
// all that is answered together. docs/format/witness.md
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/base/result.h"
#include "ledger/base/types.h"
#include "ledger/env/filesystem.h"

struct MDB_env;

namespace varve::store {

/// Which table a row is in. A row's key is the SHA-256 of the log's origin.
enum class WitnessTable : std::uint8_t {
  kCosigned,  // the checkpoint that was cosigned last, a note with the log's signatures and the witness's
  kContradictions,  // docs/format/contradiction.md; such a log is cosigned never again
  kKeys,            // what a followed log has shown of its keys: witness::format_key_row
};
inline constexpr std::size_t kWitnessTables = 3;

/// How much was ever written, for a high-water mark: how many rows, and a hash over all of them.
struct WitnessCount {
  std::uint64_t rows = 0;
  Hash chain;
  bool operator==(const WitnessCount&) const = default;
};

/// A row as it is stored: SHA-256(table, key, text), then the text.
Buffer encode_witness_row(WitnessTable table, const Hash& origin, std::string_view text);
/// Errors: kCorrupt  it is another row than was written, or altered.
Result<std::string> decode_witness_row(WitnessTable table, const Hash& origin, Bytes row);

/// Thread: get() and count() from any thread; one Round at a time, from its begin to its end on one thread.
class WitnessState {
 public:
  /// The folder state/ of `files`, made when it does not exist. `vkey`: the witness's, under which it was made.
  /// Errors: kInvalid  it is another witness's.  kCorrupt  damaged: the message says what to do.  kIo, kFull.
  static Result<std::unique_ptr<WitnessState>> open(env::Filesystem& files, std::string_view vkey);
  ~WitnessState();
  WitnessState(const WitnessState&) = delete;
  WitnessState& operator=(const WitnessState&) = delete;

  /// As of the last commit. Errors: kCorrupt, kIo.
  [[nodiscard]] Result<std::optional<std::string>> get(WitnessTable table,
                                                       const Hash& origin) const;
  [[nodiscard]] Result<WitnessCount> count() const;
  /// Whether a high-water mark is kept of this state, as set_marked() was told last; false at first.
  /// Errors: kIo.
  [[nodiscard]] Result<bool> is_marked() const;
  /// Durable when it returns; no row that counts. Not while there is a Round. Errors: kFull, kIo.
  Result<void> set_marked(bool is_marked);
  /// How many rows the table has. Errors: kIo.
  [[nodiscard]] Result<std::uint64_t> rows(WitnessTable table) const;
  /// The logs that the table has rows of, in the order of their hashes; the first `most`. Errors: kIo.
  [[nodiscard]] Result<std::vector<Hash>> logs_in(WitnessTable table, std::size_t most) const;

  /// What is written together. Without a commit() nothing of it was.
  class Round {
   public:
    Round(Round&& other) noexcept;
    ~Round();
    Round(const Round&) = delete;
    Round& operator=(const Round&) = delete;
    Round& operator=(Round&&) = delete;

    /// With what this round has put. Errors: kCorrupt, kIo.
    [[nodiscard]] Result<std::optional<std::string>> get(WitnessTable table,
                                                         const Hash& origin) const;
    /// Errors: kFull, kIo.
    Result<void> put(WitnessTable table, const Hash& origin, std::string_view text);
    /// Durable when it returns. The count as it is then. Errors: kFull, kIo  nobody knows whether it was done;
    /// after kIo the state has to be opened again.
    Result<WitnessCount> commit() &&;

   private:
    friend class WitnessState;
    struct Transaction;
    Round(WitnessState& state, std::unique_ptr<Transaction> transaction, WitnessCount count);
    void count_row(Bytes row);
    WitnessState& state_;
    std::unique_ptr<Transaction> transaction_;
    WitnessCount count_;
  };
  /// Errors: kIo.
  [[nodiscard]] Result<Round> begin();

 private:
  struct Tables;
  WitnessState(MDB_env* environment, std::unique_ptr<Tables> tables);

  MDB_env* env_;
  std::unique_ptr<Tables> tables_;
};

}  // namespace varve::store
