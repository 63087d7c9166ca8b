// Lives and deaths of a simulated server, and what must hold after each.
#include "tests/sim/sim_world.h"

#include <stdlib.h>

#include <algorithm>
#include <utility>

#include "ledger/format/access.h"
#include "ledger/format/retention.h"
#include "ledger/merkle/proof.h"

namespace varve::sim {

World::Running::Running(const LogOptions& options, const Environment& environment,
                        recovery::Recovered recovered, Dice& dice, const SimFilesystem& disk,
                        std::vector<SourceId> sources)
    : storage(std::move(recovered.storage)),
      reader(*storage),
      onlooker(*storage, disk, std::move(sources), recovered.start.unsigned_tail),
      side(dice),
      sequencer(options, environment, *storage, std::move(recovered.start), side) {}

namespace {

std::string make_directory() {
  const bool memory = std::filesystem::is_directory("/dev/shm");
  std::string pattern = memory ? "/dev/shm/varve-sim-XXXXXX" : "/tmp/varve-sim-XXXXXX";
  CHECK(::mkdtemp(pattern.data()) != nullptr);
  return pattern;
}

/// With key periods from a minute to an hour and a half.
format::Policy draft_policy(std::uint64_t seed) {
  format::Policy policy;
  policy.mode = format::Mode::kDraft;
  policy.period = policy.notice = policy.wait = 5;
  policy.key_period_minutes = static_cast<std::uint32_t>(1 + seed / 8 % 90);
  return policy;
}

}  // namespace

World::World(std::uint64_t seed)
    : dice_(seed),
      clock_dice_(~seed),
      random_(dice_),
      token_(dice_),
      directory_(make_directory()),
      real_(std::move(*env::open_posix(directory_))),
      disk_(dice_, *real_),
      environment_{clock_, random_, disk_, token_, token_, &marks_, {}},
      auditor_(token_.key, disk_) {
  options_.origin = token_.key.name;
  options_.first_key = token_.key;
  options_.kek_prefix = "sim";
  options_.segment_bytes_max = 1'024 << dice_.below(6);
  options_.sync_ahead_bytes =
      1u << seed % 12;  // no dice: seeds that are kept must mean what they did
  options_.reserve_bytes = 1'000;
  options_.reorder_wait_ms = 20;
  if (seed % 8 == 3) options_.first_policy = draft_policy(seed);
  for (const char* name : {"ward-1", "ward-2"})
    collectors_.push_back(std::make_unique<SimCollector>(name, options_.origin, dice_));
  disk_.between = [this] { look(); };
  token_.between = [this] { look(); };
}

World::~World() {
  running_.reset();
  std::filesystem::remove_all(directory_);
}

/// A reader's turn.
void World::look() {
  if (!running_ || rotten_) return;
  if (const auto wrong = running_->onlooker.look()) broken(*wrong);
}

void World::compare_what_was_seen() {
  std::vector<SentChain> chains;
  for (const auto& collector : collectors_) chains.push_back(collector->chain());
  if (const auto wrong = running_->onlooker.compare(chains)) broken(*wrong);
}

void World::broken(const std::string& what) {
  if (!broken_) broken_ = what;
}

std::optional<std::string> World::run() {
  const std::uint64_t lives = 2 + dice_.below(5);
  for (std::uint64_t k = 0; k < lives && !broken_; ++k) {
    disk_.faults.crash_at_call = dice_.one_in(3) ? 0 : disk_.calls() + 1 + dice_.below(120);
    disk_.faults.error_one_in = dice_.one_in(3) ? 10 + dice_.below(100) : 0;
    token_.fail_one_in = dice_.one_in(2) ? 2 + dice_.below(20) : 0;
    if (clock_dice_.one_in(2)) set_clock();
    try {
      life();
    } catch (const Crash&) {
      running_.reset();
      if (!dice_.one_in(2)) continue;
      disk_.lose_power();
      clock_.boot();
    }
  }
  disk_.faults = {};
  token_.fail_one_in = 0;
  disk_.space = std::uint64_t{1} << 40;
  if (!broken_) start();
  if (!broken_ && !running_) broken("the log does not open though nothing fails any more");
  if (!broken_) verify_by_auditor();
  if (!broken_) running_->sequencer.finish();
  if (!broken_) verify_rebuilt();
  return broken_;
}

void World::life() {
  disk_.space = std::uint64_t{1} << 40;
  if (dice_.one_in(4)) std::filesystem::remove_all(directory_ + "/catalogue");
  if (dice_.one_in(8)) disk_.wipe(dice_.one_in(2) ? "tree" : "leaves");
  start();
  if (!running_) return;
  for (std::uint64_t k = 5 + dice_.below(30); k > 0 && !broken_; --k) {
    step();
    if (running_->sequencer.status().state == LogState::kFaulted) break;
    if (k == 1 && dice_.one_in(2)) running_->sequencer.finish();
  }
  running_.reset();
}

void World::start() {
  auto recovered = recovery::recover(options_, environment_);
  if (!recovered) {
    const Error& why = recovered.error();
    if (why.code != Code::kIo && why.code != Code::kFull && why.code != Code::kBusy)
      broken("recovery refuses: " + why.message);
    return;
  }
  run_with(std::move(*recovered));
  if (auto ok = running_->sequencer.start(); !ok) {
    running_.reset();
    return;
  }
  verify_promises();
  verify_by_auditor();
  compare_what_was_seen();
}

void World::run_with(recovery::Recovered recovered) {
  std::vector<SourceId> sources;
  for (const auto& collector : collectors_) sources.push_back(collector->chain().id);
  running_ = std::make_unique<Running>(options_, environment_, std::move(recovered), dice_, disk_,
                                       std::move(sources));
}

void World::step() {
  std::vector<log::Item> items;
  for (auto& collector : collectors_) send_batches(*collector, items);
  if (dice_.one_in(2)) send_request(items);
  if (dice_.one_in(20))
    disk_.space = 500;
  else
    disk_.space = std::uint64_t{1} << 40;
  running_->sequencer.step(std::move(items));
  if (dice_.one_in(2)) {
    running_->sequencer.catalogue_segment();
    running_->sequencer.update_derived();
  }
  look();
  compare_what_was_seen();
  move_mark();
  clock_.advance_us(dice_.below(30'000));
  const std::uint64_t unit_us = format::unit_us(options_.first_policy);
  if (dice_.one_in(40)) clock_.advance_us(unit_us * (1 + dice_.below(20)));
  if (clock_dice_.one_in(10)) set_clock();
}

/// The host's clock loses its battery, is set wrong by up to five years, runs into the year 10000, or
/// is set right again. Nobody tells the log.
void World::set_clock() {
  const std::uint64_t by_us = format::kDayUs * clock_dice_.below(5 * 365);
  switch (clock_dice_.below(5)) {
    case 0:
      return clock_.set_host_us(clock_dice_.below(format::kDayUs));
    case 1:
      return clock_.set_host_us(clock_.now_us() - std::min(clock_.now_us(), by_us));
    case 2:
      return clock_.set_host_us(clock_.now_us() + by_us);
    case 3:
      return clock_.set_host_us(format::kTimeMaxUs + 1 + by_us);
    default:
      return clock_.set_host_right();
  }
}

/// Whatever is visible is durable: no crash may make the store older than this.
void World::move_mark() {
  const auto newest = running_->storage->latest();
  if (newest)
    CHECK(marks_
              .write({merkle::sha256(bytes_of(options_.origin)), newest->checkpoint.size,
                      newest->checkpoint.root})
              .has_value());
}

void World::send_batches(SimCollector& collector, std::vector<log::Item>& items) {
  if (!collector.registered) {
    items.push_back({log::ControlNote{format::Kind::kSourceEvent, collector.register_note()},
                     [this, &collector](const Result<Appended>& done) {
                       look();
                       collector.registered = done || done.error().code == Code::kWorm;
                       if (done) collector.registered_at = done->first;
                     },
                     0,
                     {},
                     {}});
    return;
  }
  if (dice_.one_in(2)) collector.seal_another(1 + dice_.below(4));
  std::vector<std::size_t> order;
  for (std::size_t k = 0; k < collector.batches.size() && order.size() < 4; ++k)
    if (!collector.batches[k].receipt || dice_.one_in(10)) order.push_back(k);
  if (order.size() > 1 && dice_.one_in(3)) std::swap(order[0], order[1]);
  for (const std::size_t k : order) {
    auto batch = format::decode_batch(collector.batches[k].bytes);
    const auto source = running_->sequencer.newest_source(batch->seal.source);
    log::Item item{{}, {}, 0, source ? source->key->key : Buffer{}, {}};
    if (dice_.one_in(2)) item.compressed = store::compress(batch->bytes);
    item.what = std::move(*batch);
    item.done = [this, &collector, k](Result<Appended> done) {
      look();
      auto& receipt = collector.batches[k].receipt;
      if (!done) {
        const Code code = done.error().code;
        if (code == Code::kWorm || code == Code::kInvalid) broken("batch: " + done.error().message);
      } else if (receipt && receipt->first != done->first) {
        broken("a batch was taken twice");
      } else if (!receipt) {
        receipt = *done;
      }
    };
    items.push_back(std::move(item));
  }
}

log::Item World::request_item(std::size_t number) {
  EventRequest request;
  request.sender = requests_[number].sender;
  request.body = to_buffer(bytes_of(requests_[number].body));
  request.events.push_back({"text/plain", Bytes{request.body}, 0});
  request.content = merkle::sha256(request.body);
  request.key = merkle::sha256(bytes_of(requests_[number].key));
  log::Item item{{}, {}, 0, {}, {}};
  item.what = std::move(request);
  item.done = [this, number](Result<Appended> done) {
    look();
    auto& receipt = requests_[number].receipt;
    if (done && receipt && receipt->first != done->first) broken("a request was taken twice");
    if (!done && done.error().code == Code::kWorm) broken("request: " + done.error().message);
    if (done && !receipt) receipt = *done;
  };
  return item;
}

log::Item World::report_item() {
  const std::string text = format::loss_text({options_.origin, 1, requests_.size() + 1});
  log::Item item{{}, {}, text.size(), {}, {}};
  item.what = std::vector<Report>{{format::Kind::kLoss, text}, {format::Kind::kLoss, text}};
  item.done = [this, text](const Result<Appended>& done) {
    look();
    if (done) reports_.emplace_back(text, *done);
  };
  return item;
}

void World::verify_reports() {
  for (const auto& [text, receipt] : reports_) {
    const auto records = running_->reader.records(receipt.first, 1);
    if (!records && records.error().code == Code::kBusy) continue;  // as above
    if (!records) return broken("an acknowledged report is gone: " + records.error().message);
    const auto record = format::decode_record((*records)[0]);
    if (!record || text_of(record->payload) != text || receipt.count != 2)
      broken("an acknowledged report is another one now");
  }
}

void World::send_request(std::vector<log::Item>& items) {
  if (requests_.empty() || dice_.one_in(2))
    requests_.push_back(
        {"event " + std::to_string(requests_.size()),
         "key " + std::to_string(requests_.size()),
         std::nullopt,
         {format::SenderKind::kClient, "client-" + std::to_string(requests_.size() % 3)}});
  items.push_back(request_item(requests_.size() - 1));
  if (requests_.size() % 4 == 0) items.push_back(report_item());
  if (dice_.one_in(3)) items.push_back(request_item(dice_.below(requests_.size())));
}

void World::verify_promises() {
  for (const auto& collector : collectors_)
    for (const SimCollector::Batch& batch : collector->batches)
      if (batch.receipt) verify_batch(batch);
  for (const Request& request : requests_) {
    if (!request.receipt) continue;
    const auto records = running_->reader.records(request.receipt->first, 1);
    if (!records) {
      if (records.error().code != Code::kBusy)
        broken("an acknowledged event is gone: " + records.error().message);
      continue;  // the token is needed for a segment's key, and gone
    }
    const auto record = format::decode_record((*records)[0]);
    if (!record || text_of(record->payload) != request.body)
      broken("an acknowledged event is another one now");
    else if (record->source != *format::source_id(format::source_name(request.sender)))
      broken("an acknowledged event is somebody else's now");
  }
  verify_reports();
  verify_signed_roots();
}

void World::verify_batch(const SimCollector::Batch& batch) {
  const Appended& receipt = *batch.receipt;
  const TreeSize end{receipt.first.value + receipt.count};
  if (receipt.count != batch.leaves.size()) return broken("a receipt is for another count");
  const auto newest = running_->storage->latest();
  if (newest->checkpoint.size < end) return broken("acknowledged records are gone");
  const auto proof = merkle::prove_range(receipt.first, receipt.count, newest->checkpoint.size,
                                         *running_->storage->hashes);
  if (!proof || !merkle::verify_range(batch.leaves, receipt.first, newest->checkpoint.size, *proof,
                                      newest->checkpoint.root))
    return broken("an acknowledged batch cannot be proven any more");
  if (!receipt.under) return;
  const auto same = running_->reader.checkpoint_at(end, running_->storage->view().keys->history);
  if (!same || (*same)->note != receipt.under->note)
    broken("the checkpoint of a receipt is another one now");
}

void World::verify_signed_roots() {
  // A log that opened without its token has the newest in a tail that it signs later: then only the
  // hashes of that tail say that its records are there.
  const bool signs_later = running_->sequencer.status().state == LogState::kSignerDown;
  const TreeSize size = running_->storage->latest()->checkpoint.size;
  for (const format::Checkpoint& root : token_.signed_roots) {
    if (!signs_later && size < root.size)
      return broken("a signed root is of records that are gone");
    const auto now = merkle::tree_root(root.size, *running_->storage->hashes);
    if (!now || *now != root.root) return broken("two signed checkpoints are inconsistent");
  }
}

/// The law holds of all that is signed, and no clock of the host's moved a month.
void World::verify_by_auditor() {
  if (const auto wrong = auditor_.audit(*running_->storage, running_->reader, clock_.ran_us()))
    broken(*wrong);
}

/// Derived files that were kept equal those that are made again.
void World::verify_rebuilt() {
  running_.reset();
  const auto derived = [this] {
    std::map<std::string, Buffer> out;
    for (const auto& [path, inode] : disk_.files())
      if (path.starts_with("tree/") || path.starts_with("leaves/") || path.starts_with("appends/"))
        out[path] = inode->now;
    return out;
  };
  const auto kept = derived();
  std::filesystem::remove_all(directory_ + "/catalogue");
  disk_.wipe("tree");
  disk_.wipe("leaves");
  disk_.wipe("appends");
  start();
  if (!running_) return broken("the log does not open without its derived files");
  running_.reset();
  const auto rebuilt = derived();
  for (const auto& [path, bytes] : kept)
    if (!rebuilt.contains(path) || rebuilt.at(path) != bytes)
      broken(path + " was kept with " + std::to_string(bytes.size()) +
             " bytes and is made anew with " +
             std::to_string(rebuilt.contains(path) ? rebuilt.at(path).size() : 0));
}

Hash World::digest() const {
  Buffer all;
  for (const auto& [path, inode] : disk_.files()) {
    append(all, bytes_of(path));
    append(all, merkle::sha256(inode->now).view());
  }
  return merkle::sha256(all);
}

}  // namespace varve::sim
