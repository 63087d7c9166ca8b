// Which cosignatures there are of which checkpoint.
#include "api/outbound/witness_rounds.h"

#include <algorithm>

#include "ledger/base/check.h"

namespace varve::api {

void WitnessRounds::begin(std::shared_ptr<const format::SignedCheckpoint> checkpoint) {
  if (!rounds_.empty() && rounds_.back().checkpoint->checkpoint == checkpoint->checkpoint) {
    rounds_.back().checkpoint = std::move(checkpoint);
    return;
  }
  rounds_.push_back({std::move(checkpoint), {}});
  rounds_.back().cosignatures.resize(policy_.witnesses().size());
  if (rounds_.size() > kRoundsMax) rounds_.pop_front();
}

std::shared_ptr<const format::SignedCheckpoint> WitnessRounds::current() const {
  return rounds_.empty() ? nullptr : rounds_.back().checkpoint;
}

std::optional<Witnessed> WitnessRounds::add(const format::Checkpoint& tree, std::size_t witness,
                                            format::Cosignature cosignature) {
  CHECK(witness < policy_.witnesses().size());
  const auto round = std::ranges::find_if(
      rounds_, [&](const Round& one) { return one.checkpoint->checkpoint == tree; });
  if (round == rounds_.end()) return std::nullopt;  // long over
  auto& known = round->cosignatures[witness];
  if (!known || known->time_s < cosignature.time_s) known = std::move(cosignature);
  if (tree.size < witnessed_ || !has_quorum(*round)) return std::nullopt;
  witnessed_ = tree.size;
  return Witnessed{tree.size, note_of(*round)};
}

bool WitnessRounds::has_quorum(const Round& round) const {
  std::vector<bool> cosigned;
  for (const auto& one : round.cosignatures) cosigned.push_back(one.has_value());
  return policy_.is_met(cosigned);
}

std::string WitnessRounds::note_of(const Round& round) {
  auto note = format::parse_note(round.checkpoint->note);
  CHECK(note.has_value());  // the log's own
  for (const auto& one : round.cosignatures)
    if (one) note->signatures.push_back(one->line);
  return format::format_note(*note);
}

}  // namespace varve::api
