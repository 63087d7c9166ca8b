// Reads the file again whenever it may have changed.
#include "api/access/revocation.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <fstream>

#include "ledger/base/text.h"
#include "ledger/env/posix.h"

namespace varve::api {
namespace {

constexpr std::size_t kFileMax = 4u << 20;
// Two writes within one tick of the file system's clock leave one time behind. So a file that was
// changed a moment before it was read is read again.
constexpr std::int64_t kSettlesAfter_ns = 2'000'000'000;

std::int64_t nanoseconds(const timespec& time) {
  return static_cast<std::int64_t>(time.tv_sec) * 1'000'000'000 + time.tv_nsec;
}

Result<std::string> text_of_file(const std::string& path) {
  RETURN_IF_ERROR(env::check_mode(path, env::Others::kRead));
  std::ifstream file(path, std::ios::binary);
  std::array<char, 65'536> piece;
  std::string text;
  while (file.read(piece.data(), piece.size()), file.gcount() > 0 && text.size() <= kFileMax)
    text.append(piece.data(), static_cast<std::size_t>(file.gcount()));
  if (!file.eof() || file.bad() || text.size() > kFileMax)
    return io_error(path + ": cannot be read, or is larger than 4 MiB");
  return text;
}

bool is_right(std::string_view line) {
  constexpr std::string_view kCredential = "credential sha256:";
  if (line.starts_with(kCredential))
    return decode_hex_hash(line.substr(kCredential.size())).has_value();
  const std::size_t space = line.find(' ');
  const std::string_view kind = line.substr(0, space);
  return (kind == "client" || kind == "subject") && space != std::string_view::npos &&
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
          ": a line is client NAME, subject SUBJECT or credential sha256:<64 hex digits>");
  }
  return out;
}

bool Revocations::covers(const Identity& identity) const {
  if (lines_.empty()) return false;
  return lines_.contains("client " + identity.client) ||
         lines_.contains("credential " + identity.credential_id) ||
         (!identity.subject.empty() && lines_.contains("subject " + identity.subject));
}

Result<Revocations> RevocationFile::load(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string text, text_of_file(path));
  std::vector<std::string> wrong;
  Revocations out = Revocations::parse(text, wrong);
  if (!wrong.empty()) return invalid(path + ": " + wrong.front());
  return out;
}

RevocationFile::Stamp RevocationFile::stamp_of(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return {};
  const std::int64_t changed = std::max(nanoseconds(status.st_mtim), nanoseconds(status.st_ctim));
  return {true, status.st_ino, status.st_size, changed};
}

bool RevocationFile::covers(const Identity& identity) {
  return current()->covers(identity);
}

std::shared_ptr<const Revocations> RevocationFile::current() {
  const Stamp now = stamp_of(path_);
  const MutexLock lock(mutex_);
  if (settled_ && now == stamp_) return list_;
  stamp_ = now;
  const auto now_ns = static_cast<std::int64_t>(env::posix_clock().now_us()) * 1000;
  settled_ = now.there && now_ns - now.changed_ns > kSettlesAfter_ns;
  read_again();
  return list_;
}

void RevocationFile::read_again() {
  const auto text = text_of_file(path_);
  if (!text) return complain(text.error().message);
  std::vector<std::string> wrong;
  list_ = std::make_shared<const Revocations>(Revocations::parse(*text, wrong));
  if (wrong.empty())
    complaint_.clear();
  else
    complain(path_ + ": " + wrong.front());
}

void RevocationFile::complain(std::string_view message) {
  if (complaint_ == message) return;
  complaint_ = message;
  journal_.error("revocations_wrong", message);
}

}  // namespace varve::api
