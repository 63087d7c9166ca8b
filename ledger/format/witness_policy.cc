// Line by line; a name is defined before it is used.
#include "ledger/format/witness_policy.h"

#include <algorithm>

#include "ledger/base/text.h"
#include "ledger/format/lines.h"

namespace varve::format {
namespace {

constexpr std::string_view kBlanks = " \t";
constexpr std::size_t kNodesMax = 1'024;
constexpr std::size_t kLogsMax = 256;

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  for (std::size_t at = line.find_first_not_of(kBlanks); at != std::string_view::npos;
       at = line.find_first_not_of(kBlanks, at)) {
    const std::size_t end = std::min(line.find_first_of(kBlanks, at), line.size());
    words.push_back(line.substr(at, end - at));
    at = end;
  }
  return words;
}

bool has_control(std::string_view line) {
  return std::ranges::any_of(line, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\t') || byte == 0x7f;
  });
}

}  // namespace

class WitnessPolicy::Reader {
 public:
  Result<void> line(std::string_view line) {
    if (has_control(line)) return invalid("it has a control character");
    const auto words = words_of(line);
    if (words.empty() || words[0].starts_with('#')) return {};
    if (words[0] == "log") return log(words);
    if (words[0] == "witness") return witness(words);
    if (words[0] == "group") return group(words);
    if (words[0] == "quorum") return quorum(words);
    return invalid("a line begins with log, witness, group or quorum, not " +
                   std::string(words[0]));
  }

  Result<WitnessPolicy> finish() {
    if (!has_quorum_)
      return invalid("it has no line quorum: write `quorum none` if none is needed");
    return std::move(out_);
  }

 private:
  using Words = std::vector<std::string_view>;

  Result<void> log(const Words& words) {
    if (words.size() < 2 || words.size() > 3) return invalid("a log is `log <vkey> [<url>]`");
    if (out_.logs_.size() == kLogsMax) return invalid("it has too many logs");
    ASSIGN_OR_RETURN(VerifierKey key, parse_vkey(words[1]));
    for (const LogOfPolicy& other : out_.logs_)
      if (other.key.key == key.key) return invalid("that key is another log's already");
    out_.logs_.push_back({std::move(key), std::string(words.size() == 3 ? words[2] : "")});
    return nobody_is_both();
  }

  Result<void> witness(const Words& words) {
    if (words.size() < 3 || words.size() > 4)
      return invalid("a witness is `witness <name> <vkey> [<url>]`");
    if (out_.witnesses_.size() == kWitnessesMax)
      return invalid("it has more than " + std::to_string(kWitnessesMax) + " witnesses");
    ASSIGN_OR_RETURN(CosignerKey key, parse_cosigner_vkey(words[2]));
    for (const Witness& other : out_.witnesses_)
      if (other.key.key == key.key)
        return invalid("that key is the witness " + other.name + "'s already");
    RETURN_IF_ERROR(define(words[1], {std::string(words[1]), out_.witnesses_.size(), {}, false}));
    out_.witnesses_.push_back(
        {std::string(words[1]), std::move(key), std::string(words.size() == 4 ? words[3] : "")});
    return nobody_is_both();
  }

  Result<void> nobody_is_both() const {
    for (const LogOfPolicy& log : out_.logs_)
      if (const Witness* const one = out_.is_the_log_itself({&log.key, 1}))
        return invalid("the witness " + one->name +
                       " has the key of a line `log`: nobody is a "
                       "witness of a log with its own key");
    return {};
  }

  Result<void> group(const Words& words) {
    if (words.size() < 4) return invalid("a group is `group <name> all|any|<k> <name>...`");
    Group group;
    for (std::size_t i = 3; i < words.size(); ++i) {
      ASSIGN_OR_RETURN(const std::size_t node, find(words[i]));
      if (std::exchange(out_.nodes_[node].is_member, true))
        return invalid(std::string(words[i]) + " is a member already, and can be one only once");
      group.members.push_back(node);
    }
    ASSIGN_OR_RETURN(group.needed, needed(words[2], group.members.size()));
    return define(words[1], {std::string(words[1]), {}, std::move(group), false});
  }

