// A log's key history as people and programs read it: what varve-audit keys and varve-keys
// verify-history print.
#pragma once

#include <string>

#include "ledger/rules/key_timeline.h"
#include "ledger/verify/open_keys.h"

namespace varve::audit {

struct KeyReport {
  std::string
      text;  // a line an event, more where there is a statement about the token; the verdict
  std::string json;  // an object, on one line
};

KeyReport report_keys(const verify::VerifiedKeys& keys);

}  // namespace varve::audit
