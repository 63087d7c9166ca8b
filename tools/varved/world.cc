// Putting the token, the disk and the logs together.
#include "tools/varved/world.h"

#include "hsm/pin.h"
#include "ledger/store/mark_file.h"

namespace varve::tools {

Result<std::unique_ptr<hsm::Token>> open_token(const HsmConfig& config) {
  hsm::TokenOptions options;
  options.module = config.module;
  options.uri = config.token;
  options.timeout_ms = config.timeout_ms;
  ASSIGN_OR_RETURN(options.pin, hsm::read_pin(config.pin));
  return hsm::Token::open(std::move(options));
}

Result<LogSite> prepare_log(const LogConfig& config, const std::string& data, hsm::Token& token) {
  ASSIGN_OR_RETURN(const auto root, env::open_posix(data));
  RETURN_IF_ERROR(root->make_directory(config.name));
  LogSite site{config.name, config.open_reads, config.options, nullptr, nullptr, nullptr};
  ASSIGN_OR_RETURN(site.files, env::open_posix(data + "/" + config.name));
  if (!config.marks.empty()) {
    ASSIGN_OR_RETURN(site.mark_files, env::open_posix(config.marks));
    site.marks = store::mark_file(*site.mark_files, config.name + ".mark");
  }
  auto key = token.find_public_key(config.key);
  if (!key) return std::move(key).error().during("looking for the key of log " + config.name);
  ASSIGN_OR_RETURN(site.options.first_key,
                   format::make_verifier_key(config.options.origin, key->algorithm, key->key));
  return site;
}

Environment environment_of(LogSite& site, hsm::Token& token) {
  return {env::posix_clock(), env::system_random(), *site.files, token, token, site.marks.get(), {}};
}

}  // namespace varve::tools
