// The text of a hold comes from a file: a case's name in an argument would be seen by every user of the
// machine.
#include "tools/keys/hold_commands.h"

#include <algorithm>
#include <cstdio>

#include "ledger/base/text.h"
#include "ledger/env/posix.h"
#include "ledger/format/hold.h"
#include "ledger/merkle/tree.h"
#include "tools/client/url.h"
#include "tools/common/files.h"
#include "tools/keys/key_printing.h"
#include "tools/keys/retention_view.h"

namespace varve::keys {
namespace {

constexpr std::size_t kTextMax = 8u << 10;  // bytes

/// Behind the lines that this program makes. Errors: kInvalid.
Result<std::string> read_text(const PlaceHoldArguments& arguments, const std::string& origin) {
  ASSIGN_OR_RETURN(const Buffer lines, tools::read_file(arguments.text_file, kTextMax));
  format::HoldText head{origin, arguments.id, {}, "", "", ""};
  env::system_random().fill(head.salt.bytes);
  const std::string empty = format::hold_text_text(head);
  const std::string text = empty.substr(0, empty.find("case ")) + std::string(text_of(lines));
  auto parsed = format::parse_hold_text(text);
  if (!parsed)
    return std::move(parsed).error().during("reading " + arguments.text_file +
                                            ", which has a line `case`, a line `reason` and a "
                                            "line `contact`");
  return text;
}

Result<void> print_plan(const PublishArguments& server, const RetentionView& now,
                        const std::string& question, bool releases, bool json) {
  ASSIGN_OR_RETURN(const RetentionView then, ask_retention(server, question));
  if (json)
    std::printf("%s\n", then.json.c_str());
  else
    print_difference(now, then, releases,
                     releases ? "it cannot be undone: to keep the same, place another hold"
                              : "to undo it takes a release, which approvers sign");
  return {};
}

}  // namespace

Result<void> list_holds(const ListHoldsArguments& arguments) {
  return show_retention(arguments.from, arguments.json, &print_holds);
}

Result<void> place_hold(const PlaceHoldArguments& arguments) {
  ASSIGN_OR_RETURN(const RetentionView now, ask_retention(arguments.server, ""));
  format::Hold hold{now.origin, format::HoldAction::kPlace, arguments.id};
  ASSIGN_OR_RETURN(hold.scope, format::parse_scope(arguments.scope, now.mode()));
  ASSIGN_OR_RETURN(const std::string text, read_text(arguments, now.origin));
  hold.text = merkle::sha256(bytes_of(text));
  const std::string note = format::hold_note_text(hold, now.mode());
  RETURN_IF_ERROR(format::parse_hold(note, now.mode()));
  if (arguments.dry_run)
    return print_plan(arguments.server, now, "?hold=" + client::percent_encoded(arguments.scope),
                      false, arguments.json);
  ASSIGN_OR_RETURN(const std::string placed, signed_by(arguments.holder, note));
  RETURN_IF_ERROR(publish_retention(arguments.server, placed, text));
  print_value(arguments.json, "placed", arguments.id);
  return {};
}

Result<void> release_hold(const ReleaseHoldArguments& arguments) {
  ASSIGN_OR_RETURN(const RetentionView now, ask_retention(arguments.server, ""));
  const auto placed = std::ranges::find_if(
      now.holds, [&](const PlacedHold& hold) { return hold.id == arguments.id && hold.is_open; });
  if (placed == now.holds.end()) return not_found("the log has no open hold " + arguments.id);
  if (arguments.dry_run)
    return print_plan(arguments.server, now, "?release=" + client::percent_encoded(arguments.id),
                      true, arguments.json);
  if (arguments.out.empty()) return invalid("nowhere to put the release: give --out FILE");
  format::Hold release{now.origin, format::HoldAction::kRelease, arguments.id};
  release.placed = placed->leaf;
  ASSIGN_OR_RETURN(const std::string note,
                   signed_by(arguments.holder, format::hold_note_text(release, now.mode())));
  RETURN_IF_ERROR(tools::replace_file(arguments.out, bytes_of(note)));
  print_value(arguments.json, "release", arguments.out);
  return {};
}

void HoldCommandLine::add_to(CLI::App& app, Result<void>& outcome) {
  CLI::App& hold =
      *app.add_subcommand("hold", "what is kept beyond its time, until approvers let it");
  hold.require_subcommand(1);

  CLI::App& list = *hold.add_subcommand("list", "print all holds, open and released");
  reading_options(list, list_.from);
  json_option(list, list_.json);
  calls(list, list_, &list_holds, outcome);

  CLI::App& place = *hold.add_subcommand("place", "place a hold: no disposal takes what it covers");
  place.add_option("ID", place_.id, "1 to 64 of a-z, 0-9, point and hyphen; it names no person")
      ->required();
  holder_options(place, place_.holder);
  reading_options(place, place_.server);
  place
      .add_option("--scope", place_.scope,
                  "all; \"months 2026-11 2027-01\"; \"source\" and its id in hex")
      ->capture_default_str();
  place
      .add_option("--text", place_.text_file,
                  "file with a line `case ...`, a line `reason ...`, a line `contact ...`")
      ->required();
  dry_run_option(place, place_.dry_run);
  json_option(place, place_.json);
  calls(place, place_, &place_hold, outcome);

  CLI::App& release =
      *hold.add_subcommand("release", "write the release of a hold: it needs approvals");
  release.add_option("ID", release_.id, "the hold's id")->required();
  holder_options(release, release_.holder);
  reading_options(release, release_.server);
  release.add_option("--out", release_.out, "write the release to this file");
  dry_run_option(release, release_.dry_run);
  json_option(release, release_.json);
  calls(release, release_, &release_hold, outcome);
}

}  // namespace varve::keys
