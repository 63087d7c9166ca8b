// Other keys for the months of a log, of one month or of all at once, on the same token or another.
#pragma once

#include "tools/keys/kek_commands.h"

namespace varve::keys {

struct RotateKekArguments {
  KekArguments kek;
  std::string month;         // "2026-11"; empty: `all`
  bool all = false;          // every month that has segments or a key of its own
  TokenArguments new_token;  // where the months' next keys are made; no module: on the same token
};
/// Makes another key for each month and wraps the month's data keys under it. The server may run.
/// It can be run again after any failure. With `all`, months are passed over that were destroyed, with
/// a new token those whose keys are all on it, and on no other, already, and without one those that
/// were rotated and whose old key is still on the token. Prints the new labels.
/// Errors: kInvalid  not one of `month` and `all`.  As store::rewrap_month, of the first month that
///         fails: those before it are done.
Result<void> rotate_kek(const RotateKekArguments& arguments);

}  // namespace varve::keys
