// Labels come from the token: what a terminal would obey is replaced, what JSON forbids escaped.
#include "tools/keys/key_printing.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "hsm/uri.h"
#include "ledger/base/text.h"
#include "ledger/base/visible.h"
#include "ledger/format/json.h"

namespace varve::keys {
namespace {

struct Claim {
  const char* name;
  bool hsm::KeyClaims::*value;
};

constexpr std::array<Claim, 7> kClaims{{
    {"private", &hsm::KeyClaims::is_private},
    {"sensitive", &hsm::KeyClaims::sensitive},
    {"always_sensitive", &hsm::KeyClaims::always_sensitive},
    {"extractable", &hsm::KeyClaims::extractable},
    {"never_extractable", &hsm::KeyClaims::never_extractable},
    {"modifiable", &hsm::KeyClaims::modifiable},
    {"local", &hsm::KeyClaims::local},
}};

std::string kind_of(const hsm::KeyInfo& key) {
  if (key.use == hsm::KeyUse::kWrap) return "aes-256";
  if (!key.public_key) return "unknown";
  return key.public_key->algorithm == format::Algorithm::kEd25519 ? "ed25519" : "p256";
}

std::string printable(std::string text) {
  std::ranges::replace_if(
      text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, '?');
  return text;
}

std::string padded(std::string text, std::size_t width) {
  if (text.size() < width) text.append(width - text.size(), ' ');
  return text + "  ";
}

/// What is claimed, by name: "private, sensitive, local".
std::string claimed(const hsm::KeyClaims& claims) {
  std::string text;
  for (const auto& [name, value] : kClaims)
    if (claims.*value) text += (text.empty() ? "" : ", ") + std::string(name);
  return text;
}

/// The members of one key's object, without braces.
std::string members(const hsm::KeyInfo& key) {
  std::string json = "\"label\":" + format::json_quoted(printable(key.label)) +
                     ",\"uri\":" + format::json_quoted(hsm::object_uri(key.label)) + ",\"id\":\"" +
                     hex(key.id) + "\",\"algorithm\":\"" + kind_of(key) + "\"";
  if (key.public_key) json += ",\"public_key\":\"" + base64(key.public_key->key) + "\"";
  json += ",\"token_claims\":{";
  for (const auto& [name, value] : kClaims)
    json += std::string(name == kClaims.front().name ? "\"" : ",\"") + name +
            (key.claims.*value ? "\":true" : "\":false");
  return json + "}";
}

}  // namespace

void print_value(bool json, const char* name, const std::string& value) {
  if (!json) {
    std::printf("%s\n", visible_lines(value).c_str());
    return;
  }
  std::printf("{\"%s\":%s}\n", name, format::json_quoted(value).c_str());
}

std::string keys_as_text(const std::vector<hsm::KeyInfo>& keys) {
  std::size_t width = 5;
  for (const hsm::KeyInfo& key : keys) width = std::max(width, key.label.size());
  std::string text =
      padded("label", width) + padded("kind", 7) + padded("id", 32) + "the token claims\n";
  for (const hsm::KeyInfo& key : keys)
    text += padded(printable(key.label), width) + padded(kind_of(key), 7) +
            padded(hex(key.id), 32) + claimed(key.claims) + "\n";
  return text;
}

std::string keys_as_json(const std::vector<hsm::KeyInfo>& keys) {
  std::string json;
  for (const hsm::KeyInfo& key : keys) json += (json.empty() ? "{" : ",{") + members(key) + "}";
  return "{\"keys\":[" + json + "]}\n";
}

std::string key_as_text(const hsm::KeyInfo& key, const std::string& vkey) {
  return vkey + "\nlabel             " + printable(key.label) + "\nid                " +
         hex(key.id) + "\nalgorithm         " + kind_of(key) + "\nthe token claims  " +
         claimed(key.claims) + "\n";
}

std::string key_as_json(const hsm::KeyInfo& key, const std::string& vkey) {
  return "{\"vkey\":" + format::json_quoted(vkey) + "," + members(key) + "}\n";
}

}  // namespace varve::keys
