// The list of revoked clients: a line that is wrong takes nothing from the others.
#include <algorithm>

#include "api/access/revocation.h"
#include "fuzz/samples.h"
#include "fuzz/target.h"

namespace varve::fuzz {

bool accepts(Bytes in) {
  const std::string text{text_of(in)};
  std::vector<std::string> wrong;
  static_cast<void>(api::Revocations::parse(text, wrong));
  CHECK(wrong.size() <= 1 + static_cast<std::size_t>(std::ranges::count(text, '\n')));
  const bool right = wrong.empty();
  api::Identity identity;
  identity.client = "the last one";
  const auto more = api::Revocations::parse(text + "\nclient the last one\n", wrong);
  CHECK(more.covers(identity));
  CHECK(!right || wrong.empty());
  return right;
}

std::vector<Buffer> seeds() {
  return {
      buffer_of("# left\n\nclient ward-7 \r\nsubject CN=a b,O=c\njti 0-1\n"),
      buffer_of("credential sha256:" + std::string(64, 'a')),
  };
}

}  // namespace varve::fuzz
