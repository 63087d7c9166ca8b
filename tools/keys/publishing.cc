// Key events travel as text; the server checks them against the keys they change.
#include "tools/keys/publishing.h"

#include "ledger/format/json.h"
#include "tools/client/problem.h"
#include "tools/common/files.h"
#include "tools/keys/key_note.h"

namespace varve::keys {
namespace {

Result<client::HttpClient> connect(const PublishArguments& to) {
  ASSIGN_OR_RETURN(const client::Url url, client::parse_url(to.server));
  client::HttpOptions options;
  options.ca_file = to.ca;
  options.token_file = to.bearer_file;
  return client::HttpClient::open(url, options);
}

Result<void> post(const PublishArguments& to, const std::string& path, const std::string& type,
                  const std::string& body, const std::string& doing) {
  ASSIGN_OR_RETURN(auto http, connect(to));
  const auto response = client::expect_success(http.post(path, type, bytes_of(body)));
  if (response) return {};
  const bool may_pass = response.error().code == Code::kBusy || response.error().code == Code::kIo;
  return Error(response.error()).during(may_pass ? doing + "; run it again" : doing);
}

}  // namespace

std::string keys_path(const PublishArguments& to) {
  return "/logs/" + client::percent_encoded(to.log) + "/keys";
}

std::string retention_path(const PublishArguments& to) {
  return "/logs/" + client::percent_encoded(to.log) + "/retention";
}

Result<std::string> ask_server(const PublishArguments& to, const std::string& path) {
  ASSIGN_OR_RETURN(auto http, connect(to));
  ASSIGN_OR_RETURN(auto response, client::expect_success(http.get(path)));
  return std::move(response.body);
}

Result<void> check_destination(const PublishArguments& to) {
  if (!to.out.empty() || !to.server.empty()) return {};
  return invalid("nowhere to put the key event: give --out FILE, --server URL, or both");
}

Result<void> publish(const PublishArguments& to, const std::string& note) {
  if (!to.out.empty()) RETURN_IF_ERROR(tools::replace_file(to.out, bytes_of(note)));
  if (to.server.empty()) return {};
  return post(to, keys_path(to), "text/plain", note, "sending the key event");
}

Result<void> publish_retention(const PublishArguments& to, const std::string& note,
                               const std::string& text) {
  std::string body = "{\"note\":" + format::json_quoted(note);
  if (!text.empty()) body.append(",\"text\":").append(format::json_quoted(text));
  return post(to, retention_path(to), "application/json", body.append("}"), "sending the note");
}

Result<void> publish_evidence(const PublishArguments& to,
                              std::span<const format::Timestamp> timestamps) {
  std::string body = "{\"timestamps\":[";
  for (const format::Timestamp& one : timestamps) {
    if (body.back() != '[') body.push_back(',');
    body.append(format::json_quoted(format::timestamp_text(one)));
  }
  return post(to, retention_path(to) + "/evidence", "application/json", body.append("]}"),
              "sending the time stamps");
}

Result<void> sign_and_publish(env::Signer& signer, const format::KeyEvent& event,
                              std::span<const format::VerifierKey> signers,
                              const PublishArguments& to) {
  ASSIGN_OR_RETURN(const std::string note, sign_key_event(signer, event, signers));
  return publish(to, note);
}

}  // namespace varve::keys
