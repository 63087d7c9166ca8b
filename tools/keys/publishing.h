// Where a key event goes: into a file, to the server, or both.
#pragma once

#include <span>
#include <string>

#include "ledger/base/result.h"
#include "ledger/env/signer.h"
#include "ledger/format/control.h"
#include "ledger/format/timestamp.h"

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

/// The body of GET `path` ("/metrics") on the server. Errors: as client::HttpClient.
Result<std::string> ask_server(const PublishArguments& to, const std::string& path);
/// "/logs/NAME/keys".
std::string keys_path(const PublishArguments& to);
/// "/logs/NAME/retention".
std::string retention_path(const PublishArguments& to);

/// Writes the file first, then tells the server.
/// Errors: as tools::replace_file and client::HttpClient.
Result<void> publish(const PublishArguments& to, const std::string& note);
/// Tells the server of a policy, a hold or a release; `text` is that of a hold that is placed.
/// Errors: as client::HttpClient.
Result<void> publish_retention(const PublishArguments& to, const std::string& note,
                               const std::string& text);
/// Gives the server time stamps of one checkpoint. Errors: as client::HttpClient.
Result<void> publish_evidence(const PublishArguments& to,
                              std::span<const format::Timestamp> timestamps);
/// The note of `event`, signed by `signers`, published. Errors: as sign_key_event and publish.
Result<void> sign_and_publish(env::Signer& signer, const format::KeyEvent& event,
                              std::span<const format::VerifierKey> signers,
                              const PublishArguments& to);

}  // namespace varve::keys
