// Every short history of two sources, two clients and the log itself, judged twice: by the verifier, which reads
// the records' bytes, and by a model of a few lines, which reads no bytes and knows only what each
// step was meant to be. They share no code, so a rule that one of them forgot shows here.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <iostream>
#include <numeric>
#include <string>
#include <vector>

#include "good_log.h"
#include "ledger/format/control.h"
#include "ledger/format/record.h"
#include "ledger/format/seal.h"
#include "ledger/format/sender.h"
#include "ledger/format/tombstone.h"
#include "ledger/merkle/tree.h"
#include "ledger/verify/log_fold.h"

namespace varve::verify {
namespace {

constexpr std::size_t kLog = 0;   // of the chains, the log's own
constexpr std::size_t kWard = 1;  // registered from the start
constexpr std::size_t kLab = 2;   // not yet
constexpr std::size_t kPacs = 3;  // a client, not registered yet, whose source has the lower id
constexpr std::size_t kEhr = 4;   // another
constexpr std::size_t kChains = 5;

constexpr bool log_seals(std::size_t who) {
  return who == kLog || who == kPacs || who == kEhr;
}

enum class Act {
  kEvent,
  kTombstone,
  kSeal,     // version 1: of one source, in its own chain
  kSealAll,  // version 2: by the log, of whatever there is
  kControl,
  kRegister,  // with a key; of a client: takes its name
  kRotate,
  kJoin,  // a client
};
enum class Fault {
  kNone,
  kAhead,       // its number is one too high
  kBehind,      // ... one too low
  kPrevious,    // the seal before is another
  kFirst,       // the first event's number is one too high
  kCount,       // one event more than there are
  kRoot,        // of other events
  kSigner,      // signed by another key than the source's
  kSealer,      // the log seals for a source, or the other way round
  kNotTheLogs,  // a control record that a source wrote
  kMediaType,   // ... with another media type than its kind has
  kOtherLog,    // a note for another log
  kSameKey,     // rotation to the key that the source has
  kOtherName,   // the seal lists another client than sent
  kUnlisted,    // the seal does not list the last of those who sent
};

struct Step {
  Act act;
  std::size_t who;
  Fault fault;
};

std::vector<Step> all_steps() {
  std::vector<Step> steps = {{Act::kTombstone, kLog, Fault::kNone}};
  for (const std::size_t who : {kLog, kWard, kLab, kPacs, kEhr})
    for (const Fault fault : {Fault::kNone, Fault::kAhead, Fault::kBehind})
      steps.push_back({Act::kEvent, who, fault});
  for (const Fault fault :
       {Fault::kNone, Fault::kAhead, Fault::kBehind, Fault::kPrevious, Fault::kFirst, Fault::kCount,
        Fault::kRoot, Fault::kOtherName, Fault::kUnlisted})
    steps.push_back({Act::kSealAll, kLog, fault});
  for (const std::size_t who : {kPacs, kEhr}) {
    for (const Fault fault : {Fault::kNone, Fault::kSealer})
      steps.push_back({Act::kSeal, who, fault});
    for (const Fault fault : {Fault::kNone, Fault::kOtherLog})
      steps.push_back({Act::kJoin, who, fault});
    steps.push_back({Act::kRegister, who, Fault::kNone});
    steps.push_back({Act::kRotate, who, Fault::kNone});
  }
  for (const std::size_t who : {kLog, kWard, kLab}) {
    for (const Fault fault : {Fault::kNone, Fault::kAhead, Fault::kBehind, Fault::kPrevious,
                              Fault::kFirst, Fault::kCount, Fault::kRoot, Fault::kSealer})
      steps.push_back({Act::kSeal, who, fault});
  }
  for (const std::size_t who : {kWard, kLab}) {
    steps.push_back({Act::kSeal, who, Fault::kSigner});
    for (const Fault fault : {Fault::kNone, Fault::kSigner, Fault::kOtherLog}) {
      steps.push_back({Act::kRegister, who, fault});
      steps.push_back({Act::kRotate, who, fault});
    }
    steps.push_back({Act::kRotate, who, Fault::kSameKey});
  }
  for (const Fault fault :
       {Fault::kNone, Fault::kAhead, Fault::kBehind, Fault::kNotTheLogs, Fault::kMediaType})
    steps.push_back({Act::kControl, kLog, fault});
  return steps;
}

/// docs/format/batch.md and control.md in few lines.
struct Model {
  std::array<bool, kChains> known = {true, true, false, false, false};
  std::array<int, kChains> batches{};
  std::array<int, kChains> events{};
  std::array<int, kChains> open{};  // events of each that wait for their seal; of tombstones kLog's
  int controls = 2;                 // the first key, and ward's registration
  bool gone = false;                // only tombstones are left of what waits
  std::size_t whose = kLog;         // the newest of what waits

