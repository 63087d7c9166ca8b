// A walk over the B+ trees of an LMDB file. All numbers are those of the machine.
//
//   page 0, 1   meta pages, written in turn; the one with the higher transaction counts
//   page        16 bytes of header, 2 for each node that say where it is, free space, nodes
//   branch      a node for each child: its least key (none for the first), its page
//   leaf        a node for each row: key, and the row or the first of its overflow pages
//   trees       free pages by transaction; main, whose rows are the roots of the named tables
#include "ledger/store/lmdb_file.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ledger/store/read_derived.h"

namespace varve::store {
namespace lmdb {
namespace {

static_assert(std::endian::native == std::endian::little && sizeof(std::size_t) == 8);

constexpr std::uint32_t kMagic = 0xbeefc0de;
constexpr std::uint32_t kDataVersion = 1;
constexpr std::uint64_t kMetaPages = 2;
constexpr std::size_t kMetaSize = 152;  // with the page's header
constexpr std::size_t kHeaderSize = 16;
constexpr std::size_t kNodeSize = 8;  // before key and data
constexpr std::size_t kTreeSize = 48;
constexpr std::size_t kKeyMax = 511;
constexpr unsigned kDepthMax = 16;
constexpr std::uint64_t kNoRoot = ~std::uint64_t{0};

enum PageFlag : std::uint16_t { kBranch = 1, kLeaf = 2, kOverflow = 4, kMeta = 8 };
enum NodeFlag : std::uint16_t { kPlain = 0, kBig = 1, kSubTree = 2 };
constexpr std::uint16_t kIntegerKeys = 8;  // of the tree of free pages; no other tree has flags

template <class T>
T load(Bytes bytes, std::size_t at) {
  T value{};
  std::memcpy(&value, bytes.subspan(at, sizeof(T)).data(), sizeof(T));
  return value;
}

struct Tree {
  std::uint16_t flags;
  std::uint16_t depth;
  std::uint64_t entries;
  std::uint64_t root;
};

Tree load_tree(Bytes bytes, std::size_t at) {
  return {load<std::uint16_t>(bytes, at + 4), load<std::uint16_t>(bytes, at + 6),
          load<std::uint64_t>(bytes, at + 32), load<std::uint64_t>(bytes, at + 40)};
}

struct Node {
  std::uint64_t number;  // branch: the child; leaf: 32 bits for the data's size, then flags
  Bytes key;
  Bytes data;  // leaf: what stands in the page

  [[nodiscard]] std::uint64_t flags() const { return number >> 32; }
  [[nodiscard]] std::size_t data_size() const { return number & 0xffffffff; }
};

/// Of the node at `at`, with its key and what stands of its data in the page. Requires its first 8
/// bytes.
std::size_t node_size(Bytes page, std::size_t at, bool leaf) {
  const auto head = load<std::uint64_t>(page, at);
  const std::size_t key = head >> 48;
  const bool big = (head >> 32 & 0xffff) == kBig;
  const std::size_t data = !leaf ? 0 : big ? sizeof(std::uint64_t) : head & 0xffffffff;
  return kNodeSize + key + data;
}

/// Requires that all of it lies in the page.
Node load_node(Bytes page, std::size_t at, bool leaf) {
  const auto head = load<std::uint64_t>(page, at);
  const Bytes body = page.subspan(at + kNodeSize, node_size(page, at, leaf) - kNodeSize);
  const std::size_t key = head >> 48;
  return {head & 0xffffffffffff, body.first(key), body.subspan(key)};
}

/// What is between the keys of a branch belongs to one child. No value: no limit.
struct Range {
  std::optional<Bytes> low;   // the least key
  std::optional<Bytes> high;  // less than this
};

class FileCheck {
 public:
  FileCheck(const env::File& file, std::span<const char* const> tables, std::string_view name)
      : file_(file), name_(name), tables_(tables.begin(), tables.end()) {}

  Result<void> run() {
    ASSIGN_OR_RETURN(const Buffer meta, newest_meta());
    used_.assign(pages_, false);
    RETURN_IF_ERROR(claim(0, kMetaPages, 0));
    RETURN_IF_ERROR(walk(Kind::kFree, load_tree(meta, 40)));
    RETURN_IF_ERROR(walk(Kind::kMain, load_tree(meta, 88)));
    if (!found_.empty() && !tables_.empty()) return wrong(0, "a table is missing");
    for (const Tree& table : found_) RETURN_IF_ERROR(walk(Kind::kTable, table));
    return {};
  }

 private:
  enum class Kind : std::uint8_t { kFree, kMain, kTable };

  [[nodiscard]] Error wrong(std::uint64_t page, const std::string& what) const {
    std::string message(name_);
    message.append(", page ").append(std::to_string(page));
    return corrupt(message += ": " + what);
  }

  Result<Buffer> bytes_at(std::uint64_t at, std::size_t size_bytes) {
    Buffer out(size_bytes);
    RETURN_IF_ERROR(read_derived(file_, ByteOffset{at}, out));
    return out;
  }

