// Evidence: one file that answers a question about events and shows, offline, that the answer leaves out
// none. It holds what was asked in clear. docs/format/evidence.md
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/base/result.h"
#include "ledger/base/types.h"
#include "ledger/format/index_row.h"
#include "ledger/merkle/proof.h"

namespace varve::format {

inline constexpr std::string_view kEvidenceTitle = "varve evidence v1";
inline constexpr std::size_t kEvidenceMax = 256u << 20;  // bytes

struct AnswerEvidence {
  struct Entry {
    LeafIndex index;
    Buffer record;  // whole
  };
  struct Asked {
    std::string field;
    std::vector<std::string> values;  // one of these
  };
  enum class Opened : std::uint8_t {
    kShown,  // its rows of what is asked for are here
    kOutside,  // all of its events are outside of the period that is asked for, as its commitment says
    kGone,     // it cannot be opened: its month was disposed of
  };
  struct Index {
    Entry commitment;
    Opened opened = Opened::kShown;
    std::vector<ShownRow> rows;  // of the first condition: docs/format/evidence.md has the order
    std::optional<Entry> disposal =
        {};  // of one that is gone: the record that disposes of its month
  };
  std::vector<Asked> asked;  // all of them hold; the indexes show the first
  std::optional<std::uint64_t> from_us;
  std::optional<std::uint64_t> until_us;
  std::vector<Index> indexes;  // all that the log had, ascending
  std::vector<Entry> events;   // that the rows name, each once, ascending
  merkle::Proof proof;         // merkle::prove_leaves of all these records
  std::string checkpoint;      // a signed note, verbatim
};

/// All records that it holds, each as often as it has it: commitments, disposals, events.
std::vector<const AnswerEvidence::Entry*> records_of(const AnswerEvidence& evidence);

std::string format_evidence(const AnswerEvidence& evidence);
/// Verifies nothing. Errors: kInvalid  not as format_evidence writes it.
Result<AnswerEvidence> parse_evidence(std::string_view text);

}  // namespace varve::format
