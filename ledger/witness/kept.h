// What was cosigned last of a log, as the state has it.
#pragma once

#include <optional>
#include <string>

#include "ledger/base/result.h"
#include "ledger/format/cosignature.h"
#include "ledger/format/note.h"
#include "ledger/format/signed_checkpoint.h"

namespace varve::witness {

struct KeptCheckpoint {
  format::Note note;  // the log's signatures, then the witness's
  format::SignedCheckpoint as;
};

/// `row`: of the table kCosigned. Nothing: none ever was.
/// Errors: kCorrupt  it is not what a round writes, whatever it is: nothing is cosigned behind it.
Result<std::optional<KeptCheckpoint>> read_kept(std::optional<std::string> row);

/// The witness's own signature in it. Errors: kCorrupt  there is none, or a false one.
Result<format::Cosignature> own_cosignature(const KeptCheckpoint& kept,
                                            const format::CosignerKey& key);

/// The line of one signature, as an answer has it.
std::string signature_line(const std::string& text, const format::NoteSignature& line);

}  // namespace varve::witness