  Result<Buffer> meta(std::uint64_t page) {
    ASSIGN_OR_RETURN(Buffer meta, bytes_at(page * page_size_, kMetaSize));
    page_size_ = load<std::uint32_t>(meta, 40);
    const bool good =
        load<std::uint16_t>(meta, 10) == kMeta && load<std::uint64_t>(meta, 0) == page &&
        load<std::uint32_t>(meta, 16) == kMagic && load<std::uint32_t>(meta, 20) == kDataVersion &&
        std::has_single_bit(page_size_) && page_size_ >= 4096 && page_size_ <= 32768;
    if (!good) return wrong(page, "it is no meta page");
    return meta;
  }

  Result<Buffer> newest_meta() {
    ASSIGN_OR_RETURN(Buffer first, meta(0));
    const std::size_t page_size = page_size_;
    ASSIGN_OR_RETURN(Buffer second, meta(1));
    if (page_size_ != page_size) return wrong(1, "it has another page size");
    const auto even = load<std::uint64_t>(first, 144);
    const auto odd = load<std::uint64_t>(second, 144);
    const bool in_turn = even % 2 == 0 && (odd == even + 1 || odd + 1 == even || even + odd == 0);
    if (!in_turn) return wrong(0, "the meta pages are not those of two transactions in turn");
    transaction_ = std::max(even, odd);
    Buffer newest = odd > even ? std::move(second) : std::move(first);
    pages_ = load<std::uint64_t>(newest, 136) + 1;
    ASSIGN_OR_RETURN(const ByteOffset size, file_.size());
    if (pages_ < kMetaPages || pages_ > size.value / page_size_)
      return wrong(0, "the file does not hold all pages");
    return newest;
  }

  /// Each page is used once, also when it is free.
  Result<void> claim(std::uint64_t first, std::uint64_t count, std::uint64_t parent) {
    if (first > pages_ || count > pages_ - first) return wrong(parent, "it leads out of the file");
    for (std::uint64_t page = first; page < first + count; ++page) {
      if (used_[page])
        return wrong(parent,
                     "it leads to page " + std::to_string(page) + ", which has another use");
      used_[page] = true;
    }
    return {};
  }

  Result<void> walk(Kind kind, const Tree& tree) {
    if (tree.flags != (kind == Kind::kFree ? kIntegerKeys : 0))
      return wrong(0, "a table has other flags");
    const bool empty = tree.root == kNoRoot;
    if (empty != (tree.depth == 0) || tree.depth > kDepthMax)
      return wrong(0, "a table has another depth");
    entries_ = 0;
    if (!empty) RETURN_IF_ERROR(page(kind, tree.root, tree.depth, {}, 0));
    if (entries_ != tree.entries) return wrong(0, "a table has another number of rows");
    return {};
  }

  /// `level` is 1 for a leaf.
  Result<void> page(Kind kind, std::uint64_t number, unsigned level, const Range& range,
                    std::uint64_t parent) {
    RETURN_IF_ERROR(claim(number, 1, parent));
    ASSIGN_OR_RETURN(const Buffer bytes, bytes_at(number * page_size_, page_size_));
    const bool leaf = level == 1;
    if (load<std::uint64_t>(bytes, 0) != number ||
        load<std::uint16_t>(bytes, 10) != (leaf ? kLeaf : kBranch))
      return wrong(number, "it is not the page that it should be");
    ASSIGN_OR_RETURN(const std::vector<Node> nodes, nodes_of(bytes, number, leaf));
    RETURN_IF_ERROR(check_order(kind, nodes, number, leaf, range));
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      if (leaf) {
        RETURN_IF_ERROR(row(kind, nodes[i], number));
        continue;
      }
      const Range between{i == 0 ? range.low : nodes[i].key,
                          i + 1 < nodes.size() ? nodes[i + 1].key : range.high};
      RETURN_IF_ERROR(page(kind, nodes[i].number, level - 1, between, number));
    }
    return {};
  }

  /// Nodes lie side by side from the end of the free space to that of the page, each pointed to
  /// once.
  Result<std::vector<Node>> nodes_of(Bytes bytes, std::uint64_t number, bool leaf) {
    const std::size_t lower = load<std::uint16_t>(bytes, 12);
    const std::size_t upper = load<std::uint16_t>(bytes, 14);
    if (lower % 2 != 0 || lower < kHeaderSize || upper < lower || upper > page_size_)
      return wrong(number, "its free space is out of bounds");
    std::vector<bool> begins(page_size_);
    for (std::size_t pointer = kHeaderSize; pointer < lower; pointer += 2)
      if (const auto at = load<std::uint16_t>(bytes, pointer); at < page_size_) begins[at] = true;
    std::size_t count = 0;
    std::size_t at = upper;
    for (; at + kNodeSize <= page_size_ && begins[at]; ++count) {
      const std::size_t size = node_size(bytes, at, leaf);
      at += size + size % 2;
    }
    const std::size_t pointers = (lower - kHeaderSize) / 2;
    if (at != page_size_ || count != pointers || count < (leaf ? 1 : 2))
      return wrong(number, "its nodes are out of bounds");
    std::vector<Node> nodes;
    nodes.reserve(count);
    for (std::size_t pointer = kHeaderSize; pointer < lower; pointer += 2)
      nodes.push_back(load_node(bytes, load<std::uint16_t>(bytes, pointer), leaf));
    return nodes;
  }

