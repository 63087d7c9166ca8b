// Bits that rot in a store at rest, and what may come of it: a refusal that says something, or a
// log that serves the truth and nothing else.
#include <algorithm>
#include <fstream>
#include <iterator>

#include "ledger/merkle/checked.h"
#include "ledger/upkeep/scrub.h"
#include "tests/sim/sim_world.h"

namespace varve::sim {

std::optional<std::string> World::rot(unsigned times) {
  rotten_ = true;
  running_.reset();
  const SimFilesystem::Image image = disk_.image();
  const std::size_t signed_before = token_.signed_roots.size();
  for (unsigned k = 0; k < times && !broken_; ++k) {
    std::filesystem::remove_all(directory_ + "/kept");
    std::filesystem::copy(directory_ + "/catalogue", directory_ + "/kept");
    const std::string rotten = flip_bits();
    judge(rotten);
    if (broken_) *broken_ += ", after bits rotted in " + rotten;
    running_.reset();
    disk_.put_back(image);
    std::filesystem::remove_all(directory_ + "/catalogue");
    std::filesystem::rename(directory_ + "/kept", directory_ + "/catalogue");
    token_.signed_roots.resize(signed_before);
  }
  return broken_;
}

namespace {

const std::string kLmdb = "catalogue/data.mdb";

void flip_one(Dice& dice, MutableBytes bytes) {
  bytes[dice.below(bytes.size())] ^= std::byte{1} << static_cast<int>(dice.below(8));
}

}  // namespace

/// One or two bits of one file that is not empty. Returns its name.
std::string World::flip_bits() {
  std::vector<std::string> paths = {kLmdb};
  for (const auto& [path, inode] : disk_.files())
    if (!inode->now.empty()) paths.push_back(path);
  const std::string path = paths[dice_.below(paths.size())];
  const std::uint64_t bits = 1 + dice_.below(2);
  if (path == kLmdb) {
    flip_in_lmdb(bits);
    return path;
  }
  Inode& inode = *disk_.files().at(path);
  for (std::uint64_t k = 0; k < bits; ++k) flip_one(dice_, inode.now);
  inode.durable = inode.now;
  return path;
}

/// LMDB does its own I/O: its file is a real one. Its pages begin with what LMDB believes.
void World::flip_in_lmdb(std::uint64_t bits) {
  const std::string path = directory_ + "/" + kLmdb;
  std::ifstream in(path, std::ios::binary);
  std::string content{std::istreambuf_iterator<char>(in), {}};
  const MutableBytes bytes = std::as_writable_bytes(std::span(content));
  constexpr std::size_t kPage = 4'096;
  const std::size_t page = dice_.below(bytes.size() / kPage) * kPage;
  for (; bits > 0; --bits) flip_one(dice_, dice_.one_in(2) ? bytes : bytes.subspan(page, 64));
  std::ofstream(path, std::ios::binary) << content;
}

void World::judge(const std::string& rotten) {
  auto recovered = recovery::recover(options_, environment_);
  if (!recovered) {
    const Error& why = recovered.error();
    if (why.code != Code::kCorrupt && why.code != Code::kInvalid)
      broken("a refusal with another code than damage: " + why.message);
    return;
  }
  run_with(std::move(*recovered));
  if (const auto started = running_->sequencer.start(); !started)
    return broken("it recovers, but does not start: " + started.error().message);
  expect_truth();
  expect_look_ups(rotten.starts_with("leaves"));
  const bool scrubbed =
      !rotten.starts_with("leaves") && !rotten.starts_with("appends") && rotten != kLmdb;
  if (scrubbed && scrubs_clean()) verify_promises();
  expect_one_history();
}

bool World::was_signed(const format::Checkpoint& checkpoint) const {
  return std::ranges::find(token_.signed_roots, checkpoint) != token_.signed_roots.end();
}

void World::expect_truth() {
  const auto newest = running_->storage->latest();
  if (!was_signed(newest->checkpoint)) return broken("the newest checkpoint was never signed");
  for (const auto& collector : collectors_)
    for (const SimCollector::Batch& batch : collector->batches)
      if (batch.receipt) expect_truth_about(batch, *newest);
}

void World::expect_truth_about(const SimCollector::Batch& batch,
                               const format::SignedCheckpoint& newest) {
  const merkle::SignedTree tree{newest.checkpoint.size, newest.checkpoint.root};
  const TreeSize end{batch.receipt->first.value + batch.receipt->count};
  if (tree.size < end) return broken("acknowledged records are gone, and nothing says so");
  for (std::size_t k = 0; k < batch.leaves.size(); ++k) {
    const LeafIndex index{batch.receipt->first.value + k};
    const auto record = running_->reader.records(index, 1);
    if (record && merkle::leaf_hash(record->front()) != batch.leaves[k])
      return broken("another record is served than the one that was acknowledged");
    const auto proof =
        merkle::checked_inclusion(batch.leaves[k], index, tree, *running_->storage->hashes);
    if (proof && !merkle::verify_inclusion(batch.leaves[k], index, tree.size, *proof, tree.root))
      return broken("a proof is served that does not verify");
  }
  const auto note = running_->reader.checkpoint_at(end, running_->storage->view().keys->history);
  if (note && !was_signed((*note)->checkpoint))
    broken("a checkpoint is served that was never signed");
}

/// A leaf is found where it is, if it is found; that a lookup rotted is no reason for "no such leaf".
void World::expect_look_ups(bool rotten) {
  const TreeSize size = running_->storage->latest()->checkpoint.size;
  for (const auto& collector : collectors_)
    for (const SimCollector::Batch& batch : collector->batches)
      for (std::size_t k = 0; batch.receipt && k < batch.leaves.size(); ++k) {
        const auto found = running_->reader.find_leaf(batch.leaves[k], size);
        if (found && found->value != batch.receipt->first.value + k)
          broken("a leaf is found where another one is");
        if (!found && rotten && found.error().code == Code::kNotFound)
          broken("a leaf is not found, and nothing says that its lookup rotted");
      }
}

bool World::scrubs_clean() {
  const auto position = running_->storage->catalogue->position();
  for (std::uint64_t k = 0; position && k < position->next_ordinal; ++k) {
    const auto scrubbed = upkeep::scrub_segment(k, *running_->storage, token_,
                                                running_->storage->view().keys->history,
                                                [](std::uint64_t) { return true; });
    if (!scrubbed || !scrubbed->findings.empty()) return false;
  }
  return position.has_value();
}

/// It goes on for one more event. All that was ever signed is of the records that can be read now.
void World::expect_one_history() {
  EventRequest request;
  request.sender = {format::SenderKind::kClient, "tester"};
  request.body = to_buffer(bytes_of("one more"));
  request.events.push_back({"text/plain", Bytes{request.body}, 0});
  std::vector<log::Item> items;
  items.push_back({std::move(request), [](const Result<Appended>&) {}, 0, {}, {}});
  running_->sequencer.step(std::move(items));
  std::map<std::uint64_t, Hash> roots;
  merkle::Frontier tree;
  for (LeafIndex at; contains(running_->storage->latest()->checkpoint.size, at); ++at.value) {
    const auto record = running_->reader.records(at, 1);
    if (!record) return;
    tree.append(merkle::leaf_hash(record->front()));
    roots[tree.size().value] = tree.root();
  }
  for (const format::Checkpoint& root : token_.signed_roots)
    if (roots.contains(root.size.value) && roots.at(root.size.value) != root.root)
      return broken("two histories are signed");
}

}  // namespace varve::sim
