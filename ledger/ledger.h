// The ledger in one header: open a log, append to it, read it, prove what is in it.
// Everything behind it may change; this, the formats and the wire stay. An example is at the end.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/base/result.h"
#include "ledger/base/types.h"
#include "ledger/env/clock.h"
#include "ledger/env/filesystem.h"
#include "ledger/env/high_water_mark.h"
#include "ledger/env/kek_custody.h"
#include "ledger/env/random.h"
#include "ledger/env/signer.h"
#include "ledger/env/token_turns.h"
#include "ledger/format/batch.h"
#include "ledger/format/cose_receipt.h"
#include "ledger/format/receipt.h"
#include "ledger/format/retention.h"
#include "ledger/format/sender.h"
#include "ledger/format/signed_checkpoint.h"
#include "ledger/log_status.h"
#include "ledger/merkle/proof.h"
#include "ledger/merkle/tile.h"
#include "ledger/rules/grants.h"
#include "ledger/rules/indexed.h"
#include "ledger/rules/key_history.h"
#include "ledger/rules/retention.h"
#include "ledger/rules/source_chain.h"
#include "ledger/rules/witnessed.h"

namespace varve {

/// Callback for operator-facing events: the event's name, then a sentence.
/// Thread: any. Must not block and must not call the log.
using Notice = std::function<void(std::string_view event, const std::string& sentence)>;

/// What a log needs of the world. All of it outlives the log.
struct Environment {
  env::Clock& clock;
  env::Random& random;
  env::Filesystem& files;  // rooted at the log's own directory
  env::Signer& signer;
  env::KeyVault& vault;
  env::HighWaterMark* marks = nullptr;  // kept apart from `files`; without one, an older copy of
                                        // the store is not recognised as such
  Notice notice = {};
  std::vector<env::KeyHolder> holders =
      {};  // every token that may hold keys of months; without any,
           // the log records disposals and destroys nothing
  std::shared_ptr<env::TokenTurns> turns =
      std::make_shared<env::TokenTurns>();  // one for all logs whose signatures are of one token
};

struct LogOptions {
  std::string origin;             // e.g. "audit.example.org/cardiology"; never changes
  format::VerifierKey first_key;  // signs record 0 of an empty log; later keys are in the ledger
  std::optional<format::KeyStatement> first_statement;  // of that key's token, for record 0
  format::Policy first_policy;  // of an empty log, record 1; origin and key are filled in
  std::string kek_prefix;       // label of a month's key: prefix + "/2026-11"
  std::uint64_t segment_bytes_max = 64u << 20;  // a segment is sealed once it is larger
  std::uint64_t segment_age_max_s = 86'400;     // ... or older
  std::uint64_t reserve_bytes = 64u << 20;      // kept free; control records may use most of it
  std::uint64_t queue_bytes_max = 64u << 20;    // waiting appends: beyond it they get kBusy
  std::uint64_t sync_ahead_bytes = 8u << 20;    // written while the token signs: worth an fdatasync
  std::uint32_t reorder_wait_ms = 500;          // a batch that came too early waits this long
  std::uint64_t senders_max = 100'000;          // sources; past it no sender joins by itself: kFull
  std::uint64_t scrub_period_s = 30 * 86'400;   // all sealed data is read again within it; 0: never
  bool ended = false;  // reads only, for ever: nothing is appended or signed, and the store may end
                       // before its high-water mark, because the rest is lost
};

/// The log's keys after the records that a checkpoint covers. Immutable.
struct LogKeys {
  rules::KeyHistory history;
  std::vector<LeafIndex> events;  // positions of the key events, in order: what an auditor walks
};

/// What readers see, as of one moment: the newest checkpoint, and what its records say of the log.
struct LedgerView {
  std::shared_ptr<const format::SignedCheckpoint> newest;
  std::shared_ptr<const LogKeys> keys;
  std::shared_ptr<const rules::Retention> retention;  // its sources: as of its newest clock
  std::shared_ptr<const rules::GrantsAt> grants;      // the newest; null: none was ever recorded
  rules::Indexed indexed = {};                        // how far the log is indexed
  rules::WitnessedSeen witnessed = {};                // cosigned checkpoints that are records
};

/// An acknowledged append: durable, and under a durable signed checkpoint.
struct Appended {
  LeafIndex first;
  std::uint64_t count = 0;  // leaves; of a sealed batch, its seal too
  std::shared_ptr<const format::SignedCheckpoint> under =
      {};                      // the first checkpoint that covers them
  bool repeated = false;       // it was there already: same receipt as then
  bool server_sealed = false;  // its receipt carries the record headers
  // What a receipt is made of, in memory while it is fresh; else it is read from the files.
  std::shared_ptr<const merkle::HashReader> hashes = {};  // null: read
  std::vector<Buffer> record_headers = {};                // if server_sealed; none: read
};

/// Called exactly once: on the log's commit thread or, when an append is refused at once, on the
/// thread that appends. Must not block and must not call the log.
using AppendDone = std::function<void(Result<Appended>)>;

struct Event {
  std::string_view media_type;
  Bytes payload;              // view into EventRequest::body
  std::uint64_t time_us = 0;  // when it was received
};

/// Events of a sender that cannot seal; the log seals them on its behalf.
struct EventRequest {
  format::Sender sender;      // its source: from its first event on it is in the log
  Buffer body;                // owns what the events view
  std::vector<Event> events;  // 1 ... kBatchRecordsMax
  std::optional<Hash> key;    // idempotency key, hashed together with who sent it
  Hash content;               // of the request, if it has a key: with other content it is refused
};

inline constexpr std::size_t kReportsBytesMax = 4u << 20;  // of texts in one append
/// What the log is to say by itself of those who use it: the payload of a record of a kind that is a
/// report (format/kinds.h), as format/access.h writes it.
struct Report {
  format::Kind kind = format::Kind::kAccess;
  std::string text;
};

/// A source, and where its chain stands: what its next batch has to carry, if it seals.
struct SourceState : rules::ChainEnd {
  std::string name;
  std::optional<format::VerifierKey> key;  // nothing: a sender, for which the log seals
  LeafIndex last_event;                    // of its newest event, where next_event is not 0,
  std::uint64_t last_sealed_us = 0;        // and when that was sealed
  // What the newest event says if it is a heartbeat that came since the log was opened.
  std::optional<rules::HeartbeatAt> heartbeat = {};
};

/// A leaf, and the proof that it is in the tree that a checkpoint signs.
struct ProvenUnder {
  std::shared_ptr<const format::SignedCheckpoint> checkpoint;
  Hash leaf;
  merkle::Proof proof;
};

/// One log. Thread: every method from any thread; reads never wait for an append.
class Log : public merkle::HashReader {
 public:
  /// Recovers what is on disk, or makes a new log with record 0, the creation of its first key.
  /// Errors: kWorm     another process has it open.
  ///         kCorrupt  a record that was acknowledged is damaged or missing, or the store is older
  ///                   than its high-water mark, or another; says which and what to do.
  ///         kInvalid  another origin or first key than the store's.  kBusy, kFull, kIo  as token and
  ///                   disk say.
  static Result<std::unique_ptr<Log>> open(const LogOptions& options,
                                           const Environment& environment);
  ~Log() override = default;  // as stop()

