// A reader beside the log: at every call of the disk, every signature and every answer it looks at
// all that readers can see, and what it saw is held against the records that the checkpoint covers.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ledger/state/storage.h"
#include "tests/sim/sim_filesystem.h"

namespace varve::sim {

/// What a source sent, in its order: what its position after any number of records follows from.
struct SentChain {
  struct Sealed {
    std::uint64_t events = 0;
    Hash seal;  // leaf hash
  };
  SourceId id;
  std::optional<LeafIndex> registered;  // where its registration is; none: not known (yet)
  std::vector<Sealed> batches;
};

/// Lives as long as the server's process. Draws no dice, so a seed means the same with and without
/// it.
class SimReader {
 public:
  /// `tail` says that the log opened with records that no checkpoint covers: until the next one is
  /// published, positions of sources are as of these (see Log::source).
  SimReader(const state::Storage& storage, const SimFilesystem& disk, std::vector<SourceId> sources,
            bool tail);

  /// Looks at everything. Returns what is wrong at once: a checkpoint that is not durable or older
  /// than one that was seen, a root that the hash files do not lead to, a key event that is not
  /// covered.
  std::optional<std::string> look();
  /// Holds the positions that were seen since against what the sources sent. Returns what is wrong.
  std::optional<std::string> compare(const std::vector<SentChain>& chains);

 private:
  struct Seen {
    TreeSize under;
    SourceId id;
    std::optional<SourceState> position;  // none: not registered
    bool operator==(const Seen& other) const;
  };
  [[nodiscard]] bool is_durable(const std::string& note) const;
  std::optional<std::string> judge(const format::SignedCheckpoint& newest) const;
  void index_leaves();
  std::optional<std::string> compare(const Seen& seen, const SentChain& chain) const;

  const state::Storage& storage_;
  const SimFilesystem& disk_;
  const std::vector<SourceId> sources_;
  std::shared_ptr<const format::SignedCheckpoint> newest_;
  std::optional<TreeSize> ahead_;  // under this one positions may be ahead
  std::vector<Seen> seen_;
  std::map<Hash, std::uint64_t> index_of_;  // leaf hashes below indexed_
  std::uint64_t indexed_ = 0;
};

}  // namespace varve::sim