  static bool is_less(Kind kind, Bytes a, Bytes b) {
    if (kind == Kind::kFree) return load<std::uint64_t>(a, 0) < load<std::uint64_t>(b, 0);
    return std::ranges::lexicographical_compare(a, b);
  }

  /// The first key of a branch is not looked at, by LMDB either.
  [[nodiscard]] Result<void> check_order(Kind kind, const std::vector<Node>& nodes,
                                         std::uint64_t number, bool leaf,
                                         const Range& range) const {
    std::optional<Bytes> last;
    for (std::size_t i = leaf ? 0 : 1; i < nodes.size(); ++i) {
      const Bytes key = nodes[i].key;
      if (kind == Kind::kFree ? key.size() != sizeof(std::uint64_t)
                              : key.empty() || key.size() > kKeyMax)
        return wrong(number, "a key has another size");
      const bool in_order = (!last || is_less(kind, *last, key)) &&
                            (!range.low || !is_less(kind, key, *range.low)) &&
                            (!range.high || is_less(kind, key, *range.high));
      if (!in_order) return wrong(number, "its keys are not in order");
      last = key;
    }
    return {};
  }

  Result<void> row(Kind kind, const Node& node, std::uint64_t number) {
    ++entries_;
    if (kind == Kind::kMain) {
      const bool known = node.flags() == kSubTree && node.data_size() == kTreeSize &&
                         tables_.erase(text_of(node.key)) == 1;
      if (!known) return wrong(number, "it names a table that is not one of this file's");
      found_.push_back(load_tree(node.data, 0));
      return {};
    }
    if (node.flags() != kPlain && node.flags() != kBig)
      return wrong(number, "a row has other flags");
    if (node.flags() == kPlain && kNodeSize + node.key.size() + node.data_size() > node_max())
      return wrong(number, "a row is larger than a page takes");
    if (node.flags() == kBig) RETURN_IF_ERROR(overflow(node, number));
    return kind == Kind::kFree ? free_pages(node, number) : Result<void>();
  }

  /// A page holds two nodes at the least.
  [[nodiscard]] std::size_t node_max() const { return (page_size_ - kHeaderSize) / 4 * 2 - 2; }

  Result<void> overflow(const Node& node, std::uint64_t number) {
    const auto first = load<std::uint64_t>(node.data, 0);
    RETURN_IF_ERROR(claim(first, 1, number));
    ASSIGN_OR_RETURN(const Buffer header, bytes_at(first * page_size_, kHeaderSize));
    const auto count = load<std::uint32_t>(header, 12);
    const std::uint64_t needed = (kHeaderSize + node.data_size() - 1) / page_size_ + 1;
    if (load<std::uint64_t>(header, 0) != first || load<std::uint16_t>(header, 10) != kOverflow ||
        count < needed)
      return wrong(first, "it is not the overflow page that it should be");
    return claim(first + 1, count - 1, first);
  }

  /// A row of the tree of free pages: 8 bytes count, 8 each page, the highest first; then room.
  Result<void> free_pages(const Node& node, std::uint64_t number) {
    if (load<std::uint64_t>(node.key, 0) > transaction_)
      return wrong(number, "it is of a later transaction");
    Buffer list = to_buffer(node.data);
    if (node.flags() == kBig) {
      const std::uint64_t at = load<std::uint64_t>(node.data, 0) * page_size_ + kHeaderSize;
      ASSIGN_OR_RETURN(list, bytes_at(at, node.data_size()));
    }
    const std::size_t room = list.size() / 8;
    if (room == 0 || load<std::uint64_t>(list, 0) >= room)
      return wrong(number, "a list is longer than its row");
    std::uint64_t last = kNoRoot;
    for (std::size_t i = 1; i <= load<std::uint64_t>(list, 0); ++i) {
      const auto page = load<std::uint64_t>(list, i * 8);
      if (page >= last) return wrong(number, "free pages are not in order");
      RETURN_IF_ERROR(claim(page, 1, number));
      last = page;
    }
    return {};
  }

  const env::File& file_;
  const std::string_view name_;
  std::set<std::string_view> tables_;  // that were not found yet
  std::vector<Tree> found_;
  std::size_t page_size_ = 0;
  std::uint64_t pages_ = 0;
  std::uint64_t transaction_ = 0;
  std::uint64_t entries_ = 0;  // of the tree that is walked
  std::vector<bool> used_;     // by page
};

}  // namespace
}  // namespace lmdb

Result<void> check_lmdb_file(const env::File& file, std::span<const char* const> tables,
                             std::string_view name) {
  return lmdb::FileCheck(file, tables, name).run();
}

}  // namespace varve::store