  // --- append: done is called with the receipt's facts, or with an error that means "not acknowledged"

  /// Errors: kNotFound    the source is not registered, or the log seals for it.
  ///         kInvalid     its signature or its place in the source's chain is wrong.
  ///         kWorm        this sequence number was taken by another batch.
  ///         kOutOfOrder  batches before it are missing; source() says from which on.
  ///         kBusy, kFull, kIo  not now; repeating it is always safe.
  virtual void append(format::SealedBatch batch, AppendDone done) = 0;
  /// Errors: kInvalid  no events or too many, or no sender.  kWorm  same key, other content.  kBusy, kFull, kIo.
  virtual void append(EventRequest request, AppendDone done) = 0;
  /// The payload of a control record that others than the log write, checked by its rules. Of a
  /// disposal the months' keys are destroyed behind its record, where the environment has holders of
  /// keys. A key event may write to the disk before it returns, and a disposal reads all segments' headers.
  /// Errors: kInvalid, kWorm (it is known already), kBusy, kFull, kIo.
  virtual void append_control(format::Kind kind, std::string note, AppendDone done) = 0;

  /// A hold with its text, or a release with none. Errors: as append_control.
  virtual void append_hold(std::string note, std::string text, AppendDone done) = 0;

  /// Texts of time stamps (format/timestamp.h) over checkpoints of this log, 1 to 32, all or none. The
  /// next clock record carries them as evidence: behind them, or first in the next segment where the
  /// evidence ends the month. Errors: as append_control; kInvalid, kWorm  by which rule they do not count.
  virtual void append_timestamps(std::vector<std::string> texts, AppendDone done) = 0;

  /// Records of the log itself that go with their month, 1 to kBatchRecordsMax, in one batch under a seal
  /// of the log; all or none. They take nothing of the reserve.
  /// Errors: kInvalid  no reports or too many, or one that is none.  kBusy, kFull, kIo.
  virtual void append_reports(std::vector<Report> reports, AppendDone done) = 0;

