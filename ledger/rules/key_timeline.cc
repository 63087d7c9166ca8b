// Which keys were active after each event.
#include "ledger/rules/key_timeline.h"

namespace varve::rules {

KeyTimeline::KeyTimeline(const format::VerifierKey& first)
    : first_(first), history_(KeyHistory::trusting(first.name, first)) {}

Result<void> KeyTimeline::apply(LeafIndex index, std::string_view note) {
  if (events_.empty() && index.value != 0)
    return invalid("the first key event must be record 0, not record " +
                   std::to_string(index.value));
  if (!events_.empty() && index <= events_.back().index)
    return invalid("key events must come in the order of the log");
  RETURN_IF_ERROR(history_.apply(note));
  events_.push_back({index, std::string(note)});
  active_after_.push_back(history_.active());
  return {};
}

std::vector<format::VerifierKey> KeyTimeline::active_at(TreeSize size) const {
  std::vector<format::VerifierKey> keys{first_};
  for (std::size_t i = 0; i < events_.size() && contains(size, events_[i].index); ++i)
    keys = active_after_[i];
  return keys;
}

std::vector<format::VerifierKey> KeyTimeline::keys_at(TreeSize size) const {
  std::vector<format::VerifierKey> keys = active_at(size);
  std::erase_if(keys, [&](const auto& key) { return !history_.counts(key, size); });
  return keys;
}

}  // namespace varve::rules
