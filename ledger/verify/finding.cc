// A finding as one line.
#include "ledger/verify/finding.h"

namespace varve::verify {

std::string sentence(const Finding& finding) {
  std::string text;
  if (finding.index) {
    text = "record " + std::to_string(finding.index->value);
    if (!finding.source.empty()) text += " (" + finding.source + ")";
    text += ": ";
  }
  return text + finding.check + ": " + finding.what;
}

}  // namespace varve::verify
