// One check for each thing that a configuration names.
#include "tools/varved/preflight.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <set>

#include "api/access/revocation.h"
#include "hsm/pin.h"
#include "hsm/uri.h"
#include "ledger/format/utf8.h"
#include "ledger/store/data_keys.h"
#include "ledger/store/segment_format.h"
#include "tools/server/apart.h"
#include "tools/varved/certificate.h"
#include "tools/varved/descriptors.h"
#include "tools/varved/reload.h"
#include "tools/varved/tokens_file.h"

namespace varve::tools {
namespace {

/// Collects errors, each with the place it is about before it: "[hsm] pin: ...".
class Problems {
 public:
  explicit Problems(std::vector<Error>& all) : all_(all) {}
  void add(const std::string& where, const Result<void>& checked) {
    if (!checked) all_.push_back({checked.error().code, where + ": " + checked.error().message});
  }

 private:
  std::vector<Error>& all_;
};

Error of_errno(int number, const std::string& path, const std::string& next_step) {
  const std::string what = path + ": " + std::strerror(number) + ": " + next_step;
  return number == ENOENT ? not_found(what) : io_error(what);
}

Result<void> check_directory(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0)
    return of_errno(errno, path, "make the directory, for the user that varved runs as");
  if (!S_ISDIR(status.st_mode)) return invalid(path + " is not a directory");
  if (::faccessat(AT_FDCWD, path.c_str(), R_OK | W_OK | X_OK, AT_EACCESS) != 0)
    return of_errno(errno, path,
                    errno == EROFS ? "varved writes where it serves: varved audit reads a store "
                                     "there, and a mirror of the log can be served from there"
                                   : "the user that varved runs as has to read and write there");
  return env::check_mode(path, env::Others::kRead);
}

/// All that is in a log's directory. Where others cannot enter it they reach nothing in it.
Result<void> check_store_modes(const std::string& directory) {
  RETURN_IF_ERROR(check_directory(directory));
  std::error_code failed;
  const auto mode = std::filesystem::status(directory, failed).permissions();
  if ((mode & std::filesystem::perms::others_exec) == std::filesystem::perms::none) return {};
  std::filesystem::recursive_directory_iterator entry(directory, failed);
  for (; !failed && entry != std::filesystem::recursive_directory_iterator();
       entry.increment(failed)) {
    const auto checked = env::check_mode(entry->path(), env::Others::kRead);
    if (!checked && checked.error().code == Code::kInvalid) return checked;
  }
  return {};
}

Result<void> check_module(const std::string& path) {
  struct stat status {};
  if (!path.starts_with('/')) return invalid(path + " is not an absolute path");
  if (::stat(path.c_str(), &status) != 0)
    return of_errno(errno, path, "install the token's PKCS#11 library");
  if (!S_ISREG(status.st_mode)) return invalid(path + " is not a file");
  if (::faccessat(AT_FDCWD, path.c_str(), R_OK, AT_EACCESS) != 0)
    return of_errno(errno, path, "the user that varved runs as has to read it");
  return env::check_mode(path, env::Others::kRead);
}

Result<void> check_token_uri(const std::string& text) {
  ASSIGN_OR_RETURN(const hsm::Uri uri, hsm::Uri::parse(text));
  if (uri.names_token()) return {};
  return invalid(text + " names no token: give its label, pkcs11:token=LABEL, or its serial");
}

void check_hsm(const std::string& section, const HsmConfig& hsm, Problems& problems) {
  problems.add(section + " module", check_module(hsm.module));
  problems.add(section + " token", check_token_uri(hsm.token));
  problems.add(section + " pin", hsm::check_pin(hsm.pin));
}

Result<void> check_origin(const std::string& origin) {
  if (format::is_key_name(origin)) return {};
  return invalid("\"" + origin +
                 "\" is no origin: it has no space, no plus and no control character, "
                 "and looks like a URL without its scheme");
}

Result<void> check_key(const LogConfig& log) {
  if (log.key.starts_with("pkcs11:")) {
    ASSIGN_OR_RETURN(const hsm::Uri uri, hsm::Uri::parse(log.key));
    if (uri.object_label() || uri.object_id()) return {};
    return invalid(log.key + " names no key: pkcs11:object=LABEL");
  }
  const auto vkey = format::parse_vkey(log.key);
  if (!vkey)
    return invalid("give the key's PKCS#11 URI, pkcs11:object=LABEL, or its vkey; this is " +
                   vkey.error().message);
  if (vkey->name != log.options.origin)
    return invalid("the key is of " + vkey->name + ", not of " + log.options.origin);
  return {};
}

/// The longest label is that of a key that was exchanged a few times.
Result<void> check_kek_prefix(const std::string& prefix, bool is_draft) {
  constexpr std::size_t kGenerationMax = 8;
  const KeyPeriod longest = is_draft ? KeyPeriod{UINT32_MAX, 1} : KeyPeriod{202'601, 0};
  if (store::first_label(prefix, longest).size() + kGenerationMax <= store::kLabelMax) return {};
  return invalid("the prefix is too long: a key's label has at most " +
                 std::to_string(store::kLabelMax) + " bytes");
}

/// By where the folders really are; by name it was looked at before.
Result<void> check_marks(const LogConfig& log, const std::string& data) {
  const std::string& marks = log.marks;
  RETURN_IF_ERROR(check_directory(marks));
  const auto mode = env::check_mode(marks + "/" + mark_file_name(log), env::Others::kRead);
  if (!mode && mode.error().code != Code::kNotFound) return mode;
  return expect_apart(marks, data);
}

void check_log(const LogConfig& log, const std::string& data, Problems& problems) {
  const std::string section = "[[log]] " + log.name + " ";
  problems.add(section + "origin", check_origin(log.options.origin));
  problems.add(section + "key", check_key(log));
  problems.add(section + "kek_prefix",
               check_kek_prefix(log.options.kek_prefix,
                                log.options.first_policy.mode == format::Mode::kDraft));
  if (!log.marks.empty()) problems.add(section + "high_water_mark", check_marks(log, data));
  if (log.witnesses.asks())
    problems.add(section + "witness_policy", check_witnesses(log.witnesses, log.options.origin));
  if (log.time_stamps.asks())
    problems.add(section + "timestamp_urls", check_time_stamps(log.time_stamps));
  const std::string directory = data + "/" + log.name;
  if (::access(directory.c_str(), F_OK) == 0 || errno != ENOENT)
    problems.add(section + "directory", check_store_modes(directory));
}

/// A new log's first key is one that signs.
Result<void> try_key(const LogSite& site, hsm::TokenSet& tokens) {
  if (!site.options.first_statement) return {};
  Buffer message(32);
  env::system_random().fill(message);
  auto signature = tokens.sign(site.options.first_key.key, message);
  if (signature) return {};
  return std::move(signature).error().during("trying the key of log " + site.name);
}

Result<void> check_revoked(const std::string& path) {
  RETURN_IF_ERROR(api::RevocationFile::load(path));
  return {};
}

void look_at_certificate(const std::string& path, Preflight& out) {
  if (path.empty()) return;
  const auto warning = warn_of_certificate(path);
  if (warning && *warning) out.warnings.push_back({"certificate_ends", **warning});
}

void look_at_authorities(const std::string& use, const std::string& path, Preflight& out) {
  if (path.empty()) return;
  const auto authorities = authorities_in(path);
  if (!authorities) return;  // what is wrong with the file is said elsewhere
  for (const api::TrustedAuthority& one : *authorities)
    if (auto trouble = api::trouble_with(use, one, env::posix_clock().now_us() / 1'000'000))
      out.warnings.push_back({"certificate_ends", std::move(*trouble)});
}

void look_at_all_authorities(const Config& config, Preflight& out) {
  look_at_authorities("clients of [server]", config.server.tls.client_ca, out);
  for (const api::ListenerOptions& listener : config.listeners)
    look_at_authorities("senders of [[listener]] " + std::string(kind_name(listener.kind)),
                        listener.tls.client_ca, out);
  for (const IssuerConfig& issuer : config.issuers)
    look_at_authorities("issuer " + issuer.options.issuer, issuer.keys_url.peer.ca_file, out);
  for (const LogConfig& log : config.logs)
    look_at_authorities("witnesses of log " + log.name, log.witnesses.ca_file, out);
}

/// With as many connections as there are descriptors for.
void bind_server(const Config& config, Preflight& out, Problems& problems) {
  api::ServerOptions options = config.server;
  const std::uint64_t limit = raise_descriptor_limit();
  const auto connections = connections_within(limit, config);
  if (!connections) return problems.add("[server]", connections.error());
  if (*connections < options.connections_max)
    out.warnings.push_back({"connections_limited", "this process may open " +
                                                       std::to_string(limit) +
                                                       " files, so there "
                                                       "are at most " +
                                                       std::to_string(*connections) +
                                                       " connections instead "
                                                       "of connections_max = " +
                                                       std::to_string(options.connections_max)});
  options.connections_max = *connections;
  auto server = api::Server::bind(options);
  if (!server) return problems.add("[server]", server.error());
  out.server = std::move(*server);
  look_at_certificate(options.tls.certificate, out);
}

void bind_listeners(const Config& config, Preflight& out) {
  auto listeners = api::Listeners::bind(listeners_options(config));
  if (!listeners) return out.problems.push_back(listeners.error());
  out.listeners = std::move(*listeners);
  for (const api::ListenerOptions& listener : config.listeners)
    if (listener.tls.certificate != config.server.tls.certificate)
      look_at_certificate(listener.tls.certificate, out);
}

/// A name with a slip in it limits nobody. What issuers' tokens name is not known here.
void look_at_client_rules(const Config& config, Preflight& out) {
  if (!config.issuers.empty()) return;
  std::set<std::string> known;
  for (const api::Identity& holder : out.tokens.holders()) known.insert(holder.client);
  for (const api::ListenerOptions& listener : config.listeners) known.insert(listener.client);
  for (const auto& [name, rule] : config.clients.clients)
    if (!known.contains(name))
      out.warnings.push_back(
          {"client_unknown", "[[client]] " + name +
                                 ": no line of the tokens file and no listener "
                                 "names this client, so the table is for nobody"});
}

}  // namespace

Preflight preflight(const Config& config) {
  Preflight out;
  Problems problems(out.problems);
  problems.add("[server] data", check_directory(config.data));
  auto tokens = load_tokens(config.tokens);
  if (tokens) {
    out.tokens = std::move(*tokens);
    look_at_client_rules(config, out);
  } else {
    problems.add("[server] tokens", tokens.error());
  }
  if (!config.revoked.empty()) problems.add("[server] revoked", check_revoked(config.revoked));
  for (const IssuerConfig& issuer : config.issuers)
    problems.add("[[issuer]] " + issuer.options.issuer + " keys", check_issuer(issuer));
  bind_server(config, out, problems);
  bind_listeners(config, out);
  look_at_all_authorities(config, out);
  check_hsm("[hsm]", config.hsm, problems);
  for (const HsmConfig& further : config.further_hsms)
    check_hsm("[[further_hsm]]", further, problems);
  for (const LogConfig& log : config.logs) check_log(log, config.data, problems);
  return out;
}

std::vector<Error> problems_of(const LogConfig& log, const std::string& data) {
  std::vector<Error> out;
  Problems problems(out);
  check_log(log, data, problems);
  return out;
}

Result<LogSite> find_working_site(const LogConfig& log, const std::string& data,
                                  hsm::TokenSet& tokens) {
  ASSIGN_OR_RETURN(LogSite site, find_site(log, data, tokens));
  RETURN_IF_ERROR(try_key(site, tokens));
  return site;
}

FoundSites find_sites(const Config& config, hsm::TokenSet& tokens) {
  FoundSites found;
  for (const LogConfig& log : config.logs) {
    auto site = find_working_site(log, config.data, tokens);
    if (site)
      found.sites.push_back(std::move(*site));
    else
      found.problems.push_back(std::move(site).error());
  }
  return found;
}

}  // namespace varve::tools
