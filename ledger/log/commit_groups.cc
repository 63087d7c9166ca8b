// From one stage to the next.
#include "ledger/log/commit_groups.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace varve::log {
namespace {

template <class T>
void move_behind(std::vector<T>& to, std::vector<T> from) {
  if (to.empty())
    to = std::move(from);
  else
    std::ranges::move(from, std::back_inserter(to));
}

Stage stage_of(std::monostate) {
  return Stage::kNone;
}
Stage stage_of(const WritingGroup&) {
  return Stage::kWriting;
}
Stage stage_of(const DurableGroup&) {
  return Stage::kDurable;
}
Stage stage_of(const SigningGroup&) {
  return Stage::kSigning;
}
Stage stage_of(const PendingGroup&) {
  return Stage::kPending;
}
Stage stage_of(const UnsignedGroup&) {
  return Stage::kUnsigned;
}

template <class Variant>
Stage stage_in(const Variant& group) {
  return std::visit([](const auto& one) { return stage_of(one); }, group);
}

Cargo* cargo_in(NewerGroup& newer) {
  if (auto* writing = std::get_if<WritingGroup>(&newer)) return &writing->cargo;
  auto* durable = std::get_if<DurableGroup>(&newer);
  return durable != nullptr ? &durable->cargo : nullptr;
}

Cargo* cargo_in(OlderGroup& older) {
  if (auto* signing = std::get_if<SigningGroup>(&older)) return &signing->cargo;
  auto* pending = std::get_if<PendingGroup>(&older);
  return pending != nullptr ? &pending->cargo : nullptr;
}

}  // namespace

CommitState state_of(const OlderGroup& older, const NewerGroup& newer) {
  return {stage_in(older), stage_in(newer)};
}

const Cargo* cargo_of(const NewerGroup& newer) {
  return cargo_in(const_cast<NewerGroup&>(newer));
}

std::uint64_t records_written(const NewerGroup& group) {
  std::uint64_t count = 0;
  if (const auto* const writing = std::get_if<WritingGroup>(&group))
    for (const WrittenFrame& frame : writing->frames) count += frame.leaves.size();
  return count;
}

WritingGroup write_behind(NewerGroup before, WrittenFrame frame, Cargo of_frame) {
  WritingGroup group;
  if (auto* writing = std::get_if<WritingGroup>(&before)) group = std::move(*writing);
  if (auto* durable = std::get_if<DurableGroup>(&before)) group.cargo = std::move(durable->cargo);
  move_behind(group.cargo.replies, std::move(of_frame.replies));
  move_behind(group.cargo.moved, std::move(of_frame.moved));
  group.cargo.size_bytes += of_frame.size_bytes;
  group.frames.push_back(std::move(frame));
  return group;
}

DurableGroup adopt(UnsignedGroup older, DurableGroup newer) {
  move_behind(older.moved, std::move(newer.cargo.moved));
  newer.cargo.moved = std::move(older.moved);
  return newer;
}

DurableGroup retry(UnsignedGroup group) {
  return {{{}, std::move(group.moved), nullptr, 0}, group.size, group.end};
}

SigningGroup ask_for(DurableGroup group, const Signable& known, std::string origin,
                     std::uint64_t epoch) {
  CHECK(group.end <= known.durable_end);         // I2
  CHECK(group.size == known.tree.size());        // I3
  CHECK(known.signed_size < known.tree.size());  // I4
  return {std::move(group.cargo),
          epoch,
          {std::move(origin), known.tree.size(), known.tree.root()},
          group.end};
}

PendingGroup sign(SigningGroup group, std::shared_ptr<const format::SignedCheckpoint> checkpoint,
                  ByteOffset end) {
  CHECK(checkpoint->checkpoint == group.checkpoint);  // I4
  CHECK(group.end < end);
  return {std::move(group.cargo), std::move(checkpoint), end};
}

UnsignedGroup refuse(SigningGroup group, NewerGroup& newer, std::vector<PendingReply>& told) {
  UnsignedGroup left{std::move(group.cargo.moved), group.checkpoint.size, group.end};
  move_behind(told, std::move(group.cargo.replies));
  if (Cargo* const cargo = cargo_in(newer)) move_behind(told, std::exchange(cargo->replies, {}));
  if (auto* durable = std::get_if<DurableGroup>(&newer)) {
    move_behind(left.moved, std::move(durable->cargo.moved));
    left.size = durable->size;
    left.end = durable->end;
    newer = {};
  }
  return left;
}

PublishedGroup publish(PendingGroup group, ByteOffset durable_end, TreeSize seen) {
  const TreeSize size = group.checkpoint->checkpoint.size;
  CHECK(group.end <= durable_end);  // I1
  CHECK(seen < size);               // I4
  for (const state::MovedSource& source : group.cargo.moved) CHECK(source.end <= size);
  for (PendingReply& reply : group.cargo.replies) {
    CHECK(reply.end() <= size);  // I1
    if (reply.appended.repeated) continue;
    reply.appended.under = group.checkpoint;
    reply.appended.hashes = group.cargo.nodes;
  }
  return {std::move(group.checkpoint), std::move(group.cargo.moved),
          std::move(group.cargo.replies)};
}

void wait_with(OlderGroup& older, NewerGroup& newer, std::vector<PendingReply> repetitions) {
  if (repetitions.empty()) return;
  Cargo* const newest = cargo_in(newer) != nullptr ? cargo_in(newer) : cargo_in(older);
  CHECK(newest != nullptr);  // nothing is on its way, so what they repeat is published
  move_behind(newest->replies, std::move(repetitions));
}

std::vector<PendingReply> take_replies(OlderGroup& older, NewerGroup& newer) {
  std::vector<PendingReply> replies;
  if (Cargo* const cargo = cargo_in(older)) replies = std::move(cargo->replies);
  if (Cargo* const cargo = cargo_in(newer)) move_behind(replies, std::move(cargo->replies));
  older = {};
  newer = {};
  return replies;
}

}  // namespace varve::log
