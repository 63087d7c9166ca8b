// One signature, verified before anybody gets it.
#include "ledger/log/root_signing.h"

namespace varve::log {

Result<format::SignedRoot> sign_root(const LedgerView& seen, const state::SoleWriter& writer,
                                     env::Signer& token) {
  RETURN_IF_ERROR(writer.check());  // I6
  const format::Checkpoint& tree = seen.newest->checkpoint;
  for (const format::VerifierKey& key : seen.keys->history.active()) {
    auto signature = token.sign(key.key, format::cose_signed_bytes(key, tree));
    if (!signature && signature.error().code == Code::kNotFound)
      continue;  // it may be about to leave
    if (!signature) return std::move(signature).error();
    auto root = format::make_signed_root(tree, key, *signature);
    if (!root) return busy("the token gave a signature that does not verify");
    return root;
  }
  return io_error("no token has a key that signs for this log");
}

}  // namespace varve::log
