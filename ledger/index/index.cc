// Rows, their tree, and what is shown of them.
#include "ledger/index/index.h"

#include <algorithm>
#include <utility>

#include "ledger/base/check.h"
#include "ledger/base/codec.h"
#include "ledger/events/extract.h"
#include "ledger/merkle/tree.h"

namespace varve::index {
namespace {

/// What follows from the month's secret, for one use.
Hash derive(std::string_view use, const format::MonthSecret& secret, Bytes of) {
  Buffer bytes;
  ByteWriter(bytes).text(use).hash(secret.secret).bytes(of);
  return merkle::sha256(bytes);
}

VrfKey vrf_key(const format::MonthSecret& secret) {
  Buffer seed;
  ByteWriter(seed)
      .hash(derive("varve index key v1 a\n", secret, {}))
      .hash(derive("varve index key v1 b\n", secret, {}));
  return VrfKey::from_seed(seed);
}

Hash nonce_of(const format::MonthSecret& secret, std::uint64_t number, const VrfOutput& token) {
  Buffer row;
  ByteWriter(row).u64(number).bytes(token);
  return derive("varve index nonce v1\n", secret, row);
}

/// Who does not have the nonce cannot tell which records these are.
Hash content_of(const Hash& nonce, const std::vector<std::uint64_t>& records) {
  Buffer bytes;
  ByteWriter out(bytes);
  out.text("varve index row v1\n").hash(nonce);
  for (const std::uint64_t record : records) out.u64(record);
  return merkle::sha256(bytes);
}

Hash leaf_of(const VrfOutput& token, const Hash& content) {
  Buffer bytes;
  ByteWriter(bytes).bytes(token).hash(content);
  return merkle::leaf_hash(bytes);
}

class Levels final : public merkle::HashReader {
 public:
  explicit Levels(const std::vector<std::vector<Hash>>& levels) : levels_(levels) {}
  [[nodiscard]] Result<Hash> node(merkle::NodeId id) const override {
    if (id.height >= levels_.size() || id.index >= levels_[id.height].size())
      return not_found("that subtree is not complete");
    return levels_[id.height][id.index];
  }

