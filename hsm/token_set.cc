// Asking one token after the other. What they answer is ranked by what it leaves open.
#include "hsm/token_set.h"

#include <algorithm>
#include <string>

namespace varve::hsm {
namespace {

/// A token that does not answer may have the key; one that cannot unwrap has another of its name.
int rank(Code code) {
  switch (code) {
    case Code::kNotFound:
      return 0;
    case Code::kCorrupt:
      return 1;
    default:
      return 2;
  }
}

}  // namespace

TokenSet::TokenSet(std::vector<std::unique_ptr<Token>> tokens) : tokens_(std::move(tokens)) {
  CHECK(!tokens_.empty());
  for (const auto& token : tokens_) custodies_.push_back(std::make_unique<KekCustody>(*token));
}

/// Two modules may have a token of one name.
std::vector<env::KeyHolder> TokenSet::holders() const {
  std::vector<env::KeyHolder> holders;
  for (std::size_t k = 0; k < tokens_.size(); ++k) {
    const std::string& uri = tokens_[k]->uri();
    const bool is_taken = std::ranges::count(holders, uri, &env::KeyHolder::name) > 0;
    holders.push_back(
        {is_taken ? uri + " (" + std::to_string(k + 1) + ")" : uri, custodies_[k].get()});
  }
  return holders;
}

/// Asks every token, from `begin` on and around, until one succeeds. Else the answer of highest rank.
template <class T, class Ask>
Result<T> TokenSet::ask_each(std::size_t begin, const Ask& ask) {
  std::optional<Error> worst;
  for (std::size_t i = 0; i < tokens_.size(); ++i) {
    const std::size_t place = (begin + i) % tokens_.size();
    Result<T> answer = ask(*tokens_[place], place);
    if (answer) return answer;
    if (!worst || rank(answer.error().code) > rank(worst->code)) worst = std::move(answer).error();
  }
  return std::move(*worst);
}

std::size_t TokenSet::place_of(Bytes public_key) {
  const MutexLock lock(mutex_);
  const auto found = places_.find(to_buffer(public_key));
  return found == places_.end() ? 0 : found->second;
}

void TokenSet::remember(Bytes public_key, std::size_t place) {
  const MutexLock lock(mutex_);
  places_[to_buffer(public_key)] = place;
}

Result<Buffer> TokenSet::sign(Bytes public_key, Bytes message) {
  const auto ask = [&](Token& token, std::size_t place) {
    Result<Buffer> signature = token.sign(public_key, message);
    if (signature) remember(public_key, place);
    return signature;
  };
  return ask_each<Buffer>(place_of(public_key), ask);
}

Result<Buffer> TokenSet::wrap(std::string_view label, Bytes data_key) {
  for (const auto& token : tokens_) {
    if (tokens_.size() == 1) break;
    const auto holds = token->holds_kek(label);  // one that is lost must not stop the log
    if (holds && *holds) return token->wrap(label, data_key);
  }
  return first().wrap(label, data_key);
}

Result<env::SecretBytes> TokenSet::unwrap(std::string_view label, Bytes wrapped) {
  return ask_each<env::SecretBytes>(
      0, [&](Token& token, std::size_t) { return token.unwrap(label, wrapped); });
}

Result<PublicKey> TokenSet::find_public_key(std::string_view object_uri) {
  return ask_each<PublicKey>(
      0, [&](Token& token, std::size_t) { return token.find_public_key(object_uri); });
}

Result<format::KeyStatement> TokenSet::state_key(const PublicKey& key) {
  return ask_each<format::KeyStatement>(
      0, [&](Token& token, std::size_t) { return token.state_key(key); });
}

Result<std::unique_ptr<TokenSet>> TokenSet::open_another() const {
  std::vector<std::unique_ptr<Token>> tokens;
  for (const auto& token : tokens_) {
    ASSIGN_OR_RETURN(auto another, token->open_another());
    tokens.push_back(std::move(another));
  }
  return std::make_unique<TokenSet>(std::move(tokens));
}

Result<unsigned> TokenSet::sessions_at_once(unsigned most) {
  unsigned left = most - 1;
  for (const auto& token : tokens_) {
    ASSIGN_OR_RETURN(left, token->sessions_left(left));
  }
  return left + 1;
}

Result<std::vector<std::string>> TokenSet::list_keks() {
  std::vector<std::string> labels;
  for (const auto& token : tokens_) {
    ASSIGN_OR_RETURN(const auto keys, token->list_keys());
    for (const KeyInfo& key : keys)
      if (key.use == KeyUse::kWrap) labels.push_back(key.label);
  }
  return labels;
}

}  // namespace varve::hsm
