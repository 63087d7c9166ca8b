// hold list, place and release: what is kept beyond its time, for a lawsuit or an inquiry.
#pragma once

#include <string>

#include "tools/keys/holder.h"
#include "tools/keys/options.h"

namespace varve::keys {

struct ListHoldsArguments {
  PublishArguments from;
  bool json = false;
};
/// Prints all holds, open and released. Errors: as ask_retention.
Result<void> list_holds(const ListHoldsArguments& arguments);

struct PlaceHoldArguments {
  HolderArguments holder;
  PublishArguments server;
  std::string id;
  std::string scope = "all";  // as format::scope_text spells it
  std::string text_file;      // lines "case ...", "reason ...", "contact ..."
  bool dry_run = false;
  bool json = false;
};
/// Places the hold at once: it shortens nothing, so one person may. With dry_run prints what it would
/// keep. Errors: kInvalid  no such scope or text.  As ask_retention, Token::sign and publish.
Result<void> place_hold(const PlaceHoldArguments& arguments);

struct ReleaseHoldArguments {
  HolderArguments holder;
  PublishArguments server;  // asked for the hold; nothing is sent
  std::string id;
  std::string out;
  bool dry_run = false;
  bool json = false;
};
/// Writes the release with one approval; the others approve of the file, then it is sent.
/// Errors: kNotFound  no open hold has that id.  As ask_retention and Token::sign.
Result<void> release_hold(const ReleaseHoldArguments& arguments);

/// The command line of varve-keys hold. Outlives the parsing of the command line.
class HoldCommandLine {
 public:
  void add_to(CLI::App& app, Result<void>& outcome);

 private:
  ListHoldsArguments list_;
  PlaceHoldArguments place_;
  ReleaseHoldArguments release_;
};

}  // namespace varve::keys
