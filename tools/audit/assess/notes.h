// Policies, holds and disposals as somebody with the keys would sign them, whatever the rules say: the text is
// made here, and varve-keys signs it on the token.
#pragma once

#include <string>
#include <vector>

#include "ledger/base/result.h"
#include "tools/audit/assess/site.h"

namespace varve::audit::assess {

/// Who signs: the log's own key, or a person whom this run named as an approver.
enum class Signer { kLog, kAnn, kBob };
inline constexpr const char* kAnn = "assess-ann";
inline constexpr const char* kBob = "assess-bob";

/// The note with the signature of a key that nobody knows, for a note has one.
std::string unsigned_note(const std::string& text);
/// The note, with a signature of each, and one that counts for nothing. Errors: as run; kIo, kInvalid  varve-keys
/// refused.
Result<std::string> signed_note(Site& site, const std::string& text,
                                const std::vector<Signer>& signers);

/// Has the people sign a note in a file. Errors: as signed_note.
Result<void> approve_file(Site& site, const std::vector<Signer>& signers, const std::string& file);

/// POST /logs/{log}/retention. Errors: as ask.
Result<Answered> post_note(const Site& site, Who who, const std::string& note,
                           const std::string& hold_text = "");

/// Makes a token of SoftHSM in the scratch directory. Errors: as run; kInvalid  varve-keys refused.
Result<tools::HsmConfig> make_token(Site& site, const std::string& label);
/// Makes tokens of SoftHSM in the scratch directory with a key of each person, and returns the vkeys.
/// Errors: as run; kInvalid  varve-keys refused.
Result<std::vector<std::string>> make_people(Site& site);
/// The variables by which SoftHSM finds these tokens.
Variables people_variables(const Site& site);

/// As run_with; what does not end with 0 is an error with what it said.
Result<Answered> must_run(Site& site, const Words& words, const Variables& variables);
/// `varve-keys`, with the configuration and the log in it.
Words keys_words(const Site& site, const Words& words);

}  // namespace varve::audit::assess
