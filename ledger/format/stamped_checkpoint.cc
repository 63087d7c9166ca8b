// Its lines, each token as in the text of a time-stamp record.
#include "ledger/format/stamped_checkpoint.h"

#include <algorithm>

#include "ledger/base/check.h"
#include "ledger/base/text.h"

namespace varve::format {

std::string stamped_checkpoint_text(const StampedCheckpoint& stamped) {
  CHECK(!stamped.tokens.empty() && stamped.tokens.size() <= kTokensMax);
  std::string text = checkpoint_text(stamped.checkpoint) + "\n";
  for (const Buffer& token : stamped.tokens) text.append(base64(token)).append("\n");
  return text;
}

Result<StampedCheckpoint> parse_stamped_checkpoint(std::string_view text) {
  if (text.size() > kStampedCheckpointMax)
    return invalid("a stamped checkpoint has at most " + std::to_string(kStampedCheckpointMax) +
                   " bytes");
  const std::size_t end = text.find("\n\n");
  if (end == std::string_view::npos || end + 2 == text.size())
    return invalid("a stamped checkpoint is a checkpoint, an empty line and tokens");
  const std::string head(text.substr(0, end + 2));
  StampedCheckpoint stamped;
  for (std::string_view rest = text.substr(end + 2); !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n') + 1);  // nothing: no line ends
    ASSIGN_OR_RETURN(Timestamp one,
                     parse_timestamp(head + std::string(line.empty() ? rest : line)));
    if (std::ranges::count(stamped.tokens, one.token) != 0)
      return invalid("a stamped checkpoint has a token twice");
    if (stamped.tokens.size() == kTokensMax)
      return invalid("a stamped checkpoint has at most " + std::to_string(kTokensMax) + " tokens");
    stamped.checkpoint = std::move(one.checkpoint);
    stamped.tokens.push_back(std::move(one.token));
    rest.remove_prefix(line.size());
  }
  return stamped;
}

}  // namespace varve::format
