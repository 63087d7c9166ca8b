// Policies and clock records: what is parsed formats to exactly the same text.
#include "ledger/format/retention.h"

#include "fuzz/samples.h"
#include "fuzz/target.h"

namespace varve::fuzz {

bool accepts(Bytes in) {
  const auto policy = format::parse_policy(text_of(in));
  if (policy) CHECK(format::policy_text(*policy) == text_of(in));
  const auto clock = format::parse_clock(text_of(in));
  if (clock) CHECK(format::clock_text(*clock) == text_of(in));
  return policy || clock;
}

std::vector<Buffer> seeds() {
  format::Policy policy;
  policy.origin = "log.example";
  policy.quorum = 1;
  policy.sources = {{"tsa.example.org", {}}};
  policy.key = ed25519_key(policy.origin);
  format::Policy draft = policy;
  draft.mode = format::Mode::kDraft;
  draft.key_period_minutes = 5;
  format::Clock clock{policy.origin, 7, 30, 40, 20};
  clock.evidence = format::Evidence{TreeSize{300}, 25, 24, {LeafIndex{310}, LeafIndex{311}}};
  format::Clock first{policy.origin, 0, 30, 40, 0};
  first.earlier = {{202'511, LeafIndex{0}}, {202'601, LeafIndex{70}}};
  return {buffer_of(format::policy_text(policy)), buffer_of(format::policy_text(draft)),
          buffer_of(format::clock_text(clock)), buffer_of(format::clock_text(first))};
}

}  // namespace varve::fuzz
