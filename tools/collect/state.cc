// Encoding of the state and of spooled batches, each closed by a hash of itself.
#include "tools/collect/state.h"

#include <algorithm>
#include <string_view>

#include "ledger/base/codec.h"
#include "ledger/merkle/tree.h"

namespace varve::collect {
namespace {

constexpr std::string_view kStateMagic = "varve collect state 2\n";
constexpr std::string_view kSpoolMagic = "varve collect spool 2\n";
constexpr std::string_view kStateMagic1 = "varve collect state 1\n";
constexpr std::string_view kSpoolMagic1 = "varve collect spool 1\n";

void close_with_hash(Buffer& out) {
  append(out, merkle::sha256(out).view());
}

struct Opened {
  Bytes body;  // what lies between the magic and the hash
  unsigned format = 2;
};

/// Both magics have the same size.
Result<Opened> open_hashed(Bytes bytes, std::string_view magic, std::string_view magic1) {
  if (bytes.size() < magic.size() + kHashSize) return corrupt("the file is cut short");
  const Bytes body = bytes.first(bytes.size() - kHashSize);
  if (!std::ranges::equal(merkle::sha256(body).view(), bytes.last(kHashSize)))
    return corrupt("the file does not have the hash it ends with");
  const std::string_view begin = text_of(body.first(magic.size()));
  if (begin != magic && begin != magic1)
    return corrupt("the file is of another kind or a later format");
  return Opened{body.subspan(magic.size()), begin == magic ? 2u : 1u};
}

}  // namespace

Buffer encode_state(const State& state) {
  Buffer out;
  ByteWriter to(out);
  to.text(kStateMagic).u64(state.chain.next_batch).u64(state.chain.next_event);
  to.hash(state.chain.last_seal).u64(state.next_to_send);
  encode_positions(out, state.positions);
  close_with_hash(out);
  return out;
}

Result<State> decode_state(Bytes bytes) {
  ASSIGN_OR_RETURN(const Opened opened, open_hashed(bytes, kStateMagic, kStateMagic1));
  ByteReader in(opened.body);
  State state;
  state.chain.next_batch = in.u64();
  state.chain.next_event = in.u64();
  state.chain.last_seal = in.hash();
  state.next_to_send = in.u64();
  ASSIGN_OR_RETURN(state.positions, decode_positions(in, opened.format));
  if (!in.at_end()) return corrupt("the state file is longer than it says");
  return state;
}

Buffer encode_spooled(const SpooledBatch& spooled) {
  Buffer out;
  ByteWriter to(out);
  to.text(kSpoolMagic);
  encode_positions(out, spooled.positions);
  to.u32(static_cast<std::uint32_t>(spooled.batch.size())).bytes(spooled.batch);
  close_with_hash(out);
  return out;
}

Result<SpooledBatch> decode_spooled(Bytes bytes) {
  ASSIGN_OR_RETURN(const Opened opened, open_hashed(bytes, kSpoolMagic, kSpoolMagic1));
  ByteReader in(opened.body);
  SpooledBatch spooled;
  ASSIGN_OR_RETURN(spooled.positions, decode_positions(in, opened.format));
  spooled.batch = to_buffer(in.take(in.u32()));
  if (!in.at_end()) return corrupt("the spooled batch is longer or shorter than it says");
  return spooled;
}

}  // namespace varve::collect
