// Making, wrapping and unwrapping data keys.
#include "ledger/store/data_keys.h"

#include <algorithm>
#include <chrono>
#include <system_error>

#include "ledger/store/frame_codec.h"
#include "ledger/store/month_keys.h"
#include "ledger/store/remains.h"

namespace varve::store {
namespace {

// Some calls of an ordinary token. With two workers, one waits for the token and one serves the
// others.
constexpr std::chrono::milliseconds kTurn{50};
// More than there are workers to ask.
constexpr std::size_t kWantedMax = 64;

}  // namespace

std::string first_label(const std::string& kek_prefix, KeyPeriod period) {
  return kek_prefix + "/" + key_period_name(period);
}

bool is_gone(const Error& error) {
  return error.code == Code::kNotFound || error.code == Code::kCorrupt;
}

DataKeys::~DataKeys() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
    turn_.notify_all();
  }
  if (helper_.joinable()) helper_.join();
}

Result<env::SecretBytes> DataKeys::create(SegmentHeader& header) {
  RETURN_IF_ERROR(may_make_key_of(header.period()));
  ASSIGN_OR_RETURN(const auto wrapped_anew, read_month_keys(files_, header.period()));
  header.label = wrapped_anew ? wrapped_anew->label : first_label(kek_prefix_, header.period());
  if (header.label.size() > kLabelMax) return invalid("the key label prefix is too long");
  ASSIGN_OR_RETURN(env::SecretBytes key, env::SecretBytes::of_size(kDataKeySize));
  random_.fill(key.mutable_view());
  ASSIGN_OR_RETURN(header.wrapped_key, vault_.wrap(header.label, key.view()));
  RETURN_IF_ERROR(cache_->put(header.ordinal, key.view()));
  return key;
}

/// Looked up once a month: what is disposed of is over, and months do not go back.
Result<void> DataKeys::may_make_key_of(KeyPeriod period) {
  const MutexLock lock(mutex_);
  if (period.number == open_month_) return {};
  ASSIGN_OR_RETURN(const bool disposed, has_remains(files_, period.number));
  if (disposed) return disposed_of(period);
  open_month_ = period.number;
  return {};
}

Result<PinnedKey> DataKeys::unwrap(const SegmentHeader& header) {
  ASSIGN_OR_RETURN(const env::SecretBytes key, unwrap_data_key(files_, vault_, header));
  if (key.view().size() != kDataKeySize)
    return corrupt("a segment's data key has the wrong length");
  return cache_->put(header.ordinal, key.view());
}

Result<PinnedKey> DataKeys::get(const SegmentHeader& header) {
  const std::uint64_t ordinal = header.ordinal;
  const Deadline deadline(kTurn);
  MutexLock lock(mutex_);
  while (!cache_->has(ordinal) && !answered_.contains(ordinal) && !forgotten_.contains(ordinal) &&
         !is_free())
    if (!turn_.wait_until(mutex_, deadline)) break;
  if (forgotten_.contains(ordinal)) return not_found("the segment's month was disposed of");
  if (auto key = cache_->find(ordinal)) return std::move(*key);
  if (auto answer = answered_.extract(ordinal)) return std::move(answer.mapped());
  if (!is_free()) {
    want(header);
    return busy("the token is slow to give the key of a segment");
  }
  begin_turn(header);
  lock.unlock();
  auto key = unwrap(header);
  lock.lock();
  end_turn();
  return key;
}

void DataKeys::forget(const std::set<std::uint64_t>& ordinals) {
  MutexLock lock(mutex_);
  forgotten_.insert(ordinals.begin(), ordinals.end());
  std::erase_if(wanted_, [&](const SegmentHeader& h) { return ordinals.contains(h.ordinal); });
  while (asking_ && ordinals.contains(asked_for_)) turn_.wait(mutex_);
  lock.unlock();  // none of them is put any more, and readers of other segments go on
  cache_->forget(ordinals);
}

void DataKeys::begin_turn(const SegmentHeader& header) {
  asking_ = true;
  asked_for_ = header.ordinal;
}

void DataKeys::end_turn() {
  asking_ = false;
  turn_.notify_all();
}

void DataKeys::want(const SegmentHeader& header) {
  const bool waits = std::ranges::count(wanted_, header.ordinal, &SegmentHeader::ordinal) > 0;
  if (waits || wanted_.size() == kWantedMax) return;
  if (!helper_.joinable()) {
    try {
      helper_ = std::thread([this] { serve_wanted(); });
    } catch (const std::system_error&) {
      return;  // no more threads: then he has to get his turn himself
    }
  }
  wanted_.push_back(header);
  turn_.notify_all();
}

/// While something is wanted, nobody else gets a turn.
void DataKeys::serve_wanted() {
  MutexLock lock(mutex_);
  for (;;) {
    while (!stopping_ && (wanted_.empty() || asking_)) turn_.wait(mutex_);
    if (stopping_) return;
    const SegmentHeader header = std::move(wanted_.front());
    wanted_.pop_front();
    if (cache_->has(header.ordinal)) {
      turn_.notify_all();
      continue;
    }
    begin_turn(header);
    lock.unlock();
    const auto key = unwrap(header);
    lock.lock();
    end_turn();
    if (key) continue;
    if (!is_gone(key.error())) {
      wanted_.clear();  // the token is away: who still wants a key asks again
    } else {
      if (answered_.size() == kWantedMax) answered_.erase(answered_.begin());
      answered_.insert_or_assign(header.ordinal, key.error());
    }
    turn_.notify_all();
  }
}

/// The month's file first. What is in the header serves as long as its own key does.
Result<env::SecretBytes> unwrap_data_key(const env::Filesystem& files, env::KeyVault& vault,
                                         const SegmentHeader& header) {
  const auto month = read_month_keys(files, header.period());
  if (!month && month.error().code != Code::kCorrupt) return month.error();
  std::optional<Error> gone;
  if (const WrappedKey* const anew = month && *month ? (*month)->find(header.ordinal) : nullptr) {
    auto key = vault.unwrap((*month)->label, anew->wrapped);
    if (key || !is_gone(key.error())) return key;
    gone = std::move(key).error();
  }
  auto key = vault.unwrap(header.label, header.wrapped_key);
  if (key || !is_gone(key.error())) return key;
  if (!month) return month.error();
  if (gone && gone->code == Code::kCorrupt) return std::move(*gone);
  return key;
}

}  // namespace varve::store
