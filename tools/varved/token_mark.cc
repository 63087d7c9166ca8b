// The slots of the mark file, each in an object of its own.
#include "tools/varved/token_mark.h"

#include <optional>
#include <utility>

#include "ledger/base/later_format.h"
#include "ledger/base/mutex.h"
#include "ledger/base/trouble.h"
#include "ledger/store/mark_file.h"

namespace varve::tools {
namespace {

/// What the two objects hold.
struct Slots {
  std::size_t objects = 0;
  std::optional<store::MarkSlot> newest;
};

class TokenMark final : public env::HighWaterMark {
 public:
  TokenMark(hsm::Token& token, const std::string& name)
      : token_(token), prefix_("varve/" + name + "/mark.") {}

  /// Whether objects can be kept here at all. That what is kept cannot be read is another error.
  Result<void> check() {
    const MutexLock lock(mutex_);
    ASSIGN_OR_RETURN(const Slots slots, read_slots());
    if (slots.objects > 0) return {};
    auto tried = token_.try_data(prefix_ + "probe");
    if (!tried && tried.error().code == Code::kIo) return not_found(tried.error().message);
    return tried;
  }

  [[nodiscard]] Result<std::vector<env::Mark>> read() const override {
    const MutexLock lock(mutex_);
    ASSIGN_OR_RETURN(const Slots slots, read_slots());
    std::vector<env::Mark> marks;
    if (slots.newest) marks.push_back(slots.newest->mark);
    return marks;
  }

  Result<void> write(const env::Mark& mark) override {
    const MutexLock lock(mutex_);
    ASSIGN_OR_RETURN(const Slots slots,
                     read_slots());  // a server on a copy of the store writes here too
    std::uint64_t number = 0;
    if (slots.newest) {
      RETURN_IF_ERROR(
          env::may_replace(slots.newest->mark, mark, "the token's mark " + prefix_ + "*"));
      number = slots.newest->number + 1;
    }
    return token_.write_data(label(number % 2), store::encode_mark_slot({number, mark}));
  }

 private:
  [[nodiscard]] std::string label(std::uint64_t slot) const {
    return prefix_ + std::to_string(slot);
  }

  /// A token makes an object whole or not at all, and never both of them at once.
  [[nodiscard]] Result<Slots> read_slots() const REQUIRES(mutex_) {
    Slots slots;
    for (const std::uint64_t slot : {0, 1}) {
      ASSIGN_OR_RETURN(const auto values, token_.read_data(label(slot)));
      slots.objects += values.size();
      for (const Buffer& value : values) {
        const auto decoded = store::decode_mark_slot(value);
        if (!decoded && is_trouble(decoded.error()))
          return in_file(decoded.error(), label(slot) + " of the token");
        if (decoded && (!slots.newest || slots.newest->number < decoded->number))
          slots.newest = *decoded;
      }
    }
    if (!slots.newest && slots.objects > 0)
      return corrupt("the high-water mark in the token, " + prefix_ +
                     "*, is damaged: remove these "
                     "data objects only when it is known otherwise that the store is complete");
    return slots;
  }

  hsm::Token& token_;
  const std::string prefix_;
  mutable Mutex mutex_;  // one read or write at a time
};

}  // namespace

Result<std::unique_ptr<env::HighWaterMark>> token_mark(hsm::Token& token, const std::string& name) {
  auto mark = std::make_unique<TokenMark>(token, name);
  RETURN_IF_ERROR(mark->check());
  return std::unique_ptr<env::HighWaterMark>(std::move(mark));
}

}  // namespace varve::tools
