// The command line of varve-keys kek.
#pragma once

#include "tools/keys/kek_destroying.h"
#include "tools/keys/kek_rotating.h"
#include "tools/keys/options.h"

namespace varve::keys {

/// Outlives the parsing of the command line.
class KekCommandLine {
 public:
  /// Adds kek and its subcommands; what the chosen one came to is put into `outcome`.
  void add_to(CLI::App& app, Result<void>& outcome);

 private:
  KekArguments list_;
  RotateKekArguments rotate_;
  DestroyKekArguments destroy_;
};

}  // namespace varve::keys
