// Disposing of a month: its key is destroyed, and with it every record that was locked up under it,
// on every copy and backup. What is left: hashes, seals, control records.
#pragma once

#include "tools/keys/confirmation.h"
#include "tools/keys/kek_commands.h"

namespace varve::keys {

struct DestroyKekArguments {
  KekArguments kek;
  std::string month;        // "2026-11"
  std::string vkey;         // the log's first key; may be empty with `superseded`
  bool superseded = false;  // only keys that no segment needs, also of a month without any
  Confirmation confirmation;
};

/// Writes the remains of each segment of the month, then destroys the month's keys on this token.
/// It can be run again after any failure. Requires that the server is stopped; with `superseded`
/// nothing gets lost and the server may run.
/// Errors: kWorm  the server has the store open, the month's key is being rotated, or the log's
///         policy or a hold keeps the month.
///         kInvalid  the month is not over, the store is another log's or an old copy, or nobody
///         confirmed. kCorrupt  a segment is damaged or not sealed: nothing was destroyed.
///         kNotFound  nothing to destroy.  As Token::destroy_keys.
Result<void> destroy_kek(const DestroyKekArguments& arguments);

}  // namespace varve::keys
