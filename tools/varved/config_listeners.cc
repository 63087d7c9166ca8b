// Which keys go together. What leaves a sender unproven, messages readable or messages lost is never a
// default: the configuration has to say it.
#include "tools/varved/config_listeners.h"

#include <toml++/toml.h>

#include <algorithm>
#include <utility>

#include "api/access/tokens.h"
#include "tools/server/listen.h"
#include "tools/varved/client_config.h"
#include "tools/varved/config.h"

namespace varve::tools {
namespace {

constexpr std::size_t kConnectionsMost = 1'000'000;

using Kind = api::ListenerKind;

std::vector<std::string_view> kind_names() {
  std::vector<std::string_view> out;
  for (const Kind kind : api::kListenerKinds) out.push_back(api::kind_name(kind));
  return out;
}

Key needed(Key key) {
  key.required = true;
  return key;
}

Result<void> check_sender(const RawListener& raw) {
  if (raw.client.empty() == raw.client_ca.empty())
    return invalid(uses_tls(raw.kind)
                       ? "give either client_ca, the CAs of the senders' certificates, or client, "
                         "the name of whoever sends without one"
                       : "client is needed: the name of whoever sends, because nothing proves it");
  if (!raw.client.empty() && !api::is_client_name(raw.client))
    return invalid("client is 1 to 127 of a-z A-Z 0-9 . - _ @ /, as in the tokens file");
  return {};
}

Result<api::TlsFiles> settle_tls(const RawListener& raw, const api::TlsFiles& server) {
  if (raw.certificate.empty() != raw.key.empty())
    return invalid("tls_certificate and tls_key go together");
  api::TlsFiles out{raw.certificate, raw.key, raw.client_ca, api::ClientCertificates::kRequired};
  if (raw.certificate.empty()) {
    out.certificate = server.certificate;
    out.key = server.key;
  }
  if (out.certificate.empty())
    return invalid("set tls_certificate and tls_key, here or in [server]");
  return out;
}

Result<void> check_without_tls(const RawListener& raw, const std::string& address) {
  if (!raw.certificate.empty() || !raw.key.empty() || !raw.client_ca.empty())
    return invalid("tls_certificate, tls_key and client_ca are for kinds with TLS");
  if (!raw.plain_text && !is_loopback(address))
    return invalid(
        "without TLS, anybody in between reads and alters messages: set plain_text = "
        "true to allow that away from a loopback address");
  return {};
}

Result<void> check_words(const RawListener& raw) {
  const bool udp = raw.kind == Kind::kSyslogUdp;
  if (udp && !raw.lossy)
    return invalid("UDP loses messages, and nobody is told: set lossy = true to allow that");
  if (!udp && raw.lossy) return invalid("lossy is for syslog-udp");
  if (uses_tls(raw.kind) && raw.plain_text)
    return invalid("plain_text = true and a kind with TLS contradict each other");
  return {};
}

Result<void> check_target(const std::string& name, const std::vector<LogConfig>& logs) {
  const auto found = std::ranges::find(logs, name, &LogConfig::name);
  if (found == logs.end()) return invalid("there is no [[log]] named " + name);
  if (found->options.ended) return invalid("log " + name + " has ended and takes nothing more");
  return {};
}

Result<api::ListenerOptions> settle(const RawListener& raw, const api::TlsFiles& server,
                                    const std::vector<LogConfig>& logs) {
  api::ListenerOptions out;
  ASSIGN_OR_RETURN(ListenAddress listen, parse_listen(raw.listen));
  RETURN_IF_ERROR(check_words(raw));
  RETURN_IF_ERROR(check_target(raw.log, logs));
  if (uses_tls(raw.kind)) {
    ASSIGN_OR_RETURN(out.tls, settle_tls(raw, server));
  } else {
    RETURN_IF_ERROR(check_without_tls(raw, listen.address));
  }
  RETURN_IF_ERROR(check_sender(raw));
  out.kind = raw.kind;
  out.address = std::move(listen.address);
  out.port = listen.port;
  out.log = raw.log;
  out.client = raw.client;
  out.connections_max = raw.connections_max;
  out.allow = raw.allow;
  return out;
}

}  // namespace

std::vector<Key> listener_keys(RawListener& raw) {
  return {
      needed(choice_key("kind", kind_names(),
                        [&raw](std::size_t choice) { raw.kind = api::kListenerKinds[choice]; })),
      text_key("listen", raw.listen, true),
      text_key("log", raw.log, true),
      text_key("client", raw.client),
      text_key("client_ca", raw.client_ca),
      text_key("tls_certificate", raw.certificate),
      text_key("tls_key", raw.key),
      flag_key("plain_text", raw.plain_text),
      flag_key("lossy", raw.lossy),
      number_key("connections_max", 1, kConnectionsMost, raw.connections_max),
      networks_key("allow", raw.allow),
  };
}

Result<void> read_listeners(const toml::node& node, std::vector<RawListener>& out) {
  return read_tables(node, "each listener is a table of its own: [[listener]]",
                     [&](const toml::table& table) {
                       return read_table(table, "[[listener]]", listener_keys(out.emplace_back()));
                     });
}

Result<std::vector<api::ListenerOptions>> settle_listeners(const std::vector<RawListener>& raw,
                                                           const api::TlsFiles& server,
                                                           const std::vector<LogConfig>& logs) {
  std::vector<api::ListenerOptions> out;
  for (const RawListener& one : raw) {
    auto settled = settle(one, server, logs);
    if (!settled)
      return invalid("[[listener]] " + std::string{api::kind_name(one.kind)} + " on " + one.listen +
                     ": " + settled.error().message);
    out.push_back(std::move(*settled));
  }
  return out;
}

}  // namespace varve::tools
