// Lists of logs: within their bounds, and each log with a key.
#include "ledger/format/log_list.h"

#include "fuzz/samples.h"
#include "fuzz/target.h"

namespace varve::fuzz {

bool accepts(Bytes in) {
  const auto list = format::parse_log_list(text_of(in));
  if (!list) return false;
  CHECK(list->size() <= format::kListedLogsMax);
  for (const auto& [origin, log] : *list) {
    CHECK(!origin.empty() && log.requests_per_day != 0);
    CHECK(!log.keys.empty() && log.keys.size() <= format::kListedKeysMax);
    CHECK(log.url.empty() || (log.keys.size() == 1 && log.keys[0].name == origin));
  }
  return true;
}

std::vector<Buffer> seeds() {
  const std::string vkey = "vkey " + format::format_vkey(ed25519_key("log.example")) + "\n";
  return {buffer_of("logs/v0\n\n# one\n" + vkey + "origin none\nqpd 24\nbastion none\n"),
          buffer_of("logs/v0\n" + vkey + "varve https://log.example/logs/main\n"),
          buffer_of("logs/v0\n")};
}

}  // namespace varve::fuzz
