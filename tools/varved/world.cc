// Putting the tokens, the disk and the logs together.
#include "tools/varved/world.h"

#include <algorithm>

#include "hsm/pin.h"
#include "ledger/store/mark_file.h"
#include "tools/varved/refused_pin_files.h"
#include "tools/varved/token_mark.h"

namespace varve::tools {

namespace {

Result<std::unique_ptr<hsm::Token>> open_token(const HsmConfig& config,
                                               std::shared_ptr<hsm::PinLatch> latch) {
  hsm::TokenOptions options;
  options.module = config.module;
  options.uri = config.token;
  options.timeout_ms = config.timeout_ms;
  options.latch = std::move(latch);
  ASSIGN_OR_RETURN(options.pin, hsm::read_pin(config.pin));
  return hsm::Token::open(std::move(options));
}

Result<bool> is_new(const std::string& data, const std::string& name) {
  ASSIGN_OR_RETURN(const auto files, env::open_posix(data));
  const auto segments = files->list(name + "/segments");
  if (!segments && segments.error().code != Code::kNotFound) return segments.error();
  return !segments || segments->empty();
}

/// The log's first key, and what its token says of it while it still has to be written down.
Result<void> find_first_key(const LogConfig& config, const std::string& data,
                            hsm::TokenSet& tokens, LogSite& site) {
  if (!config.key.starts_with("pkcs11:")) {
    ASSIGN_OR_RETURN(site.options.first_key, format::parse_vkey(config.key));
    if (site.options.first_key.name != config.options.origin)
      return invalid("the key is of " + site.options.first_key.name + ", not of " +
                     config.options.origin);
  } else {
    auto key = tokens.find_public_key(config.key);
    if (!key && key.error().code == Code::kNotFound)
      return not_found(key.error().message + " (when that key has left, give its vkey as `key`)");
    if (!key) return std::move(key).error();
    ASSIGN_OR_RETURN(site.options.first_key,
                     format::make_verifier_key(config.options.origin, key->algorithm, key->key));
  }
  ASSIGN_OR_RETURN(const bool writes_record_0, is_new(data, config.name));
  if (!writes_record_0) return {};
  const format::VerifierKey& key = site.options.first_key;
  ASSIGN_OR_RETURN(site.options.first_statement, tokens.state_key({key.algorithm, key.key}));
  return {};
}

/// In the token of [hsm], when the configuration wants it there.
Result<void> find_token_mark(const LogConfig& config, hsm::TokenSet& tokens, LogSite& site,
                             std::vector<std::unique_ptr<env::HighWaterMark>>& places) {
  if (config.token_marks == TokenMarks::kNo) return {};
  auto mark = token_mark(tokens.first(), config.name);
  if (mark) {
    places.push_back(std::move(*mark));
    return {};
  }
  if (mark.error().code != Code::kIo || config.token_marks == TokenMarks::kYes)
    return std::move(mark).error();
  site.warnings.push_back(
      "the token keeps no high-water mark of this log, it allows no data objects: " +
      mark.error().message);
  return {};
}

Result<void> find_marks(const LogConfig& config, hsm::TokenSet& tokens, LogSite& site) {
  std::vector<std::unique_ptr<env::HighWaterMark>> places;
  if (!config.marks.empty()) {
    ASSIGN_OR_RETURN(site.mark_files, env::open_posix(config.marks));
    places.push_back(store::mark_file(*site.mark_files, config.name + ".mark"));
  }
  RETURN_IF_ERROR(find_token_mark(config, tokens, site, places));
  if (!places.empty()) site.marks = env::all_marks(std::move(places));
  return {};
}

}  // namespace

Result<LogConfig> find_log(const Config& config, const std::string& name) {
  const auto found = std::ranges::find(config.logs, name, &LogConfig::name);
  if (found == config.logs.end()) return not_found("the configuration has no log named " + name);
  return *found;
}

Result<std::unique_ptr<hsm::TokenSet>> open_tokens(const Config& config) {
  ASSIGN_OR_RETURN(auto data, env::open_posix(config.data));
  const auto latch = refused_pin_files(std::move(data), config.data);
  std::vector<std::unique_ptr<hsm::Token>> tokens;
  ASSIGN_OR_RETURN(auto first, open_token(config.hsm, latch));
  tokens.push_back(std::move(first));
  for (const HsmConfig& further : config.further_hsms) {
    auto token = open_token(further, latch);
    if (!token) return std::move(token).error().during("opening a [[further_hsm]]");
    tokens.push_back(std::move(*token));
  }
  return std::make_unique<hsm::TokenSet>(std::move(tokens));
}

Result<LogSite> find_site(const LogConfig& config, const std::string& data,
                          hsm::TokenSet& tokens) {
  LogSite site{config.name, config.open_reads, config.options, nullptr, nullptr, nullptr, {}};
  if (auto found = find_marks(config, tokens, site); !found)
    return std::move(found).error().during("looking for the high-water mark of log " + config.name);
  if (auto found = find_first_key(config, data, tokens, site); !found)
    return std::move(found).error().during("looking for the key of log " + config.name);
  return site;
}

Result<void> open_site(LogSite& site, const std::string& data) {
  ASSIGN_OR_RETURN(const auto root, env::open_posix(data));
  RETURN_IF_ERROR(root->make_directory(site.name));
  ASSIGN_OR_RETURN(site.files, env::open_posix(data + "/" + site.name));
  return {};
}

Result<LogSite> prepare_log(const LogConfig& config, const std::string& data,
                            hsm::TokenSet& tokens) {
  ASSIGN_OR_RETURN(LogSite site, find_site(config, data, tokens));
  RETURN_IF_ERROR(open_site(site, data));
  return site;
}

Environment environment_of(LogSite& site, hsm::TokenSet& tokens) {
  return {
      env::posix_clock(), env::system_random(), *site.files, tokens, tokens, site.marks.get(), {}};
}

}  // namespace varve::tools
