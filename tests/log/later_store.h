// A store that a later program wrote: whatever kinds of records a test asks for, as the rules for
// unknown kinds let them stand, in sealed segments and under signed checkpoints.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "ledger/base/month.h"
#include "ledger/format/batch.h"
#include "ledger/format/seal.h"
#include "ledger/store/data_keys.h"
#include "ledger/store/frame_body.h"
#include "ledger/store/segment_writer.h"
#include "tests/log/world.h"

namespace varve::testing {

class LaterStore {
 public:
  /// Record 0 creates the world's first key.
  explicit LaterStore(World& world) : world_(world) {
    const std::string text = format::key_event_text(
        {format::KeyAction::kCreate, world.options.origin, world.first_key.key});
    const std::string note = format::format_note({text, {world.first_key.note_signature(text)}});
    control(format::Kind::kKeyEvent, note);
  }

  void control(format::Kind kind, const std::string& payload) {
    record(kind, next_control_++, "application/vnd.varve.later", payload);
  }
  /// A batch that the log sealed itself, of one record of each of these kinds.
  void batch(const std::vector<format::Kind>& kinds) {
    format::Seal seal;
    seal.sealer = format::Sealer::kLog;
    seal.sequence = next_batch_++;
    seal.first_sequence = next_event_;
    seal.count = static_cast<std::uint32_t>(kinds.size());
    seal.previous = last_seal_;
    std::vector<Hash> leaves;
    for (const format::Kind kind : kinds) {
      record(kind, next_event_++, "text/plain", "said by someone");
      leaves.push_back(merkle::leaf_hash(records.back()));
    }
    seal.root = merkle::root_of(leaves);
    records.push_back(*format::encode_seal(seal));
    last_seal_ = merkle::leaf_hash(records.back());
  }
  /// One record of the kind, where its row lets it stand, with an event's batch before and behind
  /// it.
  void with(format::Kind kind) {
    batch({format::Kind::kEvent});
    if (format::row_of(kind).is_control)
      control(kind, "what a later program says");
    else
      batch({format::Kind::kEvent, kind, format::Kind::kEvent});
    batch({format::Kind::kEvent});
  }

  [[nodiscard]] std::string checkpoint() const {
    const std::string text = format::checkpoint_text(
        {world_.options.origin, TreeSize{records.size()}, merkle::root_of(leaves())});
    return format::format_note({text, {world_.first_key.note_signature(text)}});
  }

  /// All of it as segment 0 in the world's directory, sealed.
  [[nodiscard]] Result<void> write() const {
    RETURN_IF_ERROR(world_.files->make_directory("segments"));
    store::SegmentHeader header;
    header.created_us = world_.clock->now_us();
    header.month = month_of(header.created_us);
    header.origin = merkle::sha256(bytes_of(world_.options.origin));
    store::DataKeys keys(*world_.files, world_.vault, env::system_random(), "varve/test");
    ASSIGN_OR_RETURN(env::SecretBytes key, keys.create(header));
    ASSIGN_OR_RETURN(const auto segment,
                     store::SegmentWriter::create(*world_.files, header, std::move(key)));
    Buffer body = store::encode_requests({});
    for (const Buffer& bytes : records) format::append_to_bundle(body, bytes);
    const store::Piece piece{std::move(body), {}};
    ASSIGN_OR_RETURN(const store::FrameRef frame,
                     segment->write_records(
                         LeafIndex{0}, static_cast<std::uint32_t>(records.size()), {&piece, 1}));
    const TreeSize size{records.size()};
    ASSIGN_OR_RETURN(const store::FrameRef signed_at,
                     segment->write_checkpoint(size, checkpoint()));
    RETURN_IF_ERROR(segment->sync());
    ASSIGN_OR_RETURN(const bool immutable, segment->seal({end_of(size),
                                                          segment->end(),
                                                          segment->chain(),
                                                          merkle::root_of(leaves()),
                                                          {frame},
                                                          {signed_at}}));
    static_cast<void>(immutable);
    return {};
  }

  std::vector<Buffer> records;

 private:
  [[nodiscard]] std::vector<Hash> leaves() const {
    std::vector<Hash> hashes;
    for (const Buffer& bytes : records) hashes.push_back(merkle::leaf_hash(bytes));
    return hashes;
  }
  void record(format::Kind kind, std::uint64_t sequence, std::string_view other_type,
              const std::string& payload) {
    const std::string_view media_type = format::media_type_of(kind);
    format::Record record;
    record.kind = kind;
    record.sequence = sequence;
    record.time_us = world_.clock->now_us();
    record.media_type = media_type.empty() ? other_type : media_type;
    record.payload = bytes_of(payload);
    records.push_back(*format::encode_record(record));
  }

  World& world_;
  std::uint64_t next_control_ = 0;
  std::uint64_t next_batch_ = 0;
  std::uint64_t next_event_ = 0;
  Hash last_seal_;
};

}  // namespace varve::testing