  static Result<std::size_t> needed(std::string_view word, std::size_t members) {
    if (word == "all") return members;
    if (word == "any") return std::size_t{1};
    const auto number = decode_decimal(word);
    if (!number || *number < 1 || *number > members)
      return invalid("a group needs all, any, or from 1 to " + std::to_string(members) +
                     " of its members, not " + std::string(word));
    return static_cast<std::size_t>(*number);
  }

  Result<void> quorum(const Words& words) {
    if (words.size() != 2) return invalid("the quorum is `quorum <name>` or `quorum none`");
    if (std::exchange(has_quorum_, true)) return invalid("there is one line quorum");
    if (words[1] == "none") return {};
    ASSIGN_OR_RETURN(out_.quorum_, find(words[1]));
    return {};
  }

  Result<std::size_t> find(std::string_view name) const {
    const auto found = std::ranges::find(out_.nodes_, name, &Node::name);
    if (found == out_.nodes_.end())
      return invalid(std::string(name) + " is no witness or group of a line above");
    return static_cast<std::size_t>(found - out_.nodes_.begin());
  }

  Result<void> define(std::string_view name, Node node) {
    if (name == "none" || find(name))
      return invalid("the name " + std::string(name) + " is taken already");
    if (out_.nodes_.size() == kNodesMax) return invalid("it has too many names");
    out_.nodes_.push_back(std::move(node));
    return {};
  }

  WitnessPolicy out_;
  bool has_quorum_ = false;
};

Result<WitnessPolicy> WitnessPolicy::parse(std::string_view text) {
  if (text.size() > kWitnessPolicyMax) return invalid("the witness policy is larger than 256 KiB");
  const std::string whole(text);
  Reader reader;
  std::size_t number = 0;
  while (!text.empty()) {
    ++number;
    const auto line = take_line(text);
    auto read = line ? reader.line(*line) : invalid("the last line has no newline");
    if (!read)
      return invalid("line " + std::to_string(number) +
                     " of the witness policy: " + read.error().message);
    if (!line) break;
  }
  auto policy = reader.finish();
  if (!policy) return invalid("the witness policy: " + policy.error().message);
  policy->text_ = whole;
  return policy;
}

const Witness* WitnessPolicy::is_the_log_itself(std::span<const VerifierKey> keys) const {
  for (const Witness& witness : witnesses_)
    for (const VerifierKey& key : keys)
      if (key.algorithm == Algorithm::kEd25519 && key.key == witness.key.key) return &witness;
  return nullptr;
}

bool WitnessPolicy::holds(std::size_t node, const std::vector<bool>& cosigned) const {
  const Node& named = nodes_[node];
  if (named.witness) return cosigned[*named.witness];
  const auto count = std::ranges::count_if(
      named.group.members, [&](std::size_t member) { return holds(member, cosigned); });
  return static_cast<std::size_t>(count) >= named.group.needed;
}

bool WitnessPolicy::is_met(const std::vector<bool>& cosigned) const {
  return !quorum_ || holds(*quorum_, cosigned);
}

Result<Cosigners> cosigners_of(std::string_view note, const WitnessPolicy& policy) {
  ASSIGN_OR_RETURN(const Note parsed, parse_note(note));
  Cosigners found;
  std::vector<bool> cosigned;
  for (const Witness& witness : policy.witnesses()) {
    ASSIGN_OR_RETURN(auto cosignature, cosignature_of(parsed, witness.key));
    cosigned.push_back(cosignature.has_value());
    found.by_witness.push_back(std::move(cosignature));
  }
  found.is_quorum = policy.is_met(cosigned);
  return found;
}

}  // namespace varve::format
