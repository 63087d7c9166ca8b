// Audit runs and the scrub's state: what is parsed formats to exactly the same text.
#include "ledger/format/audit_run.h"

#include "fuzz/samples.h"
#include "fuzz/target.h"
#include "ledger/store/scrub_state.h"

namespace varve::fuzz {

bool accepts(Bytes in) {
  const auto state = store::parse_scrub_state(text_of(in));
  if (state) CHECK(store::scrub_state_text(*state) == text_of(in));
  const auto run = format::parse_audit_run(text_of(in));
  if (!run) return state.has_value();
  CHECK(format::audit_run_text(*run) == text_of(in));
  return true;
}

std::vector<Buffer> seeds() {
  const format::AuditRun run{
      "log.example", 10, 20, 2, TreeSize{300}, 4'096, {"segments/00000001.seg", "tree/04"}};
  const store::ScrubState state{5,     3,  2, 100,
                                4'096, 40, 9, {{1, {"segments/00000001.seg", "tree/00"}}}};
  return {buffer_of(format::audit_run_text(run)), buffer_of(store::scrub_state_text(state))};
}

}  // namespace varve::fuzz
