// What the keys of an issuer mean.
#include "tools/varved/issuer_config.h"

#include <toml++/toml.h>

#include <algorithm>

#include "api/access/key_set_file.h"

namespace varve::tools {
namespace {

constexpr const char* kSection = "[[issuer]]";
constexpr const char* kEveryLog = "*";
constexpr std::uint64_t kSkewMax_s = 300;
constexpr std::uint64_t kIntervalMin_s = 60;
constexpr std::uint64_t kDay_s = 86'400;

/// Hands each text of a list to `take`.
Key each_key(std::string_view name, bool required,
             std::function<Result<void>(const std::string&)> take) {
  return texts_key(name, required,
                   [take = std::move(take)](std::vector<std::string> texts) -> Result<void> {
                     for (const std::string& text : texts) RETURN_IF_ERROR(take(text));
                     return {};
                   });
}

Key list_key(std::string_view name, std::vector<std::string>& out, bool required = false) {
  return texts_key(name, required, [&out](std::vector<std::string> texts) -> Result<void> {
    out = std::move(texts);
    return {};
  });
}

/// Every log is an empty list in a permission, and has to be said here.
Result<std::vector<std::string>> logs_of(const std::vector<std::string>& logs) {
  if (logs == std::vector<std::string>{kEveryLog}) return std::vector<std::string>{};
  if (std::ranges::count(logs, kEveryLog) != 0)
    return invalid("the log * is every log, and stands alone");
  return logs;
}

Result<void> add_algorithm(api::IssuerOptions& options, const std::string& name) {
  const auto algorithm = api::jws_algorithm(name);
  if (!algorithm) return invalid("an algorithm is RS256, PS256, ES256 or EdDSA, not " + name);
  options.algorithms.push_back(*algorithm);
  return {};
}

Result<void> add_type(std::vector<std::string>& types, const std::string& name) {
  if (name != "at+jwt" && name != "JWT")
    return invalid("a type of token is at+jwt or JWT, not " + name);
  types.emplace_back(name == "JWT" ? "jwt" : name);
  return {};
}

/// The values of `types` replace the default.
Key types_key(api::IssuerOptions& options) {
  return texts_key("types", false,
                   [&options](const std::vector<std::string>& names) -> Result<void> {
                     std::vector<std::string> types;
                     for (const std::string& name : names) RETURN_IF_ERROR(add_type(types, name));
                     options.types = std::move(types);
                     return {};
                   });
}

Result<api::ClaimGrant> grant_of(const GrantConfig& raw) {
  api::ClaimGrant grant{raw.claim, raw.value, {}};
  for (const std::string& role : raw.roles) {
    ASSIGN_OR_RETURN(const api::Roles one, api::parse_roles(role));
    grant.permission.roles = grant.permission.roles | one;
  }
  ASSIGN_OR_RETURN(grant.permission.logs, logs_of(raw.logs));
  grant.permission.sources = raw.sources;
  RETURN_IF_ERROR(api::check_sources(grant.permission));
  return grant;
}

Key grants_key(std::vector<api::ClaimGrant>& grants) {
  return tables_key("grant", "[[issuer.grant]]",
                    [&grants](const toml::table& table) -> Result<void> {
                      GrantConfig raw;
                      RETURN_IF_ERROR(read_table(table, "[[issuer.grant]]", grant_keys(raw)));
                      auto grant = grant_of(raw);
                      if (!grant) return grant.error();
                      grants.push_back(std::move(*grant));
                      return {};
                    });
}

/// No log: no scope of SMART counts.
Key smart_logs_key(std::optional<api::Permission>& smart) {
  return texts_key("smart_logs", false,
                   [&smart](const std::vector<std::string>& logs) -> Result<void> {
                     auto known = logs_of(logs);
                     if (!known) return known.error();
                     smart = api::Permission{api::Roles::kNone, std::move(*known)};
                     return {};
                   });
}

Result<void> check_keys(const IssuerConfig& issuer) {
  const std::string& url = issuer.keys_url.peer.url;
  if (issuer.keys.empty() == url.empty())
    return invalid("the issuer " + issuer.options.issuer +
                   " needs its keys from one place: set keys or keys_url");
  if (url.empty() && !issuer.keys_url.peer.ca_file.empty())
    return invalid("keys_ca is of use with keys_url alone");
  if (issuer.keys_url.age_max_s < issuer.keys_url.interval_s)
    return invalid(
        "keys_age_max_s is less than keys_interval_s: keys would end between two fetches");
  return {};
}

bool known_among(const std::vector<std::string>& logs, const api::Permission& permission,
                 std::string& unknown) {
  for (const std::string& log : permission.logs)
    if (std::ranges::count(logs, log) == 0) unknown = log;
  return unknown.empty();
}

bool have_one_source(const IssuerConfig& a, const IssuerConfig& b) {
  return a.keys == b.keys && a.keys_url.peer.url == b.keys_url.peer.url &&
         a.keys_url.peer.ca_file == b.keys_url.peer.ca_file &&
         a.keys_url.interval_s == b.keys_url.interval_s &&
         a.keys_url.age_max_s == b.keys_url.age_max_s;
}

}  // namespace

std::vector<Key> issuer_keys(IssuerConfig& issuer) {
  api::IssuerOptions& options = issuer.options;
  api::KeySetUrlOptions& url = issuer.keys_url;
  return {
      text_key("issuer", options.issuer, true),
      list_key("audience", options.audiences, true),
      each_key("algorithms", true,
               [&options](const std::string& name) { return add_algorithm(options, name); }),
      text_key("keys", issuer.keys),
      text_key("keys_url", url.peer.url),
      text_key("keys_ca", url.peer.ca_file),
      number_key("keys_interval_s", kIntervalMin_s, kDay_s, url.interval_s),
      number_key("keys_age_max_s", kIntervalMin_s, 30 * kDay_s, url.age_max_s),
      types_key(options),
      number_key("skew_s", 0, kSkewMax_s, options.skew_s),
      list_key("acr", options.acr),
      list_key("amr", options.amr),
      flag_key("certificate_bound", options.certificate_bound),
      text_key("client_claim", options.client_claim),
      text_key("client_prefix", options.client_prefix),
      smart_logs_key(options.smart),
      grants_key(options.grants),
  };
}

std::vector<Key> grant_keys(GrantConfig& grant) {
  return {
      text_key("claim", grant.claim),       text_key("value", grant.value, true),
      list_key("roles", grant.roles, true), list_key("logs", grant.logs, true),
      list_key("sources", grant.sources),
  };
}

Result<void> read_issuers(const toml::node& node, std::vector<IssuerConfig>& issuers) {
  const Key tables =
      tables_key("issuer", kSection, [&issuers](const toml::table& table) -> Result<void> {
        IssuerConfig issuer;
        RETURN_IF_ERROR(read_table(table, kSection, issuer_keys(issuer)));
        RETURN_IF_ERROR(check_keys(issuer));
        const std::string& name = issuer.options.issuer;
        const auto named = [](const IssuerConfig& one) { return one.options.issuer; };
        if (std::ranges::count(issuers, name, named) != 0)
          return invalid("two issuers are named " + name);
        if (issuer.options.grants.empty() && !issuer.options.smart)
          return invalid("the issuer " + name +
                         " grants nothing: add an [[issuer.grant]], or smart_logs");
        issuers.push_back(std::move(issuer));
        return {};
      });
  return tables.set(node);
}

Result<void> check_issuer_logs(const std::vector<IssuerConfig>& issuers,
                               const std::vector<std::string>& logs) {
  for (const IssuerConfig& issuer : issuers) {
    std::string unknown;
    bool known = !issuer.options.smart || known_among(logs, *issuer.options.smart, unknown);
    for (const api::ClaimGrant& grant : issuer.options.grants)
      known = known && known_among(logs, grant.permission, unknown);
    if (!known)
      return invalid("the issuer " + issuer.options.issuer + " grants roles on the log " + unknown +
                     ", which no [[log]] is");
  }
  return {};
}

Result<void> check_issuer(const IssuerConfig& issuer) {
  if (issuer.keys.empty()) return api::check_peer(issuer.keys_url.peer);
  RETURN_IF_ERROR(api::KeySetFile::load(issuer.keys));
  return {};
}

std::vector<api::IssuerOptions> open_issuers(const std::vector<IssuerConfig>& issuers,
                                             api::Journal& journal,
                                             const std::vector<IssuerConfig>& before,
                                             const std::vector<api::IssuerOptions>& opened) {
  CHECK(before.size() == opened.size());
  std::vector<api::IssuerOptions> out;
  for (const IssuerConfig& issuer : issuers) {
    out.push_back(issuer.options);
    const auto same = std::ranges::find_if(
        before, [&](const IssuerConfig& other) { return have_one_source(issuer, other); });
    if (same != before.end())
      out.back().keys = opened[static_cast<std::size_t>(same - before.begin())].keys;
    else if (issuer.keys.empty())
      out.back().keys = std::make_shared<api::KeySetUrl>(issuer.keys_url, journal);
    else
      out.back().keys = std::make_shared<api::KeySetFile>(issuer.keys, journal);
  }
  return out;
}

}  // namespace varve::tools
