// Every short history of two sources and the log itself, judged twice: by the verifier, which reads
// the records' bytes, and by a model of a few lines, which reads no bytes and knows only what each
// step was meant to be. They share no code, so a rule that one of them forgot shows here.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <iostream>
#include <string>
#include <vector>

#include "good_log.h"
#include "ledger/format/control.h"
#include "ledger/format/record.h"
#include "ledger/format/seal.h"
#include "ledger/format/tombstone.h"
#include "ledger/merkle/tree.h"
#include "ledger/verify/log_fold.h"

namespace varve::verify {
namespace {

constexpr std::size_t kLog = 0;   // of the three chains, the log's own
constexpr std::size_t kWard = 1;  // registered from the start
constexpr std::size_t kLab = 2;   // not yet

enum class Act { kEvent, kTombstone, kSeal, kControl, kRegister, kRotate };
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
};

struct Step {
  Act act;
  std::size_t who;
  Fault fault;
};

std::vector<Step> all_steps() {
  std::vector<Step> steps = {{Act::kTombstone, kLog, Fault::kNone}};
  for (const std::size_t who : {kLog, kWard, kLab}) {
    for (const Fault fault : {Fault::kNone, Fault::kAhead, Fault::kBehind})
      steps.push_back({Act::kEvent, who, fault});
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

/// docs/format/batch.md and control.md in a few lines.
struct Model {
  std::array<bool, 3> known = {true, true, false};
  std::array<int, 3> batches{};
  std::array<int, 3> events{};
  int controls = 2;   // the first key, and ward's registration
  int open = 0;       // events that wait for their seal
  bool gone = false;  // ... of which only tombstones are left
  std::size_t whose = kLog;

  /// False for a number below 0, which nobody can write.
  [[nodiscard]] bool can_be_written(const Step& step) const {
    if (step.fault != Fault::kBehind) return true;
    if (step.act == Act::kEvent) return number_of_event(step.who) > 0;
    return step.act == Act::kControl ? controls > 0 : batches[step.who] > 0;
  }
  [[nodiscard]] int number_of_event(std::size_t who) const {
    return events[who] + (open > 0 && !gone && whose == who ? open : 0);
  }
  [[nodiscard]] bool accepts(const Step& step) const {
    if (step.fault != Fault::kNone) return false;
    switch (step.act) {
      case Act::kEvent:
        return known[step.who] && (open == 0 || (!gone && whose == step.who));
      case Act::kTombstone:
        return open == 0 || gone;
      case Act::kSeal:
        return known[step.who] && open > 0 && (gone || whose == step.who);
      case Act::kControl:
        return open == 0;
      case Act::kRegister:
        return open == 0 && !known[step.who];
      case Act::kRotate:
        return open == 0 && known[step.who];
    }
    return false;
  }
  void take(const Step& step) {
    switch (step.act) {
      case Act::kEvent:
      case Act::kTombstone:
        gone = step.act == Act::kTombstone;
        whose = step.who;
        ++open;
        return;
      case Act::kSeal:
        ++batches[step.who];
        events[step.who] += open;
        open = 0;
        gone = false;
        return;
      case Act::kRegister:
        known[step.who] = true;
        break;
      case Act::kControl:
      case Act::kRotate:
        break;
    }
    ++controls;
  }
};

const std::string kOrigin = "audit.example.org/ward";

/// Makes the records: what a source and a log with these numbers would write, but for the fault.
struct Writer {
  std::array<Hash, 3> last_seals{};
  std::array<std::size_t, 3> keys{};  // which of its two keys the source has
  merkle::Frontier waiting;           // leaves of the events that wait for their seal

  static const SigningKey& key(std::size_t who, std::size_t which) {
    static const std::array<std::array<SigningKey, 2>, 3> all = [] {
      std::array<std::array<SigningKey, 2>, 3> made;
      for (std::size_t w = 0; w < 3; ++w)
        for (std::size_t k = 0; k < 2; ++k)
          made[w][k] = SigningKey::make(std::array{"log", "ward", "lab"}[w],
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
    const bool by_source = (step.who == kLog) == (step.fault == Fault::kSealer);
    format::Seal seal;
    seal.sealer = by_source ? format::Sealer::kSource : format::Sealer::kLog;
    seal.source = id(step.who);
    seal.sequence = shifted(now.batches[step.who], step.fault);
    seal.first_sequence =
        static_cast<std::uint64_t>(now.events[step.who] + (step.fault == Fault::kFirst ? 1 : 0));
    seal.count =
        static_cast<std::uint32_t>(std::max(now.open, 1) + (step.fault == Fault::kCount ? 1 : 0));
    seal.previous = flipped(last_seals[step.who], Fault::kPrevious);
    seal.root = flipped(waiting.root(), Fault::kRoot);
    if (by_source) {
      const SigningKey& signer = step.fault == Fault::kSigner ? other(step.who) : own(step.who);
      std::ranges::copy(signer.sign(*format::seal_message(seal, kOrigin)), seal.signature.begin());
    }
    return *format::encode_seal(seal);
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
    record.media_type = kind == format::Kind::kSourceEvent ? format::media_type_of(kind)
                                                           : "application/vnd.varve.later";
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
        last_seals[step.who] = leaf;
        waiting = {};
        return;
      case Act::kRotate:
        keys[step.who] += 1;
        return;
      case Act::kControl:
      case Act::kRegister:
        return;
    }
  }
};

Hash leaf_of(Bytes entry) {
  const auto tombstone = format::decode_tombstone(entry);
  return tombstone ? tombstone->leaf : merkle::leaf_hash(entry);
}

struct Walk {
  LogFold fold;
  Model model;
  Writer writer;
  std::uint64_t size = 0;
};

Walk beginning() {
  LogBuilder log(kOrigin);
  log.register_source(Writer::key(kWard, 0));
  Walk walk{LogFold(log.first.verifier), {}, {}, 0};
  for (const Buffer& record : log.records)
    CHECK(!walk.fold.apply(LeafIndex{walk.size++}, record, merkle::leaf_hash(record)));
  return walk;
}

struct Counts {
  std::size_t accepted = 0;
  std::size_t refused = 0;
};

/// Every step that can follow `walk`, and what can follow those that were accepted, `depth` deep.
void compare_all(const Walk& walk, int depth, Counts& counts) {
  static const std::vector<Step> steps = all_steps();
  EXPECT_EQ(walk.fold.finish().has_value(), walk.model.open > 0) << "whether a log may end here";
  if (depth == 0) return;
  for (const Step& step : steps) {
    if (!walk.model.can_be_written(step)) continue;
    SCOPED_TRACE(testing::Message() << "act " << static_cast<int>(step.act) << " of " << step.who
                                    << ", fault " << static_cast<int>(step.fault));
    Walk next = walk;
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
  Counts counts;
  compare_all(beginning(), 5, counts);
  EXPECT_GT(counts.accepted, 1'000u);
  EXPECT_GT(counts.refused, 20'000u);
  std::cout << counts.accepted << " accepted, " << counts.refused << " refused\n";
}

}  // namespace
}  // namespace varve::verify
