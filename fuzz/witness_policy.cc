// Witness policies: what is accepted is met by all of its witnesses, and the more cosign the better.
#include "ledger/format/witness_policy.h"

#include "fuzz/samples.h"
#include "fuzz/target.h"

namespace varve::fuzz {
namespace {

std::string witness_vkey(const std::string& name) {
  return format::format_cosigner_vkey(*format::make_cosigner_key(name, ed25519_key(name).key));
}

}  // namespace

bool accepts(Bytes in) {
  const auto policy = format::WitnessPolicy::parse(text_of(in));
  if (!policy) return false;
  CHECK(policy->witnesses().size() <= format::kWitnessesMax);
  std::vector<bool> cosigned(policy->witnesses().size());
  bool met = policy->is_met(cosigned);
  for (std::size_t i = 0; i < cosigned.size(); ++i) {
    cosigned[i] = true;
    CHECK(!met || policy->is_met(cosigned));
    met = policy->is_met(cosigned);
  }
  CHECK(met);
  return true;
}

std::vector<Buffer> seeds() {
  const std::string witness = "witness W1 " + witness_vkey("w1.example") + " https://w1.example\n";
  const std::string log = "log " + format::format_vkey(p256_key("log.example")) + "\n";
  return {buffer_of("# one\n" + log + witness + "group g 1 W1\ngroup h all g\nquorum h\n"),
          buffer_of("quorum none\n")};
}

}  // namespace varve::fuzz
