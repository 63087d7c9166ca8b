// Asking for a name.
#include "tools/keys/confirmation.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <iostream>

namespace varve::keys {

Result<void> confirm(const Confirmation& given, const std::string& what,
                     std::span<const std::string> names) {
  CHECK(!names.empty());
  const std::string& name = names.front();
  std::string typed = given.yes;
  if (typed.empty()) {
    if (isatty(STDIN_FILENO) != 1)
      return invalid(what + " cannot be undone, and nothing was done: confirm with --yes '" + name +
                     "'");
    std::fprintf(stderr, "%s cannot be undone. Type %s to go on: ", what.c_str(), name.c_str());
    std::getline(std::cin, typed);
  }
  if (std::ranges::count(names, typed) != 0) return {};
  return invalid("'" + typed + "' is not '" + name + "': nothing was done");
}

}  // namespace varve::keys
