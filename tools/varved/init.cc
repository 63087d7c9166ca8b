// Everything in a directory beside the final one: files, token, certificates; then what a start
// would look at, the key, and the name. The key on a token that exists already is the one thing
// outside of it. A note says which it is, and a run that finds the note of a killed one destroys it.
#include "tools/varved/init.h"

#include <sys/stat.h>

#include <algorithm>
#include <cstdio>
#include <iterator>

#include "api/access/tokens.h"
#include "hsm/keys.h"
#include "hsm/pin.h"
#include "ledger/base/text.h"
#include "ledger/env/durable.h"
#include "ledger/env/posix.h"
#include "tools/common/exit_code.h"
#include "tools/common/new_directory.h"
#include "tools/varved/commands.h"
#include "tools/varved/open_tokens.h"
#include "tools/varved/preflight.h"
#include "tools/varved/trial_certificates.h"

namespace varve::tools {
namespace {

constexpr std::size_t kNoteMax = 4'096;         // bytes
constexpr std::size_t kSoftHsmLineMax = 1'000;  // bytes of a line of its configuration

Result<void> write_new(env::Filesystem& files, const std::string& name, Bytes bytes) {
  const auto file = files.create(name);
  auto written = file ? (*file)->write(ByteOffset{0}, bytes) : file.error();
  if (written) return {};
  return std::move(written).error().during("writing " + files.system_path(name));
}

Result<void> make_pin(env::Filesystem& files, const std::string& name) {
  constexpr std::string_view kSigns =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
  static_assert(kSigns.size() == 64);
  ASSIGN_OR_RETURN(auto pin, env::SecretBytes::of_size(24));
  env::system_random().fill(pin.mutable_view());
  for (std::byte& sign : pin.mutable_view())
    sign = static_cast<std::byte>(kSigns[std::to_integer<std::size_t>(sign) % kSigns.size()]);
  return write_new(files, name, pin.view());
}

/// SoftHSM ends a line at '#', and a name at '='.
Result<std::string> soft_hsm_config(const std::string& root) {
  const std::string line = "directories.tokendir = " + root + "/" + layout::kTokenStore;
  if (root.find_first_of("#=") != std::string::npos || line.size() > kSoftHsmLineMax)
    return invalid("SoftHSM cannot have its store in " + root +
                   ": choose a path without # and =, and of less than 900 bytes");
  return line + "\nobjectstore.backend = file\nlog.level = ERROR\nlibrary.reset_on_fork = true\n";
}

Result<void> make_soft_token(NewDirectory& place) {
  env::Filesystem& files = place.files();
  const auto spec = [&](const char* name) { return "file:" + place.beside() + "/" + name; };
  RETURN_IF_ERROR(files.make_directory(layout::kTokenStore));
  RETURN_IF_ERROR(make_pin(files, layout::kPin));
  RETURN_IF_ERROR(make_pin(files, layout::kOfficerPin));
  ASSIGN_OR_RETURN(auto pin, hsm::read_pin(spec(layout::kPin)));
  ASSIGN_OR_RETURN(auto so_pin, hsm::read_pin(spec(layout::kOfficerPin)));
  auto made =
      hsm::initialize_token({kSoftHsmModule, kSoftHsmLabel, std::move(so_pin), std::move(pin)});
  if (made) return {};
  return std::move(made).error().during(
      "making a token of SoftHSM (install the package softhsm2, or name an HSM with --module)");
}

Result<void> make_certificates(env::Filesystem& files, const std::vector<std::string>& hosts) {
  ASSIGN_OR_RETURN(const auto made, make_trial_certificates(hosts));
  RETURN_IF_ERROR(write_new(files, layout::kAuthority, bytes_of(made.authority)));
  RETURN_IF_ERROR(write_new(files, layout::kCertificate, bytes_of(made.certificate)));
  return write_new(files, layout::kTlsKey, bytes_of(made.key));
}

/// Who breaks the glass is somebody whom people choose: no installation begins with such a credential.
constexpr api::Roles kFirstRoles = api::Roles::kAppend | api::Roles::kRead | api::Roles::kOperate |
                                   api::Roles::kProofs | api::Roles::kHold | api::Roles::kApprove;

Result<void> make_credentials(env::Filesystem& files, const std::string& log) {
  RETURN_IF_ERROR(files.make_directory(layout::kCredentials));
  std::string lines;
  for (const std::string_view role : api::role_names(kFirstRoles)) {
    const std::string token = api::make_token();
    ASSIGN_OR_RETURN(const std::string line,
                     api::token_line(token, "first-" + std::string(role), role, log));
    RETURN_IF_ERROR(write_new(files, std::string(layout::kCredentials) + "/" + std::string(role),
                              bytes_of(token + "\n")));
    lines += line + "\n";
  }
  return write_new(files, layout::kTokens, bytes_of(lines));
}

/// All but the key and what is said of the final place.
Result<Config> make_files(InitOptions& options, NewDirectory& place) {
  env::Filesystem& files = place.files();
  ASSIGN_OR_RETURN(const Config config,
                   parse_config(init_config(options, place.beside()), layout::kConfig));
  RETURN_IF_ERROR(set_environment(config.hsm.environment));
  for (const char* directory : {layout::kData, layout::kMarks})
    RETURN_IF_ERROR(files.make_directory(directory));
  options.hosts = trial_hosts(config.server.address, options.hosts);
  RETURN_IF_ERROR(make_certificates(files, options.hosts));
  RETURN_IF_ERROR(make_credentials(files, options.log));
  if (options.hsm.module.empty()) {
    RETURN_IF_ERROR(soft_hsm_config(place.path()));
    ASSIGN_OR_RETURN(const std::string text, soft_hsm_config(place.beside()));
    RETURN_IF_ERROR(write_new(files, layout::kSoftHsmConfig, bytes_of(text)));
    RETURN_IF_ERROR(make_soft_token(place));
  }
  const Preflight found = preflight(config);  // it has the address until this returns
  if (!found.problems.empty()) return found.problems.front();
  const std::size_t colon = options.listen.rfind(':');
  options.listen = options.listen.substr(0, colon + 1) + std::to_string(found.server->port());
  return config;
}

/// The key that a run made which was killed: its note has the public half. Any other key with that
/// label may be a log's.
Result<void> destroy_noted_key(env::Filesystem& files, hsm::Token& token,
                               const std::string& label) {
  const auto noted = env::read_whole(files, NewDirectory::kNote, kNoteMax);
  if (!noted) return noted.error().code == Code::kNotFound ? Result<void>() : noted.error();
  ASSIGN_OR_RETURN(const auto keys, token.list_keys());
  std::vector<hsm::KeyInfo> labelled;
  std::ranges::copy_if(keys, std::back_inserter(labelled),
                       [&](const hsm::KeyInfo& key) { return key.label == label; });
  if (labelled.size() != 1 || !labelled[0].public_key ||
      hex(labelled[0].public_key->key) != text_of(*noted))
    return {};
  RETURN_IF_ERROR(token.destroy_keys(hsm::KeyUse::kSign, label));
  return {};
}

/// Nobody's signing key, and no months' keys: two logs that share those would be disposed of together.
Result<void> expect_free_labels(hsm::Token& token, const std::string& label,
                                const std::string& kek_prefix) {
  ASSIGN_OR_RETURN(const auto keys, token.list_keys());
  for (const hsm::KeyInfo& key : keys) {
    if (key.label == label)
      return worm("the token has a key with the label " + label +
                  " already: name the log otherwise with --log, or destroy that key with "
                  "varve-keys destroy if no log needs it");
    if (key.label.starts_with(kek_prefix + "/"))
      return worm("the token has a month's key of another log already, " + key.label +
                  ": name the log otherwise with --log");
  }
  return {};
}

Result<void> finish(const InitOptions& options, const hsm::PublicKey& key, const Config& config,
                    hsm::TokenSet& tokens, NewDirectory& place) {
  env::Filesystem& files = place.files();
  RETURN_IF_ERROR(env::write_durably(files, NewDirectory::kNote, bytes_of(hex(key.key))));
  const FoundSites found = find_sites(config, tokens);  // the key signs, and nothing is made
  if (!found.problems.empty()) return found.problems.front();
  ASSIGN_OR_RETURN(const auto vkey,
                   format::make_verifier_key(options.origin, key.algorithm, key.key));
  RETURN_IF_ERROR(write_new(files, layout::kFirstKey, bytes_of(format::format_vkey(vkey) + "\n")));
  if (options.hsm.module.empty()) {
    ASSIGN_OR_RETURN(const std::string text, soft_hsm_config(place.path()));
    RETURN_IF_ERROR(env::write_durably(files, layout::kSoftHsmConfig, bytes_of(text)));
  }
  RETURN_IF_ERROR(write_new(files, layout::kConfig, bytes_of(init_config(options, place.path()))));
  return place.publish();
}

Result<void> make_key_and_finish(const InitOptions& options, const Config& config,
                                 NewDirectory& place) {
  const std::string label = first_key_label(options);
  ASSIGN_OR_RETURN(const auto tokens, open_tokens(config));
  hsm::Token& token = tokens->first();
  RETURN_IF_ERROR(destroy_noted_key(place.files(), token, label));
  RETURN_IF_ERROR(expect_free_labels(token, label, config.logs.at(0).options.kek_prefix));
  auto key = token.create_key_pair(options.algorithm, label);
  if (!key) return std::move(key).error();
  const auto finished = finish(options, *key, config, *tokens, place);
  if (finished) return {};
  Error why = finished.error();
  if (!token.destroy_keys(hsm::KeyUse::kSign, label))
    why.message += "; besides, the key " + label + " stays on the token, and nothing needs it";
  return why;
}

/// Returns the absolute path of what is there then.
Result<std::string> make(InitOptions& options) {
  if (!options.hsm.pin.empty() && !options.hsm.pin.starts_with("file:/"))
    return invalid("--pin is file: and an absolute path: the server reads it at each start");
  ASSIGN_OR_RETURN(NewDirectory place, NewDirectory::create(options.directory));
  ASSIGN_OR_RETURN(const Config config, make_files(options, place));
  RETURN_IF_ERROR(make_key_and_finish(options, config, place));
  return place.path();
}

}  // namespace

int init(InitOptions options) {
  ::umask(S_IRWXG | S_IRWXO);  // of what SoftHSM writes, too
  const auto root = make(options);
  if (!root) return report(kVarved, root.error());
  std::fputs(init_report(options, *root).c_str(), stdout);
  return kExitOk;
}

}  // namespace varve::tools
