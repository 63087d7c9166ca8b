// Before something that cannot be undone: the person types the name of what goes.
#pragma once

#include <span>
#include <string>

#include "ledger/base/result.h"

namespace varve::keys {

struct Confirmation {
  std::string yes;       // --yes: a name, typed on the command line
  bool dry_run = false;  // --dry-run: say what would be done and what --yes takes, and do nothing
};

/// Asks on the terminal unless `given` names it already. Any of `names` will do: they are what the
/// dry run calls the thing. The first is the one that is asked for.
/// Errors: kInvalid  another name, or there is no terminal to ask on: nothing may be done.
Result<void> confirm(const Confirmation& given, const std::string& what,
                     std::span<const std::string> names);

}  // namespace varve::keys
