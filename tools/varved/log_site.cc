// Looking for the parts of a log, each where the configuration says that it is.
#include "tools/varved/log_site.h"

#include <algorithm>

#include "ledger/merkle/tree.h"
#include "ledger/store/data_keys.h"
#include "ledger/store/mark_file.h"
#include "tools/varved/token_mark.h"

namespace varve::tools {
namespace {

Result<bool> is_new(const std::string& data, const std::string& name) {
  ASSIGN_OR_RETURN(const auto files, env::open_posix(data));
  const auto segments = files->list(name + "/segments");
  if (!segments && segments.error().code != Code::kNotFound) return segments.error();
  return !segments || segments->empty();
}

/// How many records the log's marks know of; nothing when there are none.
Result<std::optional<TreeSize>> marked_size(const LogSite& site) {
  std::optional<TreeSize> largest;
  if (!site.marks) return largest;
  ASSIGN_OR_RETURN(const auto marks, site.marks->read());
  RETURN_IF_ERROR(env::are_of(marks, merkle::sha256(bytes_of(site.options.origin))));
  for (const env::Mark& mark : marks)
    if (!largest || *largest < mark.size) largest = mark.size;
  return largest;
}

/// An emptied store is the worse news.
Error no_such_key(const LogSite& site, bool empty, const Error& why) {
  const std::string advice =
      why.message + " (`key` is the log's first one: when that has left, give its vkey as `key`)";
  const auto marked = marked_size(site);
  if (!marked) return marked.error();
  if (!empty || !*marked) return not_found(advice);
  return corrupt("the store is empty, and its high-water mark says " +
                 std::to_string((*marked)->value) +
                 " records: find it, or restore it with varved restore. Besides, " + advice);
}

Result<void> find_first_key(const LogConfig& config, bool empty, hsm::TokenSet& tokens,
                            LogSite& site) {
  if (!config.key.starts_with("pkcs11:")) {
    ASSIGN_OR_RETURN(site.options.first_key, format::parse_vkey(config.key));
    if (site.options.first_key.name != config.options.origin)
      return invalid("the key is of " + site.options.first_key.name + ", not of " +
                     config.options.origin);
    return {};
  }
  auto key = tokens.find_public_key(config.key);
  if (!key && key.error().code == Code::kNotFound) return no_such_key(site, empty, key.error());
  if (!key) return std::move(key).error();
  ASSIGN_OR_RETURN(site.options.first_key,
                   format::make_verifier_key(config.options.origin, key->algorithm, key->key));
  return {};
}

/// What record 0 of a new log says of its first key: a token has to have that. Where there is a
/// store, or a mark of one that is lost, no token is asked.
Result<void> state_first_key(bool empty, hsm::TokenSet& tokens, LogSite& site) {
  if (!empty) return {};
  ASSIGN_OR_RETURN(const auto marked, marked_size(site));
  if (marked) return {};  // what opens the store refuses it, or restores it
  const format::VerifierKey& key = site.options.first_key;
  auto statement = tokens.state_key({key.algorithm, key.key});
  if (!statement)
    return std::move(statement).error().during(
        "asking for what record 0 says of it: the store is empty and has no high-water mark, so "
        "the log is new");
  site.options.first_statement = std::move(*statement);
  return {};
}

/// A mark may have been lost, or taken away together with the newest records: nothing here can
/// tell.
Result<void> look_for_mark(bool empty, LogSite& site) {
  if (empty || !site.marks) return {};
  ASSIGN_OR_RETURN(const auto marked, marked_size(site));
  if (!marked)
    site.warnings.push_back(
        {"mark_missing",
         "the store has records, and no high-water mark of this log was found: nothing shows that "
         "it is the newest. Compare its size with what an auditor remembers; from now on a mark "
         "is kept"});
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
  if (mark.error().code != Code::kNotFound || config.token_marks == TokenMarks::kYes)
    return std::move(mark).error();
  site.warnings.push_back(
      {"mark_not_on_token",
       "the token keeps no high-water mark of this log, it allows no data objects: " +
           mark.error().message});
  return {};
}

Result<void> find_marks(const LogConfig& config, hsm::TokenSet& tokens, LogSite& site) {
  std::vector<std::unique_ptr<env::HighWaterMark>> places;
  if (!config.marks.empty()) {
    ASSIGN_OR_RETURN(site.mark_files, env::open_posix(config.marks));
    places.push_back(store::mark_file(*site.mark_files, mark_file_name(config)));
  }
  RETURN_IF_ERROR(find_token_mark(config, tokens, site, places));
  if (!places.empty()) site.marks = env::all_marks(std::move(places));
  return {};
}

/// What the marks say stays unread, where there is a store.
Result<LogSite> find_key_and_marks(const LogConfig& config, bool empty, hsm::TokenSet& tokens) {
  LogSite site{config.name, config.open_reads, config.options, config.retention,
               nullptr,     nullptr,           nullptr,        {}};
  if (auto found = find_marks(config, tokens, site); !found)
    return std::move(found).error().during("looking for the high-water mark of log " + config.name);
  auto found = find_first_key(config, empty, tokens, site);
  if (found) found = state_first_key(empty, tokens, site);
  if (!found) return std::move(found).error().during("looking for the key of log " + config.name);
  return site;
}

}  // namespace

std::string mark_file_name(const LogConfig& log) {
  return log.name + ".mark";
}

Result<LogConfig> find_log(const Config& config, const std::string& name) {
  const auto found = std::ranges::find(config.logs, name, &LogConfig::name);
  if (found == config.logs.end()) return not_found("the configuration has no log named " + name);
  return *found;
}

Result<LogSite> find_site(const LogConfig& config, const std::string& data, hsm::TokenSet& tokens) {
  ASSIGN_OR_RETURN(const bool empty, is_new(data, config.name));
  ASSIGN_OR_RETURN(LogSite site, find_key_and_marks(config, empty, tokens));
  if (auto looked = look_for_mark(empty, site); !looked)
    return std::move(looked).error().during("reading the high-water mark of log " + config.name);
  return site;
}

Result<void> make_store(LogSite& site, const std::string& data) {
  ASSIGN_OR_RETURN(const auto root, env::open_posix(data));
  RETURN_IF_ERROR(root->make_directory(site.name));
  ASSIGN_OR_RETURN(site.files, env::open_posix(data + "/" + site.name));
  return {};
}

Result<LogSite> find_existing_site(const LogConfig& config, const std::string& data,
                                   hsm::TokenSet& tokens) {
  auto files = env::open_posix(data + "/" + config.name);
  if (!files) return std::move(files).error().during("looking for the store of log " + config.name);
  ASSIGN_OR_RETURN(const bool empty, is_new(data, config.name));
  ASSIGN_OR_RETURN(LogSite site, find_key_and_marks(config, empty, tokens));
  site.files = std::move(*files);
  return site;
}

Result<LogSite> prepare_site(const LogConfig& config, const std::string& data,
                             hsm::TokenSet& tokens) {
  ASSIGN_OR_RETURN(LogSite site, find_site(config, data, tokens));
  RETURN_IF_ERROR(make_store(site, data));
  return site;
}

upkeep::KeysOfMonth keys_of_month(const LogSite& site, hsm::TokenSet& tokens) {
  return [&tokens,
          prefix = site.options.kek_prefix](KeyPeriod period) -> Result<std::vector<std::string>> {
    const std::string first = store::first_label(prefix, period);
    ASSIGN_OR_RETURN(auto labels, tokens.list_keks());
    std::erase_if(labels, [&](const std::string& label) {
      return label != first && !label.starts_with(first + ".");
    });
    return labels;
  };
}

Environment environment_of(LogSite& site, hsm::TokenSet& tokens) {
  return {
      env::posix_clock(), env::system_random(), *site.files, tokens, tokens, site.marks.get(), {},
      tokens.holders()};
}

}  // namespace varve::tools