  [[nodiscard]] int waiting() const { return std::accumulate(open.begin(), open.end(), 0); }
  [[nodiscard]] bool knows_clients() const { return known[kPacs] || known[kEhr]; }
  /// False for what nobody can write, or what the model has no opinion of.
  [[nodiscard]] bool can_be_written(const Step& step) const {
    if (step.fault == Fault::kUnlisted) return waiting() > open[whose];  // others sent, too
    if (step.fault == Fault::kOtherName) return whose == kPacs && open[kEhr] == 0;
    const bool takes_name = step.act == Act::kRegister || step.act == Act::kRotate;
    // Until a log knows its clients, a source may be called as one of them.
    if (takes_name && log_seals(step.who) && !knows_clients()) return false;
    if (step.fault != Fault::kBehind) return true;
    if (step.act == Act::kEvent) return number_of_event(step.who) > 0;
    return step.act == Act::kControl ? controls > 0 : batches[step.who] > 0;
  }
  [[nodiscard]] int number_of_event(std::size_t who) const {
    return events[who] + (gone ? 0 : open[who]);
  }
  [[nodiscard]] bool may_send(std::size_t who) const {
    if (!known[who] || gone || (who == kLog && knows_clients())) return false;
    return waiting() == 0 || whose == who || (log_seals(who) && log_seals(whose) && who > whose);
  }
  [[nodiscard]] bool accepts(const Step& step) const {
    if (step.fault != Fault::kNone) return false;
    switch (step.act) {
      case Act::kEvent:
        return may_send(step.who);
      case Act::kTombstone:
        return waiting() == 0 || gone;
      case Act::kSeal:
        if (step.who == kPacs || step.who == kEhr) return false;
        return known[step.who] && waiting() > 0 && (gone || open[step.who] == waiting());
      case Act::kSealAll:
        return waiting() > 0 && log_seals(whose);
      case Act::kControl:
        return waiting() == 0;
      case Act::kRegister:
        return waiting() == 0 && !known[step.who] && !log_seals(step.who);
      case Act::kRotate:
        return waiting() == 0 && known[step.who] && !log_seals(step.who);
      case Act::kJoin:
        break;
    }
    return waiting() == 0 && !known[step.who];
  }
  void take(const Step& step) {
    switch (step.act) {
      case Act::kEvent:
      case Act::kTombstone:
        gone = step.act == Act::kTombstone;
        whose = step.who;
        ++open[step.who];
        return;
      case Act::kSeal:
        ++batches[step.who];
        events[step.who] += waiting();
        open = {};
        gone = false;
        return;
      case Act::kSealAll:
        ++batches[kLog];
        for (std::size_t who = 0; who < kChains; ++who) events[who] += open[who];
        open = {};
        gone = false;
        return;
      case Act::kRegister:
      case Act::kJoin:
      case Act::kControl:
      case Act::kRotate:
        break;
    }
    if (step.act != Act::kControl) known[step.who] = true;
    ++controls;
  }
};

const std::string kOrigin = "audit.example.org/ward";

/// Makes the records: what a source and a log with these numbers would write, but for the fault.
struct Writer {
  std::array<Hash, kChains> last_seals{};
  std::array<std::size_t, kChains> keys{};  // which of its two keys the source has
  merkle::Frontier waiting;                 // leaves of the events that wait for their seal

  static const SigningKey& key(std::size_t who, std::size_t which) {
    static const std::array<std::array<SigningKey, 2>, kChains> all = [] {
      std::array<std::array<SigningKey, 2>, kChains> made;
      for (std::size_t w = 0; w < kChains; ++w)
        for (std::size_t k = 0; k < 2; ++k)
          made[w][k] =
              SigningKey::make(std::array{"log", "ward", "lab", "client/pacs", "client/ehr"}[w],
                               "model " + std::to_string(10 * w + k));
      return made;
    }();
    return all[who][which % 2];
  }
  [[nodiscard]] const SigningKey& own(std::size_t who) const { return key(who, keys[who]); }
  [[nodiscard]] const SigningKey& other(std::size_t who) const { return key(who, keys[who] + 1); }
  static SourceId id(std::size_t who) {
    return who == kLog ? format::kLogItself : id_of(key(who, 0));
  }
  static std::uint64_t shifted(int number, Fault fault) {
    return static_cast<std::uint64_t>(number + (fault == Fault::kAhead ? 1 : 0) -
                                      (fault == Fault::kBehind ? 1 : 0));
  }

