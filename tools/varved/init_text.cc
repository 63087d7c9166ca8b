// The configuration that init writes, and what it prints.
#include <algorithm>

#include "hsm/uri.h"
#include "ledger/format/json.h"
#include "tools/server/listen.h"
#include "tools/varved/init.h"
#include "tools/varved/trial_certificates.h"

namespace varve::tools {
namespace {

std::string entry(std::string_view key, std::string_view value) {
  return std::string(key) + " = " + format::json_quoted(value) + "\n";
}

/// As one word of a shell.
std::string shell_word(const std::string& text) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("/._-+:@,").find(c) != std::string_view::npos;
  };
  if (std::ranges::all_of(text, plain)) return text;
  std::string word = "'";
  for (const char c : text) word += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return word + "'";
}

std::string listed(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text.append(text.empty() ? "" : ", ").append(word);
  return text;
}

/// How a client on this machine reaches the server.
std::string local_url(const std::string& listen) {
  const auto parsed = parse_listen(listen);
  if (!parsed) return "";
  std::string host = parsed->address;
  if (host == "0.0.0.0") host = "127.0.0.1";
  if (host == "::") host = "::1";
  if (host.find(':') != std::string::npos) host = "[" + host + "]";
  return "https://" + host + ":" + std::to_string(parsed->port);
}

/// Each of the defaults, so that whoever reads the file sees what there is to change.
std::string draft_keys() {
  const auto minutes = [](std::string_view key, std::uint32_t value) {
    return std::string(key) + "_minutes = " + std::to_string(value) + "\n";
  };
  return entry("mode", "draft") + minutes("retention", kDraftPeriodMinutes) +
         minutes("notice", kDraftOtherMinutes) + minutes("wait", kDraftOtherMinutes) +
         minutes("key_period", kDraftOtherMinutes);
}

/// A draft must not be taken for the real thing.
std::string what_a_draft_is() {
  return "The log is a draft, for trying: approvers may let a record go once it is " +
         std::to_string(kDraftPeriodMinutes) +
         " minutes old. It\nnever becomes locked. Make a log without --draft for records that "
         "matter.\n\n";
}

std::string what_is_there(const InitOptions& options, const std::string& root) {
  std::string text = root + " holds a Varve server that starts as it is. Its log is \"" +
                     options.log + "\", with the origin " + options.origin + ".\n\n";
  if (options.draft) text += what_a_draft_is();
  const auto line = [&](const std::string& name, const std::string& what) {
    text += "  " + name +
            std::string(std::max<std::size_t>(14, name.size() + 1) - name.size(), ' ') + what +
            "\n";
  };
  line(layout::kConfig, "the configuration");
  line(layout::kFirstKey, "the log's first public key: everyone who verifies needs it");
  line(layout::kTokens, "who may do what: a line for each bearer token, with its hash");
  line(std::string(layout::kCredentials) + "/", "these bearer tokens, one for each role");
  line(layout::kCertificate, "the server's certificate, for trying, valid for " +
                                 std::to_string(kTrialDays) + " days; its key is tls.key");
  line(layout::kAuthority, "the certificate authority that clients trust; its key was thrown away");
  line(std::string(layout::kData) + "/", "the log's records");
  line(std::string(layout::kMarks) + "/",
       "its high-water mark: move it to another disk, and say so in varved.toml");
  if (options.hsm.module.empty())
    line(std::string(layout::kTokenStore) + "/",
         "a SoftHSM token with the log's keys; PINs: pin, so-pin");
  if (!options.hosts.empty())
    text += "\nClients reach the server as " + listed(options.hosts) +
            ".\nTo have other names in the certificate, run init with --host.\n";
  if (!options.hsm.module.empty())
    return text + "\nThe log's keys are on " + options.hsm.token + ".\n";
  return text +
         "\nSoftHSM is for trying Varve: it keeps its keys in files, and whoever copies those "
         "files\n"
         "has the keys. For records that matter, run init with --module, --token and --pin of an "
         "HSM.\n";
}

}  // namespace

std::string first_key_label(const InitOptions& options) {
  return options.log + "-1";
}

std::string init_config(const InitOptions& options, const std::string& root) {
  const auto in_root = [&](const char* name) { return root + "/" + name; };
  std::string text = "# docs/operating/configuration.md describes every key.\n[server]\n";
  text += entry("listen", options.listen);
  text += entry("tls_certificate", in_root(layout::kCertificate));
  text += entry("tls_key", in_root(layout::kTlsKey));
  text += entry("data", in_root(layout::kData));
  text += entry("tokens", in_root(layout::kTokens));
  text += "\n[hsm]\n";
  text += entry("module", options.hsm.module.empty() ? kSoftHsmModule : options.hsm.module);
  if (options.hsm.module.empty()) {
    text += entry("token", hsm::token_uri(kSoftHsmLabel));
    text += entry("pin", "file:" + in_root(layout::kPin));
    text +=
        "environment = {SOFTHSM2_CONF = " + format::json_quoted(in_root(layout::kSoftHsmConfig)) +
        "}\n";
  } else {
    text += entry("token", options.hsm.token);
    text += entry("pin", options.hsm.pin);
  }
  text += "\n[operator]\n";
  text += entry("server", local_url(options.listen));
  text += entry("ca", in_root(layout::kAuthority));
  text += entry("bearer", in_root(layout::kCredentials) + "/operate");
  text += "\n[auditor]\n";
  text += entry("server", local_url(options.listen));
  text += entry("ca", in_root(layout::kAuthority));
  text += entry("bearer", in_root(layout::kCredentials) + "/read");
  text += "\n[[log]]\n";
  text += entry("name", options.log);
  text += entry("origin", options.origin);
  text += entry("key", hsm::object_uri(first_key_label(options)));
  text += entry("first_vkey", in_root(layout::kFirstKey));
  text += "index_minutes = 60\n";
  if (options.draft) text += draft_keys();
  return text + entry("high_water_mark", in_root(layout::kMarks));
}

std::string init_report(const InitOptions& options, const std::string& root) {
  const auto word = [&](const std::string& name) { return shell_word(root + "/" + name); };
  const std::string log_url = shell_word(local_url(options.listen) + "/logs/" + options.log);
  const std::string credentials = std::string(layout::kCredentials) + "/";
  return what_is_there(options, root) +
         "\n1. Start the server. It runs until Ctrl+C:\n\n"
         "    varved --config " +
         word(layout::kConfig) +
         "\n"
         "\n2. In another shell, append an event:\n\n"
         "    curl --fail --cacert " +
         word(layout::kAuthority) + " --oauth2-bearer \"$(cat " + word(credentials + "append") +
         ")\" \\\n"
         "      --header 'Content-Type: application/json' --header 'Idempotency-Key: first-event' "
         "\\\n"
         "      --data '{\"action\":\"try\"}' " +
         log_url +
         "/events\n"
         "\n3. Check the whole log, as an auditor does:\n\n"
         "    varve-audit check --config " +
         word(layout::kConfig) + "\n";
}

}  // namespace varve::tools
