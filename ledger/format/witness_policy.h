// C2SP tlog-policy: which witnesses there are, and how many of them have to have cosigned a checkpoint.
// Source: https://c2sp.org/tlog-policy. docs/format/cosignature.md
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/base/result.h"
#include "ledger/format/cosignature.h"

namespace varve::format {

inline constexpr std::size_t kWitnessPolicyMax = 256u << 10;  // bytes
inline constexpr std::size_t kWitnessesMax = 48;              // a note has room for them

struct Witness {
  std::string name;  // in the policy alone
  CosignerKey key;
  std::string url;  // empty: none is named
};

/// A line `log`.
struct LogOfPolicy {
  VerifierKey key;
  std::string url;
};

/// Immutable.
class WitnessPolicy {
 public:
  /// Errors: kInvalid  the line and what is wrong with it.
  static Result<WitnessPolicy> parse(std::string_view text);

  /// As it was parsed.
  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] const std::vector<LogOfPolicy>& logs() const { return logs_; }
  /// In the order of the file.
  [[nodiscard]] const std::vector<Witness>& witnesses() const { return witnesses_; }
  /// The witness that has the key pair of one of these keys of a log: it would remember nothing that the log
  /// does not. Null: none has.
  [[nodiscard]] const Witness* is_the_log_itself(std::span<const VerifierKey> keys) const;
  /// Whether these are enough; `cosigned` has one for each witness.
  [[nodiscard]] bool is_met(const std::vector<bool>& cosigned) const;

 private:
  class Reader;
  struct Group {
    std::size_t needed = 0;
    std::vector<std::size_t> members;  // of nodes_
  };
  struct Node {  // what has a name
    std::string name;
    std::optional<std::size_t> witness;  // or a group
    Group group;
    bool is_member = false;  // of some group
  };
  [[nodiscard]] bool holds(std::size_t node, const std::vector<bool>& cosigned) const;

  std::string text_;
  std::vector<LogOfPolicy> logs_;
  std::vector<Witness> witnesses_;
  std::vector<Node> nodes_;
  std::optional<std::size_t> quorum_;  // none: no cosignature is needed
};

/// Who cosigned a checkpoint, by a policy.
struct Cosigners {
  std::vector<std::optional<Cosignature>> by_witness;  // as WitnessPolicy::witnesses()
  bool is_quorum = false;
};

/// Of a note whose log's own signatures the caller verifies. Who is in no policy counts for nothing.
/// Errors: kInvalid  no note.  kCorrupt  a line has a witness's name and id, and is not by it.
Result<Cosigners> cosigners_of(std::string_view note, const WitnessPolicy& policy);

}  // namespace varve::format
