// Subcommands of a subcommand.
#include "tools/keys/kek_options.h"

namespace varve::keys {
namespace {

void kek_options(CLI::App& command, KekArguments& to) {
  token_options(command, to.token);
  command.add_option("--prefix", to.prefix, "the log's kek_prefix in varved.toml: varve/NAME")
      ->required();
  command.add_option("--store", to.store, "the log's directory")->required();
  json_option(command, to.json);
}

}  // namespace

void KekCommandLine::add_to(CLI::App& app, Result<void>& outcome) {
  CLI::App& kek = *app.add_subcommand("kek", "the keys that wrap a log's data keys, one a month");
  kek.require_subcommand(1);

  CLI::App& list = *kek.add_subcommand("list", "list them, and how many segments need each");
  kek_options(list, list_);
  calls(list, list_, &list_keks, outcome);

  CLI::App& rotate =
      *kek.add_subcommand("rotate", "wrap a month's data keys under a new key; can be run again");
  kek_options(rotate, rotate_.kek);
  CLI::Option* const month = rotate.add_option(
      "--month", rotate_.month, "YYYY-MM, in a draft log a number; also one that is still to come");
  rotate.add_flag("--all", rotate_.all, "all months at once: for a change of token")
      ->excludes(month);
  new_token_options(rotate, rotate_.new_token);
  calls(rotate, rotate_, &rotate_kek, outcome);

  CLI::App& destroy =
      *kek.add_subcommand("destroy", "dispose of a month: nobody can read its events again");
  kek_options(destroy, destroy_.kek);
  destroy
      .add_option("--month", destroy_.month, "YYYY-MM, in a draft log a number; one that is over")
      ->required();
  destroy.add_option("--vkey", destroy_.vkey,
                     "the log's first key: all that its records are verified by");
  destroy.add_flag("--superseded", destroy_.superseded,
                   "only keys that no segment needs any more, after rotate");
  confirmation_options(destroy, destroy_.confirmation);
  calls(destroy, destroy_, &destroy_kek, outcome);
}

}  // namespace varve::keys
