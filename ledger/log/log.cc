// The log: a queue in front of the sequencer, one commit thread, and the readers.
#include <algorithm>
#include <utility>

#include "ledger/base/codec.h"
#include "ledger/base/mutex.h"
#include "ledger/env/thread.h"
#include "ledger/format/tombstone.h"
#include "ledger/ledger.h"
#include "ledger/log/append_queue.h"
#include "ledger/log/background_task.h"
#include "ledger/log/catalogue_writer.h"
#include "ledger/log/mark_keeper.h"
#include "ledger/log/named_tree.h"
#include "ledger/log/root_signing.h"
#include "ledger/log/sequencer.h"
#include "ledger/log/signature_count.h"
#include "ledger/log/witness_signing.h"
#include "ledger/merkle/checked.h"
#include "ledger/read/prover.h"
#include "ledger/read/reader.h"
#include "ledger/recovery/recovery.h"
#include "ledger/rules/approver_rules.h"
#include "ledger/upkeep/disposer.h"
#include "ledger/upkeep/scrubber.h"

namespace varve {
namespace {

using log::Item;

Result<void> has_record(TreeSize size, LeafIndex i) {
  if (contains(size, i)) return {};
  return not_found("the log has " + std::to_string(size.value) + " records, there is no number " +
                   std::to_string(i.value));
}

class OpenLog final : public Log {
 public:
  OpenLog(const LogOptions& options, const Environment& environment, recovery::Recovered recovered)
      : options_(options),
        storage_(std::move(recovered.storage)),
        reader_(*storage_),
        prover_(*storage_->hashes),
        notice_(environment.notice),
        signatures_(environment.files, environment.signer),
        turns_(environment.turns),
        queue_(options.queue_bytes_max),
        signing_([this] { queue_.wake(); }),
        sequencer_(options_, counted(environment), *storage_, std::move(recovered.start), signing_),
        mark_keeper_(options.origin, environment, *storage_),
        scrubber_(
            options_, environment, *storage_, [this] { return view().keys->history; },
            [this](std::string text, AppendDone done) {
              append_control(format::Kind::kAuditRun, std::move(text), std::move(done));
            }),
        disposer_(
            options_, environment, *storage_,
            [this](const std::set<std::uint64_t>& ordinals) { forget(ordinals); },
            [this](format::Kind kind, std::string text, AppendDone done) {
              append_control(kind, std::move(text), std::move(done));
            }) {}

  ~OpenLog() override { stop(); }

  Result<void> start() {
    if (options_.ended) return start_ended();
    if (auto loaded = signatures_.load(); !loaded) {
      if (loaded.error().code != Code::kCorrupt) return loaded;
      if (notice_) notice_("signatures_not_counted", loaded.error().message);
    }
    RETURN_IF_ERROR(sequencer_.start());
    say_shared_keys();
    RETURN_IF_ERROR(disposer_.forget_what_remains());
    ASSIGN_OR_RETURN(thread_, env::start_thread([this] { run(); }));
    return scrubber_.start();
  }

  void append(format::SealedBatch batch, AppendDone done) override {
    if (options_.ended) return done(has_ended());
    auto key = verify(batch);
    if (!key) return done(std::move(key).error());
    Item item{{}, std::move(done), batch.bytes.size(), std::move(*key), {}};
    if (batch.bytes.size() >= store::kCompressAlone) item.compressed = store::compress(batch.bytes);
    item.what = std::move(batch);
    queue_.push(std::move(item));
  }

  void append(EventRequest request, AppendDone done) override {
    if (options_.ended) return done(has_ended());
    // As records they are larger: a group of tiny events must not outgrow a frame.
    const std::size_t overhead = format::kRecordFixedSize + format::kMediaTypeMax;
    const std::string joins = format::sender_text({options_.origin, request.sender});
    const std::size_t records = request.events.size() + 1;  // its sender's, if it is new
    Item item{{}, std::move(done), request.body.size() + joins.size() + records * overhead, {}, {}};
    item.what = std::move(request);
    queue_.push(std::move(item));
  }

  void append_control(format::Kind kind, std::string note, AppendDone done) override {
    if (options_.ended) return done(has_ended());
    if (auto fits = log::check_named_tree(kind, note, *storage_); !fits)
      return done(std::move(fits).error());
    if (format::row_of(kind).meaning == format::Meaning::kKeys) expect_signatures_after(note);
    if (kind == format::Kind::kDisposal) done = then_dispose(std::move(done));
    Item item{{}, std::move(done), note.size(), {}, {}};
    item.what = log::ControlNote{kind, std::move(note)};
    queue_.push(std::move(item));
  }

