// A mirror's observations: what is parsed formats to exactly the same text. The sum only detects decay:
// lines get theirs here, so that whatever the fuzzer writes is parsed.
#include "ledger/format/observations.h"

#include "fuzz/samples.h"
#include "fuzz/target.h"

namespace varve::fuzz {
namespace {

bool is_spelled_so(std::string_view text) {
  const auto parsed = format::parse_observations(text);
  if (!parsed) return false;
  CHECK(format::observations_text(*parsed) == text);
  return true;
}

}  // namespace

bool accepts(Bytes in) {
  const std::string lines(text_of(in));
  const bool is_whole = is_spelled_so(lines);
  return is_spelled_so(lines + "sum " + hex(merkle::sha256(in).view()) + "\n") || is_whole;
}

std::vector<Buffer> seeds() {
  format::Observations seen{ed25519_key("log.example"), TreeSize{9}};
  seen.acts = {LeafIndex{0}, LeafIndex{8}};
  seen.sightings = {{1, 2, TreeSize{5}, {}, 7}, {3, 4, TreeSize{9}, {}, 7}};
  seen.forgotten = {{5, 202'611, 4, LeafIndex{8}, {}}, {6, 202'612, 1, {}, "Ann"}};
  seen.without = {202'611, 202'612};
  const std::string text = format::observations_text(seen);
  return {buffer_of(text), buffer_of(text.substr(0, text.rfind("sum ")))};
}

}  // namespace varve::fuzz
