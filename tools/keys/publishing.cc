// Key events travel as text; the server checks them against the keys they change.
#include "tools/keys/publishing.h"

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

}  // namespace

std::string keys_path(const PublishArguments& to) {
  return "/logs/" + client::percent_encoded(to.log) + "/keys";
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
  ASSIGN_OR_RETURN(auto http, connect(to));
  const auto response =
      client::expect_success(http.post(keys_path(to), "text/plain", bytes_of(note)));
  if (response) return {};
  const bool may_pass = response.error().code == Code::kBusy || response.error().code == Code::kIo;
  return Error(response.error())
      .during(may_pass ? "sending the key event; run it again" : "sending the key event");
}

Result<void> sign_and_publish(env::Signer& signer, const format::KeyEvent& event,
                              std::span<const format::VerifierKey> signers,
                              const PublishArguments& to) {
  ASSIGN_OR_RETURN(const std::string note, sign_key_event(signer, event, signers));
  return publish(to, note);
}

}  // namespace varve::keys
