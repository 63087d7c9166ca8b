// Comparing a store with its marks.
#include "ledger/recovery/mark_check.h"

#include "ledger/base/text.h"
#include "ledger/merkle/proof.h"

namespace varve::recovery {

Result<std::vector<env::Mark>> own_marks(const env::HighWaterMark& marks,
                                         const std::string& origin) {
  ASSIGN_OR_RETURN(auto all, marks.read());
  RETURN_IF_ERROR(env::are_of(all, merkle::sha256(bytes_of(origin))));
  return all;
}

Result<std::optional<std::string>> contradicts(const std::vector<env::Mark>& marks,
                                               TreeSize covered, const merkle::HashReader& hashes,
                                               Ends ends) {
  for (const env::Mark& mark : marks) {
    if (covered < mark.size && ends == Ends::kWhereItEnds) continue;
    const std::string expected =
        std::to_string(mark.size.value) + " records with root " + base64(mark.root.view());
    if (covered < mark.size)
      return std::optional{
          "the store is older than its high-water mark: its newest checkpoint "
          "covers " +
          std::to_string(covered.value) + " records, the mark says " + expected};
    ASSIGN_OR_RETURN(const Hash root, merkle::tree_root(mark.size, hashes));
    if (root != mark.root)
      return std::optional{"the store is another history than its high-water mark: the mark says " +
                           expected + ", the store's root at that size is " + base64(root.view())};
  }
  return std::optional<std::string>{};
}

}  // namespace varve::recovery
