// Record by record, from the end that is asked for.
#include "ledger/query/page.h"

#include <algorithm>

#include "ledger/format/json.h"
#include "ledger/format/record.h"
#include "ledger/format/tombstone.h"

namespace varve::query {
namespace {

using search::Verdict;

constexpr std::uint64_t kReadAtOnce = 32;  // each at most 64 KiB

/// What it takes as JSON, but for the names of its members.
std::size_t json_size(const events::View& view) {
  std::size_t size = 0;
  for (const search::FieldRow& row : search::kFields)
    for (const std::string& value : search::values_of(view, row.field))
      size += format::json_quoted(value).size();
  return size;
}

class Walk {
 public:
  Walk(const Query& query, LeafIndex at, const LogRecords& log, const Effort& effort)
      : query_(query), log_(log), effort_(effort), from_(at), at_(at) {
    page_.first = page_.end = at;
  }

  Result<Page> run() {
    while (!is_at_the_end() && !is_enough()) RETURN_IF_ERROR(step());
    if (!is_at_the_end()) page_.next = at_;
    (goes_up() ? page_.end : page_.first) = at_;
    return std::move(page_);
  }

 private:
  [[nodiscard]] bool goes_up() const { return query_.order == Order::kOldest; }
  [[nodiscard]] bool is_at_the_end() const {
    return goes_up() ? !contains(log_.size, at_) : at_.value == 0;
  }
  [[nodiscard]] bool is_enough() const {
    return page_.hits.size() >= query_.limit || records_ >= effort_.records ||
           bytes_ >= effort_.bytes || answer_bytes_ >= effort_.answer_bytes || is_stuck_ ||
           (has_moved() && effort_.is_late && effort_.is_late());
  }
  [[nodiscard]] bool has_moved() const { return at_ != from_; }

  Result<void> step() {
    const std::uint64_t left = goes_up() ? log_.size.value - at_.value : at_.value;
    const std::uint64_t count = std::min(left, alone_ != 0 ? 1 : kReadAtOnce);
    const LeafIndex first{goes_up() ? at_.value : at_.value - count};
    auto entries = read_all(first, count);
    if (!entries && count > 1) {
      alone_ = count;
      return {};
    }
    alone_ -= std::min(alone_, count);
    if (!entries) {
      RETURN_IF_ERROR(pass_over(first, std::move(entries).error()));
      if (!is_stuck_) move_on();
      return {};
    }
    if (!goes_up()) std::ranges::reverse(*entries);
    for (Buffer& entry : *entries) {
      if (is_enough()) return {};
      look(LeafIndex{goes_up() ? at_.value : at_.value - 1}, std::move(entry));
      move_on();
    }
    return {};
  }
  void move_on() { goes_up() ? ++at_.value : --at_.value; }

  /// A record that is damaged keeps nobody from those behind it. One that cannot be read now ends the page in
  /// front of it.
  Result<void> pass_over(LeafIndex index, Error why) {
    is_stuck_ = why.code != Code::kCorrupt;
    if (is_stuck_ && !has_moved()) return why;
    if (is_stuck_) return {};
    ++records_;
    page_.unreadable.push_back(index);
    return {};
  }

  [[nodiscard]] Result<std::vector<Buffer>> read_all(LeafIndex first, std::uint64_t count) const {
    std::vector<Buffer> all;
    while (all.size() < count) {
      ASSIGN_OR_RETURN(auto some,
                       log_.read(LeafIndex{first.value + all.size()}, count - all.size()));
      if (some.empty()) return corrupt("the log gives no records");
      std::ranges::move(some, std::back_inserter(all));
    }
    return all;
  }

  void look(LeafIndex index, Buffer entry) {
    ++records_;
    bytes_ += entry.size();
    if (format::is_tombstone(entry)) {
      ++page_.gone;
      return;
    }
    const auto record = format::decode_record(entry);
    if (!record) return page_.unreadable.push_back(index);
    if (record->kind != format::Kind::kEvent) return;
    if (query_.sources && !query_.sources->contains(record->source)) return;
    judge(index, *record, entry);
  }

  void judge(LeafIndex index, const format::Record& record, Buffer& entry) {
    const search::Origin origin{record.source, record.time_us};
    events::Extraction said = search::extraction_of(record);
    bool may = search::judge_unread(query_.question, said, origin) == Verdict::kMaybe;
    std::vector<std::size_t> found;
    for (std::size_t i = 0; i < said.events.size(); ++i) {
      const Verdict verdict = search::judge(query_.question, said, said.events[i], origin);
      may = may || verdict == Verdict::kMaybe;
      if (verdict == Verdict::kYes) found.push_back(i);
    }
    page_.may_answer += may ? 1 : 0;
    page_.count += found.size();
    if (found.empty()) return;
    page_.records.push_back(index);
    if (!query_.counts) give(Hit{index, 0, said.events.size(), origin}, found, said, entry);
  }

  /// As many events of one record as a page has room for, and at least one.
  void give(const Hit& of, const std::vector<std::size_t>& found, events::Extraction& said,
            Buffer& entry) {
    const std::size_t first = page_.hits.size();
    std::size_t size = query_.with_bytes ? (entry.size() + 2) / 3 * 4 : 0;
    for (std::size_t k = 0; k < found.size(); ++k) {
      size += json_size(said.events[found[k]]);
      if (k != 0 && size > effort_.answer_bytes) {
        page_.hits.back().left_out = found.size() - k;
        break;
      }
      page_.hits.push_back(of);
      page_.hits.back().event = found[k];
      page_.hits.back().view = std::move(said.events[found[k]]);
    }
    answer_bytes_ += std::max(entry.size(), size);
    if (query_.with_bytes)
      page_.hits[first].bytes = std::make_shared<const Buffer>(std::move(entry));
  }

  const Query& query_;
  const LogRecords& log_;
  const Effort& effort_;
  const LeafIndex from_;
  LeafIndex at_;  // up: the next one; down: the one above the next
  std::uint64_t records_ = 0;
  std::size_t bytes_ = 0;
  std::size_t answer_bytes_ = 0;
  std::uint64_t alone_ = 0;  // so many could not be read together: each is read by itself
  bool is_stuck_ = false;
  Page page_;
};

}  // namespace

LeafIndex first_page(const Query& query, TreeSize size) {
  return query.order == Order::kNewest ? end_of(size) : LeafIndex{0};
}

Result<Page> find_page(const Query& query, LeafIndex at, const LogRecords& log,
                       const Effort& effort) {
  if (at.value > log.size.value)
    return invalid("the log has " + std::to_string(log.size.value) + " records");
  return Walk(query, at, log, effort).run();
}

}  // namespace varve::query