  [[nodiscard]] Buffer write(const Step& step, const Model& now) const {
    switch (step.act) {
      case Act::kEvent:
        return event(step, now);
      case Act::kTombstone:
        return format::encode_tombstone({202'601, 0, 0, merkle::leaf_hash(event(step, now))});
      case Act::kSeal:
        return seal(step, now);
      case Act::kSealAll:
        return seal_all(step, now);
      case Act::kJoin:
        return control(format::Kind::kSender, joining(step), step, now);
      case Act::kControl:
        return control(format::Kind{100}, "later", step, now);
      case Act::kRegister:
      case Act::kRotate:
        return control(format::Kind::kSourceEvent, note(step), step, now);
    }
    return {};
  }
  [[nodiscard]] static Buffer event(const Step& step, const Model& now) {
    format::Record record;
    record.source = id(step.who);
    record.sequence = shifted(now.number_of_event(step.who), step.fault);
    record.media_type = "text/plain";
    return *format::encode_record(record);
  }
  [[nodiscard]] Buffer seal(const Step& step, const Model& now) const {
    const auto flipped = [&](Hash hash, Fault fault) {
      if (step.fault == fault) hash.bytes[0] ^= std::byte{1};
      return hash;
    };
    const bool by_source = log_seals(step.who) == (step.fault == Fault::kSealer);
    format::Seal seal;
    seal.sealer = by_source ? format::Sealer::kSource : format::Sealer::kLog;
    seal.source = id(step.who);
    seal.sequence = shifted(now.batches[step.who], step.fault);
    seal.first_sequence =
        static_cast<std::uint64_t>(now.events[step.who] + (step.fault == Fault::kFirst ? 1 : 0));
    seal.count = static_cast<std::uint32_t>(std::max(now.waiting(), 1) +
                                            (step.fault == Fault::kCount ? 1 : 0));
    seal.previous = flipped(last_seals[step.who], Fault::kPrevious);
    seal.root = flipped(waiting.root(), Fault::kRoot);
    if (by_source) {
      const SigningKey& signer = step.fault == Fault::kSigner ? other(step.who) : own(step.who);
      std::ranges::copy(signer.sign(*format::seal_message(seal, kOrigin)), seal.signature.begin());
    }
    return *format::encode_seal(seal);
  }
  [[nodiscard]] Buffer seal_all(const Step& step, const Model& now) const {
    format::Seal seal;
    seal.sealer = format::Sealer::kLog;
    seal.sequence = shifted(now.batches[kLog], step.fault);
    seal.previous = last_seals[kLog];
    seal.root = waiting.root();
    if (step.fault == Fault::kPrevious) seal.previous.bytes[0] ^= std::byte{1};
    if (step.fault == Fault::kRoot) seal.root.bytes[0] ^= std::byte{1};
    for (std::size_t who = 0; who < kChains; ++who)
      if (now.open[who] > 0 || (who == kLog && now.waiting() == 0))
        seal.runs.push_back({id(who), static_cast<std::uint64_t>(now.events[who]),
                             static_cast<std::uint32_t>(std::max(now.open[who], 1))});
    if (step.fault == Fault::kUnlisted) seal.runs.pop_back();
    if (step.fault == Fault::kFirst) ++seal.runs.front().first_sequence;
    if (step.fault == Fault::kCount) ++seal.runs.front().count;
    if (step.fault == Fault::kOtherName)
      seal.runs.back() = {id(kEhr), static_cast<std::uint64_t>(now.events[kEhr]),
                          seal.runs.back().count};
    for (const format::SealedRun& run : seal.runs) seal.count += run.count;
    return *format::encode_seal(seal);
  }
  [[nodiscard]] static std::string joining(const Step& step) {
    const std::string origin = step.fault == Fault::kOtherLog ? "elsewhere" : kOrigin;
    return format::sender_text(
        {origin, {format::SenderKind::kClient, step.who == kPacs ? "pacs" : "ehr"}});
  }
  [[nodiscard]] std::string note(const Step& step) const {
    const bool registers = step.act == Act::kRegister;
    const auto action = registers ? format::SourceAction::kRegister : format::SourceAction::kRotate;
    const SigningKey& named =
        registers || step.fault == Fault::kSameKey ? own(step.who) : other(step.who);
    const std::string origin = step.fault == Fault::kOtherLog ? "elsewhere" : kOrigin;
    std::vector<SigningKey> signers{named, own(step.who)};
    if (step.fault == Fault::kSigner) signers = {registers ? other(step.who) : named};
    if (registers || step.fault == Fault::kSameKey) signers.resize(1);
    return sign_note(format::source_event_text({action, origin, named.verifier}), signers);
  }
  [[nodiscard]] static Buffer control(format::Kind kind, const std::string& payload,
                                      const Step& step, const Model& now) {
    format::Record record;
    record.kind = step.fault == Fault::kMediaType ? format::Kind::kAuditRun : kind;
    record.source = step.fault == Fault::kNotTheLogs ? id(kWard) : format::kLogItself;
    record.sequence = shifted(now.controls, step.fault);
    const std::string_view media_type = format::media_type_of(kind);
    record.media_type = media_type.empty() ? "application/vnd.varve.later" : media_type;
    record.payload = bytes_of(payload);
    return *format::encode_record(record);
  }
  void take(const Step& step, const Hash& leaf) {
    switch (step.act) {
      case Act::kEvent:
      case Act::kTombstone:
        waiting.append(leaf);
        return;
      case Act::kSeal:
      case Act::kSealAll:
        last_seals[step.who] = leaf;
        waiting = {};
        return;
      case Act::kRotate:
        keys[step.who] += 1;
        return;
      case Act::kControl:
      case Act::kRegister:
      case Act::kJoin:
        return;
    }
  }
};

Hash leaf_of(Bytes entry) {
  const auto tombstone = format::decode_tombstone(entry);
  return tombstone ? tombstone->leaf : merkle::leaf_hash(entry);
}

struct ModelWalk {
  LogFold fold;
  Model model;
  Writer writer;
  std::uint64_t size = 0;
};

ModelWalk beginning() {
  CHECK(Writer::id(kLog) < Writer::id(kPacs) && Writer::id(kPacs) < Writer::id(kEhr));
  LogBuilder log(kOrigin);
  log.register_source(Writer::key(kWard, 0));
  ModelWalk walk{LogFold(log.first.verifier), {}, {}, 0};
  for (const Buffer& record : log.records)
    CHECK(!walk.fold.apply(LeafIndex{walk.size++}, record, merkle::leaf_hash(record)));
  return walk;
}

struct ModelCounts {
  std::size_t accepted = 0;
  std::size_t refused = 0;
};

/// Every step that can follow `walk`, and what can follow those that were accepted, `depth` deep.
void compare_all(const ModelWalk& walk, int depth, ModelCounts& counts) {
  static const std::vector<Step> steps = all_steps();
  EXPECT_EQ(walk.fold.finish().has_value(), walk.model.waiting() > 0)
      << "whether a log may end here";
  if (depth == 0) return;
  for (const Step& step : steps) {
    if (!walk.model.can_be_written(step)) continue;
    SCOPED_TRACE(testing::Message() << "act " << static_cast<int>(step.act) << " of " << step.who
                                    << ", fault " << static_cast<int>(step.fault));
    ModelWalk next = walk;
    const Buffer record = next.writer.write(step, next.model);
    const Hash leaf = leaf_of(record);
    const auto finding = next.fold.apply(LeafIndex{next.size++}, record, leaf);
    const bool accepts = next.model.accepts(step);
    ASSERT_EQ(!finding.has_value(), accepts) << (finding ? sentence(*finding) : "accepted");
    accepts ? ++counts.accepted : ++counts.refused;
    if (!accepts) continue;
    next.model.take(step);
    next.writer.take(step, leaf);
    compare_all(next, depth - 1, counts);
    if (testing::Test::HasFatalFailure()) return;
  }
}

TEST(EveryShortHistory, IsJudgedAsTheModelJudgesIt) {
  ModelCounts counts;
  compare_all(beginning(), 5, counts);
  EXPECT_GT(counts.accepted, 1'000u);
  EXPECT_GT(counts.refused, 20'000u);
  std::cout << counts.accepted << " accepted, " << counts.refused << " refused\n";
}

}  // namespace
}  // namespace varve::verify
