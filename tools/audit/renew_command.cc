// varve-audit renew and renewal-proof: a log bound under another hash function, and what that
// proves of old receipts. docs/format/renewal.md
#include "ledger/base/text.h"
#include "ledger/env/posix.h"
#include "ledger/format/proof_file.h"
#include "ledger/format/receipt.h"
#include "ledger/format/signed_checkpoint.h"
#include "ledger/verify/checkpoints.h"
#include "ledger/verify/open_keys.h"
#include "ledger/verify/renewals.h"
#include "tools/audit/answer_json.h"
#include "tools/audit/ask.h"
#include "tools/audit/gone.h"
#include "tools/audit/lib/renewed_leaves.h"
#include "tools/common/files.h"

namespace varve::audit {
namespace {

constexpr std::size_t kFileSizeMax = 64u << 20;
constexpr std::string_view kTlogProof = "c2sp.org/tlog-proof@v1\n";

/// The log as its checkpoint and keys say it is; no record was read.
struct Tree {
  verify::Trust trust;
  format::SignedCheckpoint now;
};

Result<Tree> read_tree(const Request& request, const verify::LogSource& source) {
  ASSIGN_OR_RETURN(const format::VerifierKey first, first_key(request));
  ASSIGN_OR_RETURN(const std::string note, source.checkpoint());
  ASSIGN_OR_RETURN(const std::string text, source.keys());
  ASSIGN_OR_RETURN(verify::VerifiedKeys keys, verify::open_keys(text, first));
  ASSIGN_OR_RETURN(format::SignedCheckpoint now, verify::open_checkpoint_of(note, keys.timeline));
  return Tree{{first.name, first, std::move(keys.timeline), keys.under.checkpoint}, std::move(now)};
}

Answer describe(const std::string& verdict, const format::Renewal& renewal,
                const std::string& more) {
  Answer answer;
  answer.line = verdict + ": the first " + std::to_string(renewal.size.value) + " records of " +
                renewal.origin + " under " + std::string(renewal.function->name) + more;
  answer.json = AnswerJson()
                    .add("result", verdict)
                    .add("origin", renewal.origin)
                    .add("hash", renewal.function->name)
                    .add("size", renewal.size.value)
                    .add("records", base64(renewal.records.view()))
                    .add("checkpoints", base64(renewal.checkpoints.view()))
                    .take();
  return answer;
}

/// renew(), with the leaves kept in --leaves.
Result<format::Renewal> renew_keeping_leaves(const Request& request,
                                             const verify::LogSource& source, TreeSize in,
                                             TreeSize size, const merkle::HashFunction& function,
                                             rules::TombstoneCheck& tombstones) {
  ASSIGN_OR_RETURN(const format::VerifierKey first, first_key(request));
  if (request.leaves_file.empty())
    return verify::renew(source, in, size, first.name, function, tombstones,
                         [](const auto&) { return Result<void>(); });
  ASSIGN_OR_RETURN(LeavesWriter writer, LeavesWriter::open(request.leaves_file));
  ASSIGN_OR_RETURN(format::Renewal made,
                   verify::renew(source, in, size, first.name, function, tombstones,
                                 [&writer](const auto& leaves) { return writer.add(leaves); }));
  RETURN_IF_ERROR(writer.finish());
  return made;
}

Result<format::Checkpoint> checkpoint_in(std::string_view text, const std::string& origin) {
  ASSIGN_OR_RETURN(const format::Note note, format::parse_note(text));
  ASSIGN_OR_RETURN(format::Checkpoint in, format::parse_checkpoint_text(note.text));
  if (in.origin != origin)
    return invalid("the receipt is of the log " + in.origin + ", and the key that is trusted of " +
                   origin);
  return in;
}

/// What a receipt or a proof file of this log is about. Nothing of it is verified.
Result<format::RenewalProof> question_of(std::string_view text, const std::string& origin) {
  format::RenewalProof asked;
  if (!text.starts_with(kTlogProof)) {
    ASSIGN_OR_RETURN(const format::Receipt receipt, format::parse_receipt(text));
    RETURN_IF_ERROR(checkpoint_in(receipt.checkpoint, origin));
    asked.first = receipt.first_index;
    asked.count = receipt.count;
    asked.checkpoint = receipt.tree_size;
    return asked;
  }
  ASSIGN_OR_RETURN(const format::ProofFile file, format::parse_proof_file(text));
  ASSIGN_OR_RETURN(const format::Checkpoint in, checkpoint_in(file.checkpoint, origin));
  asked.first = file.index;
  asked.count = 1;
  asked.checkpoint = in.size;
  return asked;
}

Result<std::string> read_text(const std::string& path) {
  ASSIGN_OR_RETURN(const Buffer bytes, tools::read_file(path, kFileSizeMax));
  return std::string(text_of(bytes));
}

/// The renewal in the log against the same made again from the records.
Result<Answer> check_renewal(const Request& request, const verify::LogSource& source,
                             const Tree& tree) {
  ASSIGN_OR_RETURN(const std::string statement, read_text(request.renewal_file));
  ASSIGN_OR_RETURN(const verify::OpenedRenewal opened, verify::open_renewal(statement, tree.trust));
  const format::Renewal& said = opened.renewal;
  const TreeSize size = tree.now.checkpoint.size;
  if (size < said.size)
    return invalid(request.where + " has " + std::to_string(size.value) +
                   " records, the renewal is of " + std::to_string(said.size.value));
  rules::TombstoneCheck tombstones(env::posix_clock().now_us());
  ASSIGN_OR_RETURN(
      const format::Renewal made,
      renew_keeping_leaves(request, source, size, said.size, *said.function, tombstones));
  if (made.root != said.root)
    return corrupt("these records are not the ones that were renewed: they make another tree");
  if (made != said)
    return corrupt(
        "these records make the tree that was renewed, but not its renewal: one of them has the "
        "hash of one that was renewed and is another, or was destroyed since");
  Answer answer =
      describe("verified", said, ", as record " + std::to_string(opened.index.value) + " says");
  add_gone(tombstones.months(), answer);
  return answer;
}

}  // namespace

Result<Answer> run_renew(const Request& request) {
  ASSIGN_OR_RETURN(const Opened opened, open_source(request));
  ASSIGN_OR_RETURN(const Tree tree, read_tree(request, *opened.source));
  if (!request.renewal_file.empty()) return check_renewal(request, *opened.source, tree);
  const merkle::HashFunction* const function = merkle::find_renewing_function(request.hash_name);
  if (function == nullptr || request.out_file.empty())
    return invalid("name --hash sha512-256 or sha3-256 and --out, or a renewal with --check");
  const format::Checkpoint& now = tree.now.checkpoint;
  rules::TombstoneCheck tombstones(env::posix_clock().now_us());
  ASSIGN_OR_RETURN(
      const format::Renewal made,
      renew_keeping_leaves(request, *opened.source, now.size, now.size, *function, tombstones));
  if (made.root != now.root)
    return corrupt(
        "the records do not make the tree of the checkpoint: varve-audit check says which");
  RETURN_IF_ERROR(tools::replace_file(request.out_file, bytes_of(format::renewal_text(made))));
  Answer answer =
      describe("renewed", made, "; sign and send " + request.out_file + " with varve-keys renew");
  add_gone(tombstones.months(), answer);
  return answer;
}

Result<Answer> run_renewal_proof(const Request& request) {
  ASSIGN_OR_RETURN(const verify::Trust trust, trust_of(request));
  ASSIGN_OR_RETURN(const std::string receipt, read_text(request.receipt_file));
  ASSIGN_OR_RETURN(format::RenewalProof asked, question_of(receipt, trust.origin));
  ASSIGN_OR_RETURN(asked.statement, read_text(request.renewal_file));
  auto said = verify::open_renewal(asked.statement, trust);
  if (!said) return std::move(said).error().during("verifying the renewal");
  ASSIGN_OR_RETURN(const format::RenewalProof proof,
                   prove_renewed(request.where, said->renewal, std::move(asked)));
  RETURN_IF_ERROR(
      tools::replace_file(request.out_file, bytes_of(format::format_renewal_proof(proof))));
  return describe("proven", said->renewal, "; keep " + request.out_file + " beside the receipt");
}

}  // namespace varve::audit
