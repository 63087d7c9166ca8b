// Options that several commands have, spelled and explained once.
#pragma once

#include <CLI/CLI.hpp>

#include "tools/keys/confirmation.h"
#include "tools/keys/key_commands.h"
#include "tools/keys/publishing.h"

namespace varve::keys {

inline constexpr const char* kPinHelp = "the user PIN: file:PATH, fd:N or env:NAME";

void token_options(CLI::App& command, TokenArguments& to);
/// Another token, for a new key: all three of them or none.
void new_token_options(CLI::App& command, TokenArguments& to);
void origin_option(CLI::App& command, std::string& origin);
void algorithm_option(CLI::App& command, std::string& algorithm);
void json_option(CLI::App& command, bool& json);
void dry_run_option(CLI::App& command, bool& dry_run);
void confirmation_options(CLI::App& command, Confirmation& to);
/// Where a key event goes.
void publish_options(CLI::App& command, PublishArguments& to);
/// A server and a log on it, to read from.
CLI::Option* server_option(CLI::App& command, PublishArguments& from);

/// A server and a log on it whose retention is read: that takes a credential.
void reading_options(CLI::App& command, PublishArguments& from);

/// The command does `work` with `arguments`; how it went is put into `outcome`.
template <class Arguments>
void calls(CLI::App& command, const Arguments& arguments, Result<void> (*work)(const Arguments&),
           Result<void>& outcome) {
  command.callback([&outcome, &arguments, work] { outcome = work(arguments); });
}

}  // namespace varve::keys