  void append_hold(std::string note, std::string text, AppendDone done) override {
    if (options_.ended) return done(has_ended());
    Item item{{}, std::move(done), note.size() + text.size(), {}, {}};
    item.what = log::ControlNote{format::Kind::kHold, std::move(note), std::move(text)};
    queue_.push(std::move(item));
  }

  void append_timestamps(std::vector<std::string> texts, AppendDone done) override {
    if (options_.ended) return done(has_ended());
    if (texts.empty() || texts.size() > format::kStampsMax)
      return done(invalid("evidence is 1 to " + std::to_string(format::kStampsMax) +
                          " time stamps, not " + std::to_string(texts.size())));
    Item item{{}, std::move(done), 0, {}, {}};
    for (const std::string& text : texts) {
      if (auto fits = log::check_named_tree(format::Kind::kTimestamp, text, *storage_); !fits)
        return item.done(std::move(fits).error());
      item.size_bytes += text.size();
    }
    item.what = log::TimeStatements{std::move(texts)};
    queue_.push(std::move(item));
  }

  void append_reports(std::vector<Report> reports, AppendDone done) override {
    if (options_.ended) return done(has_ended());
    if (auto well_formed = log::check_reports(reports, options_.origin); !well_formed)
      return done(std::move(well_formed).error());
    Item item{{}, std::move(done), 0, {}, {}};
    for (const Report& report : reports)
      item.size_bytes += report.text.size() + format::kRecordFixedSize + format::kMediaTypeMax;
    item.what = std::move(reports);
    queue_.push(std::move(item));
  }

  Result<std::shared_ptr<const format::SignedCheckpoint>> for_witnesses() override {
    if (options_.ended || view().keys->history.witness_key() == nullptr) return latest();
    ASSIGN_OR_RETURN(const auto turn, turns_->for_witnesses());
    RETURN_IF_ERROR(storage_->writer.check());  // I6
    const LedgerView seen = view();
    return log::sign_for_witnesses(*seen.newest, *seen.keys->history.witness_key(), signatures_);
  }

  Result<format::SignedRoot> sign_root() override {
    if (options_.ended) return has_ended();
    ASSIGN_OR_RETURN(const auto turn, turns_->for_receipts());
    return log::sign_root(view(), storage_->writer, signatures_);
  }

  [[nodiscard]] Result<void> check_writer() const override { return storage_->writer.check(); }

  Result<void> try_key(const format::VerifierKey& key) override {
    if (options_.ended) return {};
    ASSIGN_OR_RETURN(const auto turn, turns_->for_witnesses());
    return log::try_key(*latest(), key, signatures_);
  }

  void stop() override {
    const MutexLock lock(stop_mutex_);
    disposer_.stop();  // while what it says is still taken
    storage_->stop_derived();
    queue_.stop();
    if (thread_.joinable()) thread_.join();
    catalogue_writer_.stop();
    mark_keeper_.stop();
    scrubber_.stop();
    if (options_.ended) return;
    signing_.wait();  // after a fault the token may be signing still
    if (auto saved = signatures_.save(); !saved && notice_)
      notice_("signatures_not_counted", saved.error().message);
  }

  [[nodiscard]] LedgerView view() const override { return storage_->view(); }
  [[nodiscard]] Result<std::shared_ptr<const format::SignedCheckpoint>> checkpoint_at(
      TreeSize size) const override {
    return reader_.checkpoint_at(size, view().keys->history);
  }
  [[nodiscard]] Result<Hash> node(merkle::NodeId id) const override {
    return storage_->hashes->node(id);
  }
  [[nodiscard]] Result<Buffer> tile(const merkle::TileId& id, env::Wait wait) const override {
    const TreeSize size = latest()->checkpoint.size;
    if (merkle::tile_width(id.level, id.index, size) < id.width)
      return not_found("the log has no such tile yet");
    return storage_->hashes->tile(id, wait);
  }

