// Where a key event goes: into a file, to the server, or both.
#pragma once

#include <string>

#include "ledger/base/result.h"
#include "ledger/format/note.h"

namespace varve::keys {

struct PublishArguments {
  std::string out;          // a file; empty: none
  std::string server;       // https://host:port; empty: none
  std::string log;          // the log's name on the server
  std::string bearer_file;  // a token with role operate
  std::string ca;           // PEM; empty: the system's
};

/// Errors: kInvalid  neither a file nor a server is given: nothing should be made or signed yet.
Result<void> check_destination(const PublishArguments& to);

/// Whether the key is on the server's side already: after a rotation whose answer was lost, or
/// after a retirement.
enum class Presence { kUnknown, kActive, kRetired };
/// Errors: kNotFound  no such log.  As client::HttpClient.
Result<Presence> presence_on_server(const PublishArguments& to, const format::VerifierKey& key);

/// The body of GET `path` ("/metrics") on the server. Errors: as client::HttpClient.
Result<std::string> ask_server(const PublishArguments& to, const std::string& path);
/// "/logs/NAME/keys".
std::string keys_path(const PublishArguments& to);

/// Writes the file first, then tells the server.
/// Errors: as tools::replace_file and client::HttpClient.
Result<void> publish(const PublishArguments& to, const std::string& note);

}  // namespace varve::keys
