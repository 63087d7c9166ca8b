// Whatever is there was written by this process, or it stops.
#include "ledger/witness/guarded_mark.h"

#include "ledger/base/text.h"
#include "ledger/merkle/tree.h"

namespace varve::witness {
namespace {

/// A copy of the state that was put back would cosign what the witness has refused since.
Result<void> hold_against(const std::vector<env::Mark>& marks, const env::Mark& now) {
  RETURN_IF_ERROR(env::are_of(marks, now.log));
  for (const env::Mark& mark : marks) {
    if (now.size < mark.size)
      return worm("the state is older than its high-water mark: it has " +
                  std::to_string(now.size.value) + " writes, and had " +
                  std::to_string(mark.size.value) +
                  ": put the newest state back; without it this key must not cosign again");
    if (now.size == mark.size && now.root != mark.root)
      return worm("the state is another one than its high-water mark was made of, after " +
                  std::to_string(now.size.value) +
                  " writes: put back the one that ran last with this key");
  }
  return {};
}

}  // namespace

GuardedMark::GuardedMark(env::HighWaterMark* place, const format::CosignerKey& key)
    : place_(place), id_(merkle::sha256(bytes_of(format::format_cosigner_vkey(key)))) {}

env::Mark GuardedMark::mark_of(const store::WitnessCount& count) const {
  return {id_, TreeSize{count.rows}, count.chain};
}

Result<void> GuardedMark::open(store::WitnessState& state) {
  ASSIGN_OR_RETURN(const bool was_marked, state.is_marked());
  const bool is_marked = place_ != nullptr;
  if (is_marked) {
    ASSIGN_OR_RETURN(const store::WitnessCount count, state.count());
    ASSIGN_OR_RETURN(const auto marks, place_->read());
    if (marks.empty() && was_marked)
      return worm(
          "the high-water mark is gone: mount its disk, or put back a copy of it; when it is lost, "
          "and the "
          "state is known to be the newest, start once without high_water_mark");
    RETURN_IF_ERROR(hold_against(marks, mark_of(count)));
    RETURN_IF_ERROR(advance(count));
  }
  return is_marked == was_marked ? Result<void>() : state.set_marked(is_marked);
}

Result<void> GuardedMark::check() {
  if (has_double_)
    return worm("another process cosigns with this witness's key: find it before either goes on");
  if (place_ == nullptr) return {};
  ASSIGN_OR_RETURN(const auto marks, place_->read());
  if (marks.empty()) return worm("the high-water mark is gone: mount its disk again");
  for (const env::Mark& mark : marks)
    has_double_ = has_double_ || (mark != written_ && mark != tried_);
  return has_double_ ? check() : Result<void>();
}

Result<void> GuardedMark::advance(const store::WitnessCount& count) {
  if (place_ == nullptr) return {};
  tried_ = mark_of(count);
  RETURN_IF_ERROR(place_->write(tried_));
  written_ = tried_;
  return {};
}

}  // namespace varve::witness