  /// The newest checkpoint as it goes to witnesses: with a signature by the log's witness key too, where the
  /// records that it covers name one. Nothing else is ever signed with that key. Waits for its turn at the token
  /// (env::TokenTurns::for_witnesses) and asks it.
  /// Errors: as Signer::sign.  kBusy  also: other signatures take the token's time.
  ///         kWorm  there is, or may be, another writer.
  virtual Result<std::shared_ptr<const format::SignedCheckpoint>> for_witnesses() = 0;

  /// The root of the newest checkpoint's tree, signed for COSE receipts. Waits for its turn at the token
  /// (env::TokenTurns::for_receipts) and asks it.
  /// Errors: as for_witnesses; kWorm  also: the log has ended.
  virtual Result<format::SignedRoot> sign_root() = 0;

  /// Whether this process still is the one that writes the log, as far as it can see. Thread: any.
  /// Errors: kWorm  there is, or may be, another writer.  kIo.
  [[nodiscard]] virtual Result<void> check_writer() const = 0;

  /// Whether the token signs with `key`, which signs the log's checkpoints: it signs the newest one once more, and
  /// that signature goes nowhere. Requires an active key. Takes as long as for_witnesses().
  /// Errors: as Signer::sign; kBusy  also: its signature does not verify.
  virtual Result<void> try_key(const format::VerifierKey& key) = 0;

  /// Acknowledges or refuses what is queued, seals the open segment, closes. Blocks; idempotent.
  virtual void stop() = 0;

  // --- read

  [[nodiscard]] virtual LedgerView view() const = 0;
  /// The newest checkpoint.
  [[nodiscard]] std::shared_ptr<const format::SignedCheckpoint> latest() const {
    return view().newest;
  }
  /// The first checkpoint that covers `size` leaves, verified.
  /// Errors: kNotFound  none does yet.  kCorrupt  it is damaged.  kIo.
  [[nodiscard]] virtual Result<std::shared_ptr<const format::SignedCheckpoint>> checkpoint_at(
      TreeSize size) const = 0;
  /// Bytes of a whole or partial tile.
  /// Errors: kNotFound  it is not (all) there yet.  kBusy  it may not wait for the disk, and would.  kIo.
  [[nodiscard]] virtual Result<Buffer> tile(const merkle::TileId& id, env::Wait wait) const = 0;
  /// Leaf `i` under the newest checkpoint; every hash of the proof was verified against it.
  /// Errors: kNotFound  it is not in that tree.  kCorrupt  the stored hashes do not lead to the signed root:
  ///         stop serving, run audit.  kBusy  it may not wait for the disk, and would.  kIo.
  [[nodiscard]] virtual Result<ProvenUnder> inclusion(LeafIndex i, env::Wait wait) const = 0;
  /// Records [first, first + count), whole; returns at least one, and fewer than asked when they
  /// lie in several frames. In place of an event whose month's key was destroyed stands its tombstone
  /// (format/tombstone.h). Errors: kNotFound, kIo, kBusy (the token is needed and gone), kCorrupt.
  [[nodiscard]] virtual Result<std::vector<Buffer>> records(LeafIndex first,
                                                            std::uint64_t count) const = 0;
  /// Errors: kNotFound  no record has this leaf hash.
  [[nodiscard]] virtual Result<LeafIndex> find_leaf(const Hash& leaf) const = 0;
  [[nodiscard]] virtual Result<format::Receipt> receipt(const Appended& appended) const = 0;

  /// As of the newest checkpoint; after a start without the token, as of the durable records.
  /// Errors: kNotFound  not registered.
  [[nodiscard]] virtual Result<SourceState> source(SourceId id) const = 0;
  /// All sources but the log itself, by ascending id: those behind `after`, at most `most` of them. As
  /// of the same moment as source().
  [[nodiscard]] virtual std::vector<SourceState> sources(SourceId after,
                                                         std::size_t most) const = 0;
  [[nodiscard]] virtual LogStatus status() const = 0;
};

}  // namespace varve

// Example: append one event, and take its receipt home. (example_test.cc compiles and runs it.)
//
//   auto log = Log::open(options, environment);
//   if (!log) return log.error();
//   EventRequest request;
//   request.sender = {format::SenderKind::kClient, "ward-7"};
//   request.body = to_buffer(bytes_of("{\"read\":\"record 17\"}"));
//   request.events.push_back({"application/json", request.body, environment.clock.now_us()});
//   std::promise<Result<Appended>> promise;
//   (*log)->append(std::move(request), [&promise](Result<Appended> done) {
//     promise.set_value(std::move(done));
//   });
//   const Result<Appended> appended = promise.get_future().get();
//   if (!appended) return appended.error();  // not acknowledged: repeating it is safe with a key
//   return (*log)->receipt(*appended);       // durable, signed, and provable for ever
