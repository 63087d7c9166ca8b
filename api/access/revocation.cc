// Lines, and what each of them ends.
#include "api/access/revocation.h"

#include <algorithm>

#include "ledger/base/text.h"

namespace varve::api {
namespace {

constexpr std::size_t kFileMax = 4u << 20;

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

Revocations Revocations::parse(std::string_view text, std::vector<std::string>& wrong) {
  Revocations out;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    line = line.substr(0, line.find_last_not_of(" \t\r") + 1);
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
  if (lines_.empty()) return false;
  return lines_.contains("client " + identity.client) ||
         lines_.contains("credential " + identity.credential_id) ||
         (!identity.bound_to.empty() && lines_.contains("credential " + identity.bound_to)) ||
         (!identity.subject.empty() && lines_.contains("subject " + identity.subject)) ||
         (!identity.jti.empty() && lines_.contains("jti " + identity.jti));
}

Result<Revocations> RevocationFile::load(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string text, read_watched(path, kFileMax));
  std::vector<std::string> wrong;
  Revocations out = Revocations::parse(text, wrong);
  if (!wrong.empty()) return invalid(path + ": " + wrong.front());
  return out;
}

RevocationFile::RevocationFile(const std::string& path, Journal& journal)
    : journal_(journal), file_(path, kFileMax) {}

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
