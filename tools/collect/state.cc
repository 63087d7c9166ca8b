// Encoding of the state and of spooled batches, each closed by a hash of itself.
#include "tools/collect/state.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "ledger/base/codec.h"
#include "ledger/base/later_format.h"
#include "ledger/merkle/tree.h"

namespace varve::collect {
namespace {

constexpr std::string_view kStateKind = "varve collect state ";
constexpr std::string_view kSpoolKind = "varve collect spool ";
constexpr unsigned kStateFormat = 3;
constexpr unsigned kSpoolFormat = 2;

std::string magic(std::string_view kind, unsigned format) {
  return std::string(kind) + std::to_string(format) + "\n";
}

void close_with_hash(Buffer& out) {
  append(out, merkle::sha256(out).view());
}

struct Opened {
  Bytes body;  // what lies between the magic and the hash
  unsigned format = 0;
};

/// A file of `kind` in any format up to `newest`.
Result<Opened> open_hashed(Bytes bytes, std::string_view kind, unsigned newest) {
  const std::size_t size = magic(kind, newest).size();
  if (bytes.size() < size + kHashSize) return corrupt("the file is cut short");
  const Bytes body = bytes.first(bytes.size() - kHashSize);
  if (!std::ranges::equal(merkle::sha256(body).view(), bytes.last(kHashSize)))
    return corrupt("the file does not have the hash it ends with");
  for (unsigned format = 1; format <= newest; ++format)
    if (text_of(body).starts_with(magic(kind, format))) return Opened{body.subspan(size), format};
  if (auto later = later_text(text_of(body), kind, newest)) return *std::move(later);
  return corrupt("the file is of another kind");
}

}  // namespace

Buffer encode_state(const State& state) {
  Buffer out;
  ByteWriter to(out);
  to.text(magic(kStateKind, kStateFormat));
  to.u64(state.chain.next_batch).u64(state.chain.next_event).hash(state.chain.last_seal);
  to.u64(state.next_to_send).u64(state.refused);
  encode_positions(out, state.positions);
  close_with_hash(out);
  return out;
}

Result<State> decode_state(Bytes bytes) {
  ASSIGN_OR_RETURN(const Opened opened, open_hashed(bytes, kStateKind, kStateFormat));
  ByteReader in(opened.body);
  State state;
  state.chain.next_batch = in.u64();
  state.chain.next_event = in.u64();
  state.chain.last_seal = in.hash();
  state.next_to_send = in.u64();
  if (opened.format >= 3) state.refused = in.u64();
  ASSIGN_OR_RETURN(state.positions, decode_positions(in, opened.format));
  if (!in.at_end()) return corrupt("the state file is longer than it says");
  return state;
}

Buffer encode_spooled(const SpooledBatch& spooled) {
  Buffer out;
  ByteWriter to(out);
  to.text(magic(kSpoolKind, kSpoolFormat));
  encode_positions(out, spooled.positions);
  to.u32(static_cast<std::uint32_t>(spooled.batch.size())).bytes(spooled.batch);
  close_with_hash(out);
  return out;
}

Result<SpooledBatch> decode_spooled(Bytes bytes) {
  ASSIGN_OR_RETURN(const Opened opened, open_hashed(bytes, kSpoolKind, kSpoolFormat));
  ByteReader in(opened.body);
  SpooledBatch spooled;
  ASSIGN_OR_RETURN(spooled.positions, decode_positions(in, opened.format));
  spooled.batch = to_buffer(in.take(in.u32()));
  if (!in.at_end()) return corrupt("the spooled batch is longer or shorter than it says");
  return spooled;
}

}  // namespace varve::collect
