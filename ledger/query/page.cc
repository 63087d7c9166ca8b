// Record by record, from the end that is asked for.
#include "ledger/query/page.h"

#include <algorithm>

#include "ledger/format/record.h"
#include "ledger/format/tombstone.h"

namespace varve::query {
namespace {

using search::Verdict;

constexpr std::uint64_t kReadAtOnce = 32;  // each at most 1 MiB

class Walk {
 public:
  Walk(const Query& query, LeafIndex at, const LogRecords& log, const Effort& effort)
      : query_(query), log_(log), effort_(effort), at_(at) {
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
           bytes_ >= effort_.bytes || answer_bytes_ >= effort_.answer_bytes;
  }

  Result<void> step() {
    const std::uint64_t left = goes_up() ? log_.size.value - at_.value : at_.value;
    const std::uint64_t count = std::min(left, kReadAtOnce);
    const LeafIndex first{goes_up() ? at_.value : at_.value - count};
    ASSIGN_OR_RETURN(std::vector<Buffer> entries, read_all(first, count));
    if (!goes_up()) std::ranges::reverse(entries);
    for (Buffer& entry : entries) {
      if (is_enough()) return {};
      RETURN_IF_ERROR(look(LeafIndex{goes_up() ? at_.value : at_.value - 1}, std::move(entry)));
      goes_up() ? ++at_.value : --at_.value;
    }
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

  Result<void> look(LeafIndex index, Buffer entry) {
    ++records_;
    bytes_ += entry.size();
    if (format::is_tombstone(entry)) {
      ++page_.gone;
      return {};
    }
    const auto record = format::decode_record(entry);
    if (!record)
      return corrupt("record " + std::to_string(index.value) + ": " + record.error().message);
    if (record->kind != format::Kind::kEvent) return {};
    if (query_.sources && !query_.sources->contains(record->source)) return {};
    const std::uint64_t before = page_.count;
    judge(index, *record);
    if (page_.count != before && !query_.counts) keep(before, std::move(entry));
    return {};
  }

  void judge(LeafIndex index, const format::Record& record) {
    const search::Origin origin{record.source, record.time_us};
    events::Extraction said = search::extraction_of(record);
    Verdict best =
        said.events.empty() ? search::judge_unread(query_.question, origin) : Verdict::kNo;
    std::vector<std::size_t> found;
    for (std::size_t i = 0; i < said.events.size(); ++i) {
      const Verdict verdict = search::judge(query_.question, said, said.events[i], origin);
      best = std::max(best, verdict);
      if (verdict == Verdict::kYes) found.push_back(i);
    }
    if (best == Verdict::kMaybe) ++page_.may_answer;
    page_.count += found.size();
    if (query_.counts) return;
    for (const std::size_t i : found)
      page_.hits.push_back({index, i, said.events.size(), origin, std::move(said.events[i]), {}});
  }

  /// Of a record whose first event that answers is the one behind so many.
  void keep(std::uint64_t before, Buffer entry) {
    answer_bytes_ += entry.size();
    if (query_.with_bytes)
      page_.hits[before].bytes = std::make_shared<const Buffer>(std::move(entry));
  }

  const Query& query_;
  const LogRecords& log_;
  const Effort& effort_;
  LeafIndex at_;  // up: the next one; down: the one above the next
  std::uint64_t records_ = 0;
  std::size_t bytes_ = 0;
  std::size_t answer_bytes_ = 0;
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
