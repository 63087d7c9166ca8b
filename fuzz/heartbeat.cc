// Heartbeats: what is parsed formats to exactly the same bytes.
#include "ledger/format/heartbeat.h"

#include "fuzz/samples.h"
#include "fuzz/target.h"

namespace varve::fuzz {

bool accepts(Bytes in) {
  const auto heartbeat = format::parse_heartbeat(text_of(in));
  if (!heartbeat) return false;
  CHECK(format::heartbeat_text(*heartbeat) == text_of(in));
  return true;
}

std::vector<Buffer> seeds() {
  return {buffer_of(format::heartbeat_text({})),
          buffer_of(format::heartbeat_text({1'795'256'100'000'000, 3'600, 2}))};
}

}  // namespace varve::fuzz
