// The trust bundle, which auditors need and which no secret is in.
#pragma once

#include <string>

#include "tools/keys/publishing.h"

namespace varve::keys {

struct BackupArguments {
  PublishArguments server;  // its `out` is where the bundle goes
  std::string vkey;         // the log's first key
  bool json = false;
};
/// Asks the server for the log's key history, makes a bundle of it, opens and verifies that as an
/// auditor would, writes one file, and compares what the file holds with what was verified.
/// Errors: kCorrupt  it does not verify: nothing is written.  kIo  the file holds something else.
/// As client::HttpClient.
Result<void> backup_public(const BackupArguments& arguments);

struct HistoryArguments {
  std::string bundle;  // a file
  std::string vkey;    // the first key, when it is known from elsewhere
  bool json = false;
};
/// Verifies a bundle offline and prints it. Errors: as verify::open_bundle.
Result<void> verify_history(const HistoryArguments& arguments);

}  // namespace varve::keys