  [[nodiscard]] Result<ProvenUnder> inclusion(LeafIndex i, env::Wait wait) const override {
    auto newest = latest();
    RETURN_IF_ERROR(has_record(newest->checkpoint.size, i));
    return prover_.inclusion(i, std::move(newest), wait);
  }
  [[nodiscard]] Result<std::vector<Buffer>> records(LeafIndex first,
                                                    std::uint64_t count) const override {
    const TreeSize size = latest()->checkpoint.size;
    RETURN_IF_ERROR(has_record(size, first));
    return reader_.records(first, std::min(count, size.value - first.value));
  }
  [[nodiscard]] Result<LeafIndex> find_leaf(const Hash& leaf) const override {
    return reader_.find_leaf(leaf, latest()->checkpoint.size);
  }

  [[nodiscard]] Result<format::Receipt> receipt(const Appended& appended) const override {
    auto under = appended.under;
    if (!under) {
      const TreeSize end{appended.first.value + appended.count};
      ASSIGN_OR_RETURN(under, checkpoint_at(end));
    }
    format::Receipt receipt;
    receipt.first_index = appended.first;
    receipt.count = appended.count;
    receipt.tree_size = under->checkpoint.size;
    receipt.root = under->checkpoint.root;
    receipt.checkpoint = under->note;
    const merkle::HashReader& hashes = appended.hashes ? *appended.hashes : *storage_->hashes;
    ASSIGN_OR_RETURN(receipt.range_proof, merkle::prove_range(appended.first, appended.count,
                                                              receipt.tree_size, hashes));
    if (!appended.hashes) RETURN_IF_ERROR(check_range(receipt));
    receipt.record_headers = appended.record_headers;
    if (appended.server_sealed && receipt.record_headers.empty()) {
      ASSIGN_OR_RETURN(receipt.record_headers, headers_of(appended.first, appended.count));
    }
    if (appended.server_sealed) {
      ASSIGN_OR_RETURN(receipt.sender, sender_of(receipt.record_headers.front()));
    }
    return receipt;
  }

  [[nodiscard]] Result<SourceState> source(SourceId id) const override {
    return storage_->source(id);
  }
  [[nodiscard]] std::vector<SourceState> sources(SourceId after, std::size_t most) const override {
    return storage_->sources(after, most);
  }
  [[nodiscard]] LogStatus status() const override {
    LogStatus status = sequencer_.status();
    if (options_.ended) {
      status.state = LogState::kServing;
      status.reason = has_ended().message;
    }
    status.queued_bytes = queue_.bytes();
    status.queue_bytes_max = options_.queue_bytes_max;
    status.reserve_bytes = options_.reserve_bytes;
    status.mutable_segments = storage_->mutable_segments;
    mark_keeper_.report(status);
    scrubber_.report(status);
    signatures_.report(view().keys->history, status);
    return status;
  }

 private:
  /// Of a log that named such approvers while that was allowed.
  void say_shared_keys() const {
    if (!notice_) return;
    const rules::KeyHistory keys = sequencer_.newest_keys();
    for (const std::string& shared : rules::shared_keys(keys.approvers(), keys.all()))
      notice_("approvers_share_a_key", shared + "; name others by a new event");
  }

  /// No thread that writes, and none that asks the token for a signature.
  Result<void> start_ended() {
    if (storage_->latest()) return disposer_.forget_what_remains();
    return invalid(
        "nothing that a checkpoint covers is left of the log: there is nothing to serve");
  }
  static Error has_ended() { return worm("this log has ended: nothing is added to it any more"); }

  [[nodiscard]] Environment counted(const Environment& env) {
    return {env.clock, env.random, env.files,   signatures_, env.vault,
            env.marks, env.notice, env.holders, env.turns};
  }

  void run() {
    for (;;) {
      mark_keeper_.look();
      disposer_.look_if_due();
      const std::uint64_t wait_ms =
          std::min({sequencer_.idle_ms(), disposer_.due_in_ms(), mark_keeper_.due_in_ms()});
      log::AppendQueue::Work work = queue_.take(wait_ms, sequencer_.is_signing());
      sequencer_.step(std::move(work.items));
      catalogue_writer_.look();
      if (work.stopping && !queue_.anything_waiting()) break;
    }
    sequencer_.finish();
  }

  /// The key of the batch's signature. On the caller's thread: the commit thread must not pay for it.
  Result<Buffer> verify(const format::SealedBatch& batch) const {
    if (batch.seal.sealer != format::Sealer::kSource)
      return invalid("the seal is not signed by its source");
    ASSIGN_OR_RETURN(const SourceState source, sequencer_.newest_source(batch.seal.source));
    if (!source.key)
      return not_found("the source " + source.name + " is a sender's, for which the log seals");
    ASSIGN_OR_RETURN(const Buffer message, format::seal_message(batch.seal, options_.origin));
    if (!format::verify_signature(*source.key, message, batch.seal.signature))
      return invalid("the seal's signature is not by the key that is registered for this source");
    return source.key->key;
  }

