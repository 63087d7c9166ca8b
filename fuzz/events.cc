// Payloads of every format: never a crash, bounded, the same twice, and what was not read is said.
#include "fuzz/target.h"
#include "ledger/events/render.h"

namespace varve::fuzz {

bool accepts(Bytes in) {
  const events::Extraction extraction = events::extract("", in);
  CHECK(!extraction.events.empty() || !extraction.gaps.empty());
  CHECK(extraction.events.size() <= events::kEventsMax);
  CHECK(extraction.gaps.size() <= events::kGapsMax);
  CHECK(events::explain(extraction) == events::explain(events::extract("", in)));
  return !extraction.events.empty();
}

std::vector<Buffer> seeds() {
  std::vector<Buffer> payloads;
  for (const char* text :
       {R"({"resourceType":"AuditEvent","action":"R","agent":[{"requestor":true}]})",
        R"(<AuditEvent xmlns="http://hl7.org/fhir"><action value="R"/></AuditEvent>)",
        R"(<85>1 - h a p m [x a="b\]"] <AuditMessage><A B="C"/></AuditMessage>)",
        R"({"resourceLogs":[{"scopeLogs":[{"logRecords":[{"timeUnixNano":"1"}]}]}]})",
        "{\"index\":{}}\n{\"user\":\"\\ud83d\\ude00\",\"n\":-1.5e+9}",
        "CEF:0|v|p|1|s|n|5|suser=a msg=x\\=y rt=1",
        "type=USER_ACCT msg=audit(1.001:2): uid=0 msg='acct=\"r\" res=success'\n",
        "AUDIT: SESSION,1,1,READ,SELECT,TABLE,t,\"a \"\"b\"\"\",<none>",
        "<13>Jan  2 03:04:05 host app[1]: text"})
    payloads.push_back(to_buffer(bytes_of(text)));
  return payloads;
}

}  // namespace varve::fuzz
