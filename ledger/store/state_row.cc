// The row's bytes.
#include "ledger/store/state_row.h"

#include "ledger/base/codec.h"
#include "ledger/format/kinds.h"

namespace varve::store {
namespace {

constexpr std::uint32_t kStateVersion = 7;
static_assert(
    format::kCriticalKindsWritten == 14,
    "raise the version: an older program then replays the records, and meets the new kind");

}  // namespace

Buffer encode_state(const StateRow& row) {
  Buffer out;
  ByteWriter w(out);
  const auto text = [&w](std::string_view t) {
    w.u32(static_cast<std::uint32_t>(t.size())).text(t);
  };
  w.u32(kStateVersion);
  w.u64(row.own.next_batch)
      .u64(row.own.next_event)
      .hash(row.own.last_seal)
      .u64(row.own.next_control);
  w.u32(static_cast<std::uint32_t>(row.key_events.size()));
  for (const rules::KeyEventAt& event : row.key_events) {
    w.u64(event.index.value);
    text(event.note);
  }
  w.u32(static_cast<std::uint32_t>(row.sources.size()));
  for (const SourceRow& source : row.sources) {
    w.u64(source.id.value).u64(source.end.next_batch).u64(source.end.next_event);
    w.hash(source.end.last_seal).u64(source.last_event.value).u64(source.last_sealed_us);
    text(source.name);
    text(source.vkey);
  }
  w.u64(row.grants_index.value);
  text(row.grants);
  w.u64(row.indexed.count).u64(row.indexed.end.value);
  w.u64(row.witnessed.count).u64(row.witnessed.newest.value);
  w.bytes(row.retention);
  return out;
}

Result<StateRow> decode_state(Bytes encoded) {
  ByteReader in(encoded);
  const auto text = [&in] { return std::string(text_of(in.take(in.u32()))); };
  const Error damaged = corrupt("the catalogue's state is damaged: delete the folder catalogue");
  if (const std::uint32_t version = in.u32(); version != kStateVersion)
    return corrupt("the catalogue's state is of version " + std::to_string(version) +
                   ", and this program writes version " + std::to_string(kStateVersion));
  StateRow row;
  row.own = {{in.u64(), in.u64(), in.hash()}, in.u64()};
  for (std::uint32_t n = in.u32(); n > 0 && in.ok(); --n) {
    const LeafIndex index{in.u64()};
    row.key_events.push_back({index, text()});
  }
  for (std::uint32_t n = in.u32(); n > 0 && in.ok(); --n) {
    const SourceId id{in.u64()};
    SourceRow source{id, {in.u64(), in.u64(), in.hash()}, LeafIndex{in.u64()}, in.u64(), {}, {}};
    source.name = text();
    source.vkey = text();
    row.sources.push_back(std::move(source));
  }
  row.grants_index = LeafIndex{in.u64()};
  row.grants = text();
  row.indexed = {in.u64(), TreeSize{in.u64()}};
  row.witnessed = {in.u64(), LeafIndex{in.u64()}};
  if (!in.ok()) return damaged;
  row.retention = to_buffer(in.rest());
  return row;
}

}  // namespace varve::store
