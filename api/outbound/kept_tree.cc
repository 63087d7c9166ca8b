// The root of the log's own tree of that size, proven under the newest checkpoint.
#include "api/outbound/kept_tree.h"

#include "ledger/merkle/checked.h"

namespace varve::api {

Result<void> expect_beginning(const format::Checkpoint& tree, const Log& log, std::string_view by) {
  const format::Checkpoint newest = log.latest()->checkpoint;
  const std::string size = std::to_string(tree.size.value);
  if (tree.size > newest.size)
    return corrupt(std::string(by) + " " + size + " records, and the log has " +
                   std::to_string(newest.size.value));
  ASSIGN_OR_RETURN(const Hash root,
                   merkle::checked_root(tree.size, {newest.size, newest.root}, log));
  if (root == tree.root) return {};
  return corrupt("the first " + size + " records of the log are not those that " + std::string(by));
}

}  // namespace varve::api
