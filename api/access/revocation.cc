// Lines, and what each of them ends.
#include "api/access/revocation.h"

#include <algorithm>

#include "ledger/base/text.h"

namespace varve::api {
namespace {

constexpr std::size_t kFileMax = 4u << 20;

std::string_view without_blanks_at_end(std::string_view text) {
  return text.substr(0, text.find_last_not_of(" \t\r") + 1);
}

bool is_right(std::string_view line) {
  constexpr std::string_view kCredential = "credential sha256:";
  if (line.starts_with(kCredential))
    return decode_hex_hash(line.substr(kCredential.size())).has_value();
  const std::size_t space = line.find(' ');
  const std::string_view kind = line.substr(0, space);
  return (kind == "client" || kind == "subject" || kind == "jti") &&
         space != std::string_view::npos &&
         line.find_first_not_of(' ', space) != std::string_view::npos;
}

}  // namespace

bool can_be_revoked(std::string_view name) {
  constexpr char kDelete = 0x7f;
  return name.find_first_not_of(' ') != std::string_view::npos &&
         std::ranges::none_of(name, [](char c) { return (c >= 0 && c < ' ') || c == kDelete; });
}

Revocations Revocations::parse(std::string_view text, std::vector<std::string>& wrong) {
  Revocations out;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    line = without_blanks_at_end(line);
    if (line.empty() || line.starts_with('#')) continue;
    if (is_right(line))
      out.lines_.emplace(line);
    else
      wrong.push_back(
          "line " + std::to_string(number) +
          ": a line is client NAME, subject SUBJECT, jti ID or credential sha256:<64 hex digits>");
  }
  return out;
}

bool Revocations::covers(const Identity& identity) const {
  return !lines_.empty() &&
         (has("client ", identity.client) || has("credential ", identity.credential_id) ||
          has("credential ", identity.bound_to) || has("subject ", identity.subject) ||
          has("jti ", identity.jti));
}

bool Revocations::has(std::string_view kind, std::string_view value) const {
  if (value.empty()) return false;
  return lines_.contains(std::string(kind).append(without_blanks_at_end(value)));
}

Result<Revocations> RevocationFile::load(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string text, read_watched(path, kFileMax));
  std::vector<std::string> wrong;
  Revocations out = Revocations::parse(text, wrong);
  if (!wrong.empty()) return invalid(path + ": " + wrong.front());
  return out;
}

RevocationFile::RevocationFile(const std::string& path, Journal& journal, Revocations list)
    : journal_(journal),
      file_(path, kFileMax),
      list_(std::make_shared<const Revocations>(std::move(list))) {}

bool RevocationFile::covers(const Identity& identity) {
  return current()->covers(identity);
}

std::shared_ptr<const Revocations> RevocationFile::current() {
  const MutexLock lock(mutex_);
  if (const auto text = file_.changed()) take(*text);
  return list_;
}

void RevocationFile::take(const Result<std::string>& text) {
  if (!text) return complain(text.error().message);
  std::vector<std::string> wrong;
  list_ = std::make_shared<const Revocations>(Revocations::parse(*text, wrong));
  if (wrong.empty())
    complaint_.clear();
  else
    complain(file_.path() + ": " + wrong.front());
}

void RevocationFile::complain(std::string_view message) {
  if (complaint_ == message) return;
  complaint_ = message;
  journal_.error("revocations_wrong", message);
}

}  // namespace varve::api
