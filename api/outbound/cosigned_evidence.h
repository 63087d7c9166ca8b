// Once a day the cosignatures of the newest witnessed checkpoint go to the log as evidence of the time, where its
// policy names their witnesses as sources. docs/operating/witnesses.md
#pragma once

#include <atomic>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "api/access/journal.h"
#include "api/outbound/time_evidence.h"
#include "ledger/base/mutex.h"
#include "ledger/format/witness_policy.h"

namespace varve::api {

/// The newest cosignature that a witness gave to this process, and whether it stated the time that it was here.
struct HeardCosignature {
  std::uint64_t time_s = 0;  // 0: none yet
  bool agrees = false;       // to a minute
};
HeardCosignature heard(const format::Cosignature& cosignature, std::uint64_t now_us);

struct EvidenceTrouble {
  std::string why;
  bool waits = false;  // it ends by itself
};

class CosignedEvidence {
 public:
  /// `files`: the log's directory; null: the log takes nothing. All outlive it.
  CosignedEvidence(std::string log_name, Log& log, const env::Filesystem* files,
                   const format::WitnessPolicy& policy, const env::Clock& clock, Journal& journal);

  /// Has the log take the cosignatures in `note`, a witnessed checkpoint of it, where evidence is due, as
  /// choose_evidence() says, and waits for the answer. `heard` has one for each witness of the policy: what this
  /// process did not hear itself is none, for it was not compared with the machine's clock. Sources of both types
  /// together are given by a person alone. What fails is tried at the next offer; what the log refuses, in an hour.
  /// Thread: any. Whoever comes while another one waits goes on.
  void offer(const std::string& note, std::span<const HeardCosignature> heard) EXCLUDES(mutex_);
  /// Thread: any.
  [[nodiscard]] EvidenceTrouble trouble() const EXCLUDES(mutex_);

 private:
  struct Heard {
    std::vector<TimeStamp> all;       // by sources of the log's policy, one of each
    std::vector<TimeStamp> agreeing;  // of these, where the clocks agree
  };
  [[nodiscard]] Heard stamps_in(const std::string& note, std::span<const HeardCosignature> heard,
                                const format::Policy& policy) const;
  /// Who is in trouble, where nothing was given although it is due.
  EvidenceTrouble give(const std::string& note, std::span<const HeardCosignature> heard);

  const std::string log_name_;
  Log& log_;
  const env::Filesystem* const files_;
  const format::WitnessPolicy& policy_;
  const env::Clock& clock_;
  Journal& journal_;
  std::atomic<bool> is_offered_ = false;
  ClockWatch clock_watch_;              // whoever set is_offered_ has it
  std::uint64_t refused_until_ms_ = 0;  // likewise
  mutable Mutex mutex_;
  EvidenceTrouble trouble_ GUARDED_BY(mutex_);
};

}  // namespace varve::api
