// From entries to frames, and from frames to segments.
#include "ledger/upkeep/restored_store.h"

#include <algorithm>
#include <utility>

#include "ledger/base/key_period.h"
#include "ledger/format/record.h"
#include "ledger/state/remains_check.h"
#include "ledger/store/frame_body.h"
#include "ledger/store/frame_codec.h"
#include "ledger/store/kek_label.h"
#include "ledger/store/remains.h"
#include "ledger/store/segment_decryptor.h"
#include "ledger/store/segment_files.h"

namespace varve::upkeep {
namespace {

constexpr std::uint64_t kRestoredFrame = 4u << 20;  // of records in a frame
constexpr std::size_t kNoKeySize = 40;              // as a wrapped key has

/// Where an entry is from: the same of all that were destroyed together.
Result<std::optional<format::Tombstone>> grave_of(Bytes entry) {
  if (!format::is_tombstone(entry)) return std::optional<format::Tombstone>{};
  ASSIGN_OR_RETURN(format::Tombstone tombstone, format::decode_tombstone(entry));
  tombstone.leaf = {};
  return std::optional(tombstone);
}

/// The server may have named the disposal between two requests of whoever mirrored it.
bool is_same_grave(const format::Tombstone& a, const format::Tombstone& b) {
  return a.month == b.month && a.segment == b.segment &&
         (a.disposal.has_value() != b.disposal.has_value() || a == b);
}

}  // namespace

RestoredStore::RestoredStore(const LogOptions& options, const Environment& environment,
                             const rules::Retention& retention, std::uint64_t newest_us)
    : options_(options),
      env_(environment),
      retention_(retention),
      newest_us_(newest_us),
      data_keys_(environment.files, environment.vault, environment.random, options.kek_prefix) {}

std::uint64_t RestoredStore::created_us() const {
  return std::max(env_.clock.now_us(), newest_us_);
}

/// Not before the first log was there: a clock that lost its battery says less.
std::uint32_t RestoredStore::present_month() const {
  return retention_.month_of_reading(std::max(created_us(), rules::kReadingMinUs));
}

/// In a log without clock records nothing says it: then it is the month of the restore.
std::uint32_t RestoredStore::month_of(LeafIndex index) const {
  const rules::Month* const month = retention_.month_of(index);
  return month != nullptr ? month->month : present_month();
}

Result<void> RestoredStore::add(LeafIndex index, Bytes entry) {
  ASSIGN_OR_RETURN(const auto grave, grave_of(entry));
  const bool is_kept =
      !grave && format::row_of(format::decode_record(entry)->kind).fate == format::Fate::kKept;
  const std::uint32_t month = month_of(index);
  const auto known = destroyed_.find(month);
  if (grave || is_kept || known == destroyed_.end()) return add(entry, grave, is_kept, month);
  format::Tombstone late = known->second;  // no key is made for that month again
  late.leaf = merkle::leaf_hash(entry);
  return add(format::encode_tombstone(late), known->second, false, month);
}

Result<void> RestoredStore::add(Bytes entry, const std::optional<format::Tombstone>& grave,
                                bool is_kept, std::uint32_t month) {
  const bool is_same = grave && grave_ ? is_same_grave(*grave, *grave_) : grave == grave_;
  if (segment_ && (month != month_ || (!is_kept && !is_same))) RETURN_IF_ERROR(seal());
  if (segment_ && grave && grave->disposal) grave_ = grave;
  if (!segment_ && is_kept) {
    waiting_.push_back(to_buffer(entry));
    return {};
  }
  if (!segment_) RETURN_IF_ERROR(open_segment(grave, month));
  RETURN_IF_ERROR(put(entry, grave.has_value()));
  // A batch lies in one segment: its seal is checked against the events before it.
  if (is_kept && segment_->end().value >= options_.segment_bytes_max) RETURN_IF_ERROR(seal());
  return {};
}

/// The last segment is open, so it is under a key that exists: not under one of a month that was
/// destroyed, even if the log ends in it.
Result<void> RestoredStore::finish(TreeSize size, const std::string& note) {
  if (segment_ && grave_) RETURN_IF_ERROR(seal());
  const std::uint32_t month = month_of(LeafIndex{size.value - 1});
  const bool is_gone = destroyed_.contains(month);
  if (!segment_) RETURN_IF_ERROR(open_segment({}, is_gone ? present_month() : month));
  RETURN_IF_ERROR(flush());
  ASSIGN_OR_RETURN(const store::FrameRef frame, segment_->write_checkpoint(size, note));
  static_cast<void>(frame);
  RETURN_IF_ERROR(segment_->sync());
  ++next_ordinal_;
  return {};
}

Result<void> RestoredStore::put(Bytes entry, bool is_tombstone) {
  if (count_ == 0) body_ = store::encode_requests({});
  format::append_to_bundle(body_, entry);
  ASSIGN_OR_RETURN(const std::vector<Hash> leaf, store::leaves_of({entry}));
  leaves_.push_back(leaf.front());
  ++count_;
  if (grave_) remains_.push_back(is_tombstone ? to_buffer(leaf.front().view()) : to_buffer(entry));
  if (body_.size() < std::min(kRestoredFrame, options_.segment_bytes_max)) return {};
  return flush();
}

/// What waited comes first.
Result<void> RestoredStore::open_segment(const std::optional<format::Tombstone>& grave,
                                         std::uint32_t month) {
  grave_ = grave;
  month_ = month;
  store::SegmentHeader header;
  header.ordinal = next_ordinal_;
  header.first = end_of(tree_.size());
  header.key_minutes = retention_.key_period(month).minutes;
  header.created_us = created_us();
  header.origin = merkle::sha256(bytes_of(options_.origin));
  header.previous = chain_;
  ASSIGN_OR_RETURN(env::SecretBytes key, key_of(header, month));
  ASSIGN_OR_RETURN(segment_, store::SegmentWriter::create(env_.files, header, std::move(key)));
  frames_.clear();
  for (const Buffer& entry : std::exchange(waiting_, {})) RETURN_IF_ERROR(put(entry, false));
  return {};
}

/// Of what was destroyed: a key that is nowhere kept, under a label that no token has.
Result<env::SecretBytes> RestoredStore::key_of(store::SegmentHeader& header, std::uint32_t month) {
  if (!grave_) {
    header.month = month;
    return data_keys_.create(header);
  }
  ASSIGN_OR_RETURN(auto key, env::SecretBytes::of_size(store::kDataKeySize));
  env_.random.fill(key.mutable_view());
  destroyed_.emplace(grave_->month, *grave_);
  header.month = grave_->month;
  header.label = store::first_label(options_.kek_prefix, header.period()) + store::kDestroyedLabel;
  header.wrapped_key.assign(kNoKeySize, std::byte{0});
  return key;
}

/// Of a sealed segment. Where the record that the tombstones name disposes of it, its file goes at once: nobody
/// can decrypt it. A mirror that ends before that record has only the word of who made it.
Result<void> RestoredStore::write_remains(const store::SegmentHeader& header) {
  store::Remains remains{header.month, header.ordinal, header.first, grave_->destroyed_us,
                         std::exchange(remains_, {})};
  if (!grave_->disposal) return store::keep(env_.files, remains);
  if (const auto by = state::disposed_of(retention_, header.month)) {
    store::RemainsHead head = store::head_of(remains);
    head.period = header.period();
    head.made_us = by->destroyed_us;
    head.disposal = grave_->disposal;
    if (state::check_remains(head, *by)) {
      remains.made_us = by->destroyed_us;
      RETURN_IF_ERROR(store::complete_remains(env_.files, std::move(remains), by->disposal));
      return store::remove_segment_file(env_.files, header.ordinal);
    }
  }
  remains.made_us = std::max(created_us(), end_of_key_period_us(header.period()));
  return store::keep(env_.files, remains);
}

Result<void> RestoredStore::flush() {
  if (count_ == 0) return {};
  const store::Piece piece{std::exchange(body_, {}), {}};
  ASSIGN_OR_RETURN(
      const store::FrameRef frame,
      segment_->write_records(end_of(tree_.size()), std::exchange(count_, 0), {&piece, 1}));
  frames_.push_back(frame);
  tree_.append_all(std::exchange(leaves_, {}));
  return {};
}

Result<void> RestoredStore::seal() {
  RETURN_IF_ERROR(flush());
  RETURN_IF_ERROR(segment_->sync());  // the footer must not outlive the frames it speaks of
  chain_ = segment_->chain();
  RETURN_IF_ERROR(
      segment_->seal({end_of(tree_.size()), segment_->end(), chain_, tree_.root(), frames_, {}}));
  const store::SegmentHeader header = segment_->header();
  segment_.reset();
  ++next_ordinal_;
  return grave_ ? write_remains(header) : Result<void>();
}

}  // namespace varve::upkeep
