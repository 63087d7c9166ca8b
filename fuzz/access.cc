// Access, refusal and loss records: what is parsed formats to exactly the same text.
#include "ledger/format/access.h"

#include "fuzz/samples.h"
#include "fuzz/target.h"

namespace varve::fuzz {

bool accepts(Bytes in) {
  const auto access = format::parse_access(text_of(in));
  if (access) CHECK(format::access_text(*access) == text_of(in));
  const auto refusals = format::parse_refusals(text_of(in));
  if (refusals) CHECK(format::refusals_text(*refusals) == text_of(in));
  const auto loss = format::parse_loss(text_of(in));
  if (loss) CHECK(format::loss_text(*loss) == text_of(in));
  return access || refusals || loss;
}

std::vector<Buffer> seeds() {
  const format::Access access{
      "log.example",
      {"ward-7", "token", "sha256:00", "", "", "", "192.0.2.7"},
      10,
      20,
      {{"GET", "/logs/{log}/events/{item}", 200, 3, {{{1}, {4}}, {{9}, {9}}}},
       {"GET", "/logs/{log}/events/{item}", 410, 1, {{{7}, {7}}}}}};
  const format::Refusals refusals{
      "log.example",
      10,
      20,
      {{{"limit", "GET", "/logs/{log}/events/{item}", "192.0.2.7", "ward 7"}, 2},
       {{"no-credential", "HEAD", "/logs/{log}/events/{item}", "192.0.2.8", ""}, 1}},
      4};
  return {buffer_of(format::access_text(access)), buffer_of(format::refusals_text(refusals)),
          buffer_of(format::loss_text({"log.example", 10, 20}))};
}

}  // namespace varve::fuzz
