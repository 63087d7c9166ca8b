// Before something that cannot be undone: the person types the name of what goes.
#pragma once

#include <string>

#include "ledger/base/result.h"

namespace varve::keys {

struct Confirmation {
  std::string yes;       // --yes: the name, typed on the command line
  bool dry_run = false;  // --dry-run: say what would be done, and do nothing
};

/// Asks on the terminal unless `given` names it already.
/// Errors: kInvalid  another name, or there is no terminal to ask on: nothing may be done.
Result<void> confirm(const Confirmation& given, const std::string& what, const std::string& name);

}  // namespace varve::keys