 private:
  const std::vector<std::vector<Hash>>& levels_;
};

std::vector<std::vector<Hash>> levels_over(std::vector<Hash> leaves) {
  std::vector<std::vector<Hash>> levels{std::move(leaves)};
  while (levels.back().size() > 1) {
    const std::vector<Hash>& below = levels.back();
    std::vector<Hash> level;
    for (std::size_t i = 0; i + 1 < below.size(); i += 2)
      level.push_back(merkle::node_hash(below[i], below[i + 1]));
    levels.push_back(std::move(level));
  }
  return levels;
}

Result<void> are_ascending(const format::IndexCommitment& index,
                           const std::vector<std::uint64_t>& records) {
  if (records.empty()) return invalid("a row has no records");
  if (std::ranges::adjacent_find(records, std::ranges::greater_equal{}) != records.end())
    return invalid("the records of a row are not in order");
  if (records.front() < index.first.value || records.back() >= index.end.value)
    return invalid("a row has a record that the index is not of");
  return {};
}

/// Between these rows, which are neighbours, there is no place for another.
Result<void> are_around(const format::IndexCommitment& index, const VrfOutput& token,
                        const format::ShownRow& row) {
  const auto& neighbours = row.neighbours;
  const std::uint64_t count = neighbours.size();
  if (count == 0 || count > 2 || row.place >= index.rows || count > index.rows - row.place)
    return invalid("the rows beside a row that is absent are none of the index's");
  const bool at_start = row.place == 0 && token < neighbours.front().token;
  const bool at_end = row.place + count == index.rows && neighbours.back().token < token;
  const bool between =
      count == 2 && neighbours.front().token < token && token < neighbours.back().token;
  if (count == 1 ? at_start || at_end : between) return {};
  return corrupt("a row is called absent, and the rows that are shown leave room for it");
}

}  // namespace

void IndexBuilder::add(LeafIndex index, const format::Record& record) {
  const auto terms = terms_of(scope_, record);
  if (!terms) return;
  ++events_;
  earliest_us_ = std::min(earliest_us_, terms->earliest_us);
  latest_us_ = std::max(latest_us_, terms->latest_us);
  for (const TermInput& term : terms->terms) rows_[term].push_back(index.value);
  entries_ += terms->terms.size();
}

Index::Index(VrfKey key, std::vector<Row> rows, format::IndexCommitment commitment)
    : key_(std::move(key)), rows_(std::move(rows)), commitment_(std::move(commitment)) {
  std::vector<Hash> leaves;
  for (const Row& row : rows_) leaves.push_back(leaf_of(row.token, row.content));
  commitment_.rows = rows_.size();
  commitment_.root = merkle::root_of(leaves);
  commitment_.key = key_.public_key();
  levels_ = levels_over(std::move(leaves));
}

Result<Index> Index::make(IndexBuilder built, const format::MonthSecret& secret, LeafIndex first,
                          LeafIndex end, const GoesOn& goes_on) {
  CHECK(built.events_ > 0 && secret.month == built.of_.month);
  VrfKey key = vrf_key(secret);
  std::vector<Row> rows;
  rows.reserve(built.rows_.size());
  for (auto& [term, records] : built.rows_) {
    if (!goes_on()) return busy("the index is not made to its end");
    const VrfOutput token = key.evaluate(term.view());
    const Hash nonce = nonce_of(secret, built.scope_.number, token);
    const Hash content = content_of(nonce, records);
    rows.push_back({token, nonce, content, std::move(records)});
  }
  std::ranges::sort(rows, {}, &Row::token);
  format::IndexCommitment says{built.scope_.origin,
                               built.scope_.number,
                               built.of_.month,
                               built.of_.mode,
                               events::kExtractorVersion,
                               first,
                               end,
                               built.events_,
                               built.earliest_us_,
                               built.latest_us_,
                               0,
                               {},
                               {}};
  return Index(std::move(key), std::move(rows), std::move(says));
}

format::ShownRow Index::show(const TermInput& term) const {
  format::ShownRow out;
  const VrfOutput token = key_.evaluate(term.view());
  out.term = key_.prove(term.view());
  auto at = std::ranges::lower_bound(rows_, token, {}, &Row::token);
  std::uint64_t count = 1;
  if (at != rows_.end() && at->token == token) {
    out.there = {at->nonce, at->records};
  } else {
    if (at != rows_.begin()) {
      count = at == rows_.end() ? 1 : 2;
      --at;
    }
    for (std::uint64_t k = 0; k < count; ++k)
      out.neighbours.push_back(
          {at[static_cast<std::ptrdiff_t>(k)].token, at[static_cast<std::ptrdiff_t>(k)].content});
  }
  out.place = static_cast<std::uint64_t>(at - rows_.begin());
  auto path =
      merkle::prove_range(LeafIndex{out.place}, count, TreeSize{rows_.size()}, Levels(levels_));
  CHECK(path);
  out.path = std::move(*path);
  return out;
}

Result<std::vector<std::uint64_t>> open_row(const format::IndexCommitment& index,
                                            const TermInput& term, const format::ShownRow& row) {
  ASSIGN_OR_RETURN(const VrfOutput token, verify_vrf(index.key, term.view(), row.term));
  std::vector<Hash> leaves;
  if (row.there) {
    if (!row.neighbours.empty()) return invalid("a row that is there has rows beside it");
    RETURN_IF_ERROR(are_ascending(index, row.there->records));
    leaves.push_back(leaf_of(token, content_of(row.there->nonce, row.there->records)));
  } else {
    RETURN_IF_ERROR(are_around(index, token, row));
    for (const format::IndexRow& neighbour : row.neighbours)
      leaves.push_back(leaf_of(neighbour.token, neighbour.content));
  }
  const auto in_tree = merkle::verify_range(leaves, LeafIndex{row.place}, TreeSize{index.rows},
                                            row.path, index.root);
  if (!in_tree) return corrupt("a row is not the index's: " + in_tree.error().message);
  return row.there ? row.there->records : std::vector<std::uint64_t>{};
}

}  // namespace varve::index
