// Whether a log still is what was stamped, and whether the file still is what this server left there.
#include "api/outbound/stamped_file.h"

#include "api/outbound/kept_tree.h"
#include "ledger/base/visible.h"
#include "ledger/env/durable.h"

namespace varve::api {

Result<std::optional<KeptStamped>> read_stamped(const env::Filesystem& files,
                                                const std::string& name, const Log& log) {
  const auto bytes = env::read_whole(files, name, format::kStampedCheckpointMax);
  if (!bytes && bytes.error().code == Code::kNotFound) return std::optional<KeptStamped>{};
  if (!bytes) return bytes.error();
  KeptStamped kept;
  kept.text = std::make_shared<const std::string>(text_of(*bytes));
  ASSIGN_OR_RETURN(const format::StampedCheckpoint stamped,
                   format::parse_stamped_checkpoint(*kept.text));
  const format::Checkpoint& tree = stamped.checkpoint;
  kept.size = tree.size;
  if (tree.origin != log.latest()->checkpoint.origin)
    return invalid("it is of the log " + visible(tree.origin));
  RETURN_IF_ERROR(expect_beginning(tree, log, "authorities have stamped"));
  for (const Buffer& token : stamped.tokens) {
    ASSIGN_OR_RETURN(const auto said,
                     format::verify_time_token(token, format::checkpoint_text(tree)));
    kept.said.push_back(said);
  }
  return std::optional(std::move(kept));
}

Result<void> may_replace_stamped(const env::Filesystem& files, const std::string& name,
                                 const std::string* known, TreeSize size) {
  const auto bytes = env::read_whole(files, name, format::kStampedCheckpointMax);
  if (!bytes && bytes.error().code == Code::kNotFound) return {};
  if (!bytes) return bytes.error();
  if (known != nullptr && text_of(*bytes) == *known) return {};
  const auto there = format::parse_stamped_checkpoint(text_of(*bytes));
  if (!there) return invalid("the file was changed meanwhile: " + there.error().message);
  if (there->checkpoint.size <= size) return {};
  return worm("the file is of " + std::to_string(there->checkpoint.size.value) +
              " records now, and this server's newest is of " + std::to_string(size.value) +
              ": another server keeps it too");
}

}  // namespace varve::api
