// Test vectors for whoever reads our formats with a program of their own: docs/format/vectors. Made here, and judged
// by the ledger's own code.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ledger/base/bytes.h"
#include "ledger/base/result.h"
#include "ledger/base/types.h"
#include "ledger/format/json.h"

namespace varve::evidence {

/// A claim, and whether it is true. Its fields are those that the folder's page lists for its format.
struct Case {
  std::string name;
  std::string fault;  // empty: it is true. "form": it is spelled otherwise. "claim": it is false
  std::vector<std::pair<std::string, std::string>> fields;  // name, value in JSON
};

struct VectorFile {
  std::string name;  // of the file, without .json
  std::string page;  // of docs/format
  std::vector<Case> cases;
  /// Why the ledger's own code refuses the claim; empty: it takes it for true. It reads a case as anybody does, from
  /// the file.
  std::function<std::string(const format::Json&)> judge;
};

/// Empty when there is no error.
template <class T>
std::string why(const Result<T>& result) {
  return result ? "" : result.error().message;
}

/// "true", "form" or "claim".
std::string verdict_of(const Case& one);
std::string json_of(const VectorFile& file);

// Values of fields.
std::string text_field(std::string_view text);
std::string bytes_field(Bytes bytes);
std::string number_field(std::uint64_t number);
std::string hashes_field(const std::vector<Hash>& hashes);

/// `text` with the first `from` replaced, which must be there.
std::string with(std::string text, std::string_view from, std::string_view to);

/// The checkpoint of the documents' log, signed once with ECDSA P-256 by a key that nobody has any more: such a
/// signature is another one each time.
struct P256Checkpoint {
  std::string vkey;
  std::string note;
};
P256Checkpoint p256_checkpoint();

std::vector<Case> proof_files_of_other_paths();

VectorFile notes();
VectorFile checkpoints();
VectorFile cosigned();
VectorFile records();
VectorFile inclusion();
VectorFile consistency();
VectorFile ranges();
VectorFile leaf_sets();
VectorFile proof_files();
VectorFile cose_receipts();
VectorFile receipts();
VectorFile contradictions();
VectorFile gap_certificates();
VectorFile bundles();
VectorFile key_histories();
VectorFile retention_records();
VectorFile renewals();
VectorFile answers();

}  // namespace varve::evidence
