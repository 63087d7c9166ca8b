// Parsing the tokens file and comparing in constant time.
#include "api/access/tokens.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <array>

#include "ledger/base/text.h"
#include "ledger/env/posix.h"
#include "ledger/merkle/tree.h"

namespace varve::api {
namespace {

constexpr std::string_view kTokenPrefix = "varve_";
constexpr std::size_t kNameMax = 127;

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= kNameMax && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-' || c == '_' || c == '@' || c == '/';
  });
}

std::vector<std::string_view> split(std::string_view text, std::string_view separators) {
  std::vector<std::string_view> out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of(separators), text.size());
    if (end != 0) out.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

bool well_formed_list(std::string_view text) {
  return !text.starts_with(',') && !text.ends_with(',') && text.find(",,") == std::string::npos;
}

Result<Grant> parse_grant(std::string_view line) {
  const std::vector<std::string_view> words = split(line, " \t");
  if (words.size() != 4)
    return invalid("a line is: name role[,role] log[,log]|* sha256:<64 hex digits>");
  Grant grant;
  if (!is_name(words[0])) return invalid("the name is 1 to 127 of a-z A-Z 0-9 . - _ @ /");
  grant.client = words[0];
  ASSIGN_OR_RETURN(grant.roles, parse_roles(words[1]));
  if (!well_formed_list(words[2])) return invalid("a log name in the list is empty");
  if (words[2] != "*")
    for (const std::string_view log : split(words[2], ",")) {
      if (!is_name(log)) return invalid("a log name in the list is not a name");
      grant.logs.emplace_back(log);
    }
  if (!words[3].starts_with("sha256:")) return invalid("the token's hash starts with sha256:");
  ASSIGN_OR_RETURN(grant.token, decode_hex_hash(words[3].substr(7)));
  return grant;
}

Hash hash_of(std::string_view token) {
  return merkle::sha256(bytes_of(token));
}

bool same(const Hash& a, const Hash& b) {
  return CRYPTO_memcmp(a.bytes.data(), b.bytes.data(), kHashSize) == 0;
}

bool covers(const Grant& grant, std::string_view log) {
  return grant.logs.empty() || std::ranges::find(grant.logs, log) != grant.logs.end();
}

}  // namespace

Result<Roles> parse_roles(std::string_view text) {
  if (text.empty() || !well_formed_list(text)) return invalid("a role in the list is empty");
  Roles roles = Roles::kNone;
  for (const std::string_view name : split(text, ",")) {
    if (name == "append")
      roles = roles | Roles::kAppend;
    else if (name == "read")
      roles = roles | Roles::kRead;
    else if (name == "operate")
      roles = roles | Roles::kOperate;
    else
      return invalid("the roles are append, read and operate");
  }
  return roles;
}

Result<Tokens> Tokens::parse(std::string_view text) {
  std::vector<Grant> grants;
  std::size_t number = 0;
  while (!text.empty()) {
    ++number;
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.find_first_not_of(" \t") == std::string_view::npos || line.starts_with('#')) continue;
    auto grant = parse_grant(line);
    if (!grant) return invalid("line " + std::to_string(number) + ": " + grant.error().message);
    for (const Grant& known : grants)
      if (known.token == grant->token && known.client != grant->client)
        return invalid("line " + std::to_string(number) + ": this token has another name above");
    grants.push_back(std::move(*grant));
  }
  return Tokens{std::move(grants)};
}

std::string Tokens::client_of(std::string_view token) const {
  const Hash presented = hash_of(token);
  const Grant* found = nullptr;
  for (const Grant& grant : grants_)
    if (same(grant.token, presented)) found = &grant;
  return found == nullptr ? std::string{} : found->client;
}

Roles Tokens::roles_of(std::string_view token, std::string_view log) const {
  const Hash presented = hash_of(token);
  Roles roles = Roles::kNone;
  for (const Grant& grant : grants_)
    if (same(grant.token, presented) && covers(grant, log)) roles = roles | grant.roles;
  return roles;
}

std::string make_token() {
  std::array<std::byte, 32> random{};
  env::system_random().fill(random);
  return std::string{kTokenPrefix} + hex(random);
}

Result<std::string> token_line(std::string_view token, std::string_view name,
                               std::string_view roles, std::string_view logs) {
  std::string line{name};
  line.append(" ").append(roles).append(" ").append(logs);
  line.append(" sha256:").append(hex(hash_of(token).view()));
  RETURN_IF_ERROR(parse_grant(line));
  return line;
}

}  // namespace varve::api