  /// A key that joins signs the checkpoint over its own event: that it is counted is made durable
  /// before, on the caller's thread. An event that is invalid is refused at its turn.
  void expect_signatures_after(const std::string& key_event) {
    rules::KeyHistory keys = sequencer_.newest_keys();
    if (!keys.apply(key_event)) return;
    for (const format::VerifierKey& key : keys.active()) signatures_.expect(key.key);
    if (keys.witness_key() != nullptr) signatures_.expect(keys.witness_key()->key);
  }

  AppendDone then_dispose(AppendDone done) {
    return [this, done = std::move(done)](Result<Appended> appended) {
      if (appended) disposer_.wake();
      done(std::move(appended));
    };
  }

  /// No copy of these segments' keys is left, nor what was read by them.
  void forget(const std::set<std::uint64_t>& ordinals) {
    storage_->data_keys->forget(ordinals);
    scrubber_.forget(ordinals);
    reader_.forget(ordinals);
  }

  /// A proof from the files is verified before it leaves. Errors: kCorrupt, kIo.
  Result<void> check_range(const format::Receipt& receipt) const {
    ASSIGN_OR_RETURN(const Buffer bytes,
                     storage_->hashes->leaves(receipt.first_index, receipt.count));
    std::vector<Hash> leaves;
    for (ByteReader in(bytes); !in.at_end();) leaves.push_back(in.hash());
    const auto verified = merkle::verify_range(leaves, receipt.first_index, receipt.tree_size,
                                               receipt.range_proof, receipt.root);
    if (!verified)
      return corrupt("the stored hashes do not lead to the signed root: " +
                     verified.error().message);
    return {};
  }

  /// The name of the source of which a record header is; empty: the log itself.
  Result<std::string> sender_of(Bytes header) const {
    const SourceId source = format::source_of_header(header);
    if (source == format::kLogItself) return std::string();
    ASSIGN_OR_RETURN(SourceState state, storage_->source(source));
    return std::move(state.name);
  }

  Result<std::vector<Buffer>> headers_of(LeafIndex first, std::uint64_t count) const {
    std::vector<Buffer> headers;
    while (headers.size() < count) {
      ASSIGN_OR_RETURN(const auto part,
                       records(LeafIndex{first.value + headers.size()}, count - headers.size()));
      for (const Buffer& bytes : part) {
        if (format::is_tombstone(bytes)) {
          ASSIGN_OR_RETURN(auto tombstone, format::decode_tombstone(bytes));
          tombstone.key_minutes = view().retention->key_period(tombstone.month).minutes;
          return not_found("there is no receipt any more: " + format::explain(tombstone));
        }
        ASSIGN_OR_RETURN(const format::Record record, format::decode_record(bytes));
        headers.push_back(to_buffer(Bytes{bytes}.first(bytes.size() - record.payload.size())));
      }
    }
    return headers;
  }

  const LogOptions options_;
  std::unique_ptr<state::Storage> storage_;
  mutable read::Reader reader_;
  mutable read::Prover prover_;
  const Notice notice_;
  log::SignatureCount signatures_;
  const std::shared_ptr<env::TokenTurns> turns_;
  log::AppendQueue queue_;
  log::BackgroundThread signing_;
  log::Sequencer sequencer_;
  log::CatalogueWriter catalogue_writer_{sequencer_};
  log::MarkKeeper mark_keeper_;
  upkeep::Scrubber scrubber_;
  upkeep::Disposer disposer_;
  Mutex stop_mutex_;
  std::thread thread_;
};

}  // namespace

Result<std::unique_ptr<Log>> Log::open(const LogOptions& options, const Environment& environment) {
  ASSIGN_OR_RETURN(auto lock, environment.files.lock("lock"));
  ASSIGN_OR_RETURN(recovery::Recovered recovered, recovery::recover(options, environment));
  recovered.storage->writer.hold(std::move(lock));
  auto log = std::make_unique<OpenLog>(options, environment, std::move(recovered));
  RETURN_IF_ERROR(log->start());
  return std::unique_ptr<Log>(std::move(log));
}

}  // namespace varve
