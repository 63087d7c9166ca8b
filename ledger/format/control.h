// Control records about keys: their payload is a signed note, so that any note verifier can check
// them and a person can read them. docs/format/control.md
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "ledger/base/result.h"
#include "ledger/base/types.h"
#include "ledger/format/key_statement.h"
#include "ledger/format/kinds.h"
#include "ledger/format/note.h"

namespace varve::format {

enum class KeyAction : std::uint8_t {
  kCreate,  // the log's first key: record 0. Signed by that key.
  kRotate,  // a new key joins; checkpoints carry both signatures from here on. Signed by both.
  kRetire,  // an old key leaves. Signed by a key that stays.
  kRevoke,  // a key is compromised: it leaves, and signatures past a size count no more. As kRetire.
  kApprovers,  // from here on every key event needs approvals by these. Signed by an active key.
  kWitnessKey,  // from here on this key, and none before it, signs what goes to witnesses. Signed by an
                // active key, and by it. A record of a kind of its own.
};

// Text of the note:
//   varve key event v1
//   origin <origin>
//   action create|rotate|retire|revoke|approvers
//   key <vkey>            the key that is created, joins or leaves; approvers: that signs
//   last-size <n>         revoke only: on checkpoints of more leaves its signatures do not count
//   approvals <m>, approver <vkey> ...      approvers only: m of n, 1 <= m <= n <= 16
//   token, claims, probe, attestation     create and rotate only, and optional: key_statement.h
// or, of a witness key:
//   varve witness key v1
//   origin <origin>
//   key <vkey>            Ed25519; never a key of the log's checkpoints
//   token, claims, probe, attestation     optional
struct KeyEvent {
  KeyAction action = KeyAction::kCreate;
  std::string origin;
  VerifierKey key;
  TreeSize last_size{};                     // kRevoke only
  std::optional<KeyStatement> statement{};  // kCreate, kRotate and kWitnessKey only
  std::uint32_t approvals = 0;              // kApprovers only
  std::vector<VerifierKey> approvers{};     // kApprovers only; people's keys, not the log's
};

inline constexpr std::size_t kApproversMax = 16;

std::string key_event_text(const KeyEvent& event);
/// Parses; verifies nothing. Errors: kInvalid.
Result<KeyEvent> parse_key_event(std::string_view text);
/// Of which kind the record of a key event is, by its first line: kWitnessKey or kKeyEvent.
Kind kind_of_key_event(std::string_view text_or_note);
/// Errors: kInvalid  the event is of the other kind.
Result<void> expect_kind_of_key_event(Kind kind, std::string_view text_or_note);

// Text of the note:
//   varve source event v1
//   origin <origin>
//   action register|rotate
//   key <vkey>            its name is the source's name; Ed25519 only
// register is signed by that key (the sender holds it); rotate by the old key and the new one.
enum class SourceAction : std::uint8_t { kRegister, kRotate };

struct SourceEvent {
  SourceAction action = SourceAction::kRegister;
  std::string origin;
  VerifierKey key;
};

std::string source_event_text(const SourceEvent& event);
Result<SourceEvent> parse_source_event(std::string_view text);

}  // namespace varve::format
