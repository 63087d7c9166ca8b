// Senders' names and records.
#include "ledger/format/sender.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include "ledger/base/text.h"
#include "ledger/format/lines.h"
#include "ledger/format/utf8.h"

namespace varve::format {
namespace {

constexpr std::string_view kSenderTitle = "varve sender v1";

struct Spelling {
  SenderKind kind;
  std::string_view label;   // of the record's line
  std::string_view prefix;  // of the source's name
};
constexpr std::array<Spelling, 2> kSpellings{{{SenderKind::kClient, "client ", "client/"},
                                              {SenderKind::kListener, "listener ", "listener/"}}};

const Spelling& spelling_of(SenderKind kind) {
  return *std::ranges::find(kSpellings, kind, &Spelling::kind);
}

bool is_kept(char c) {
  return ('a' <= c && c <= 'z') || ('0' <= c && c <= '9') || c == '.' || c == '-' || c == '/';
}

}  // namespace

bool is_sender_name(std::string_view name) {
  return !name.empty() && name.size() <= kSenderNameMax &&
         std::ranges::all_of(name, [](char c) { return '!' <= c && c <= '~'; });
}

std::string source_name(const Sender& sender) {
  std::string name(spelling_of(sender.kind).prefix);
  for (const char& c : sender.name) {
    if (is_kept(c))
      name.push_back(c);
    else
      name.append("_").append(hex(bytes_of(std::string_view(&c, 1))));
  }
  return name;
}

std::optional<SenderKind> sender_kind(std::string_view source_name) {
  for (const Spelling& spelling : kSpellings)
    if (source_name.starts_with(spelling.prefix)) return spelling.kind;
  return std::nullopt;
}

std::string_view source_kind(std::string_view source_name, bool seals) {
  if (seals) return "sealing";
  return sender_kind(source_name) == SenderKind::kListener ? "listener" : "client";
}

std::string sender_text(const SenderRecord& record) {
  std::string text(kSenderTitle);
  text.append("\norigin ").append(record.origin).append("\n");
  text.append(spelling_of(record.sender.kind).label).append(record.sender.name);
  return text.append("\n");
}

Result<SenderRecord> parse_sender(std::string_view text) {
  if (take_line(text) != kSenderTitle) return invalid("not a " + std::string(kSenderTitle));
  const auto origin = take_labelled(text, "origin ");
  if (!origin || !is_key_name(*origin)) return invalid("a sender record has no line origin");
  for (const Spelling& spelling : kSpellings) {
    if (!text.starts_with(spelling.label)) continue;
    const auto name = take_labelled(text, spelling.label);
    if (!name || !is_sender_name(*name)) return invalid("a sender's name is not a name");
    if (!text.empty()) return invalid("a sender record has lines that it does not have");
    return SenderRecord{std::string(*origin), {spelling.kind, std::string(*name)}};
  }
  return invalid("a sender record names neither a client nor a listener");
}

}  // namespace varve::format
