// Opening a collector's directory in the one order that is safe: lock, then read.
#include "tools/collect/session.h"

#include <filesystem>

#include "ledger/env/durable.h"
#include "ledger/env/posix.h"
#include "tools/client/url.h"
#include "tools/collect/layout.h"

namespace varve::collect {
namespace {

constexpr std::size_t kConfigMax = 65'536;

Result<std::unique_ptr<Session>> open_locked(const std::string& directory, SpoolOptions options) {
  ASSIGN_OR_RETURN(std::unique_ptr<env::Filesystem> files, open_directory(directory));
  ASSIGN_OR_RETURN(Config config, read_config(*files));
  ASSIGN_OR_RETURN(std::unique_ptr<env::Lock> lock, files->lock(kLockPath));
  ASSIGN_OR_RETURN(format::VerifierKey log_key, format::parse_vkey(config.vkey));
  ASSIGN_OR_RETURN(SourceKey key, SourceKey::load(*files, kKeyPath, config.source));
  ASSIGN_OR_RETURN(std::unique_ptr<Spool> spool, Spool::open(*files, options));
  spool->guard_by(*lock);
  return std::unique_ptr<Session>(new Session{std::move(files), std::move(lock), std::move(config),
                                              std::move(log_key), std::move(key),
                                              std::move(spool)});
}

}  // namespace

Result<std::unique_ptr<env::Filesystem>> open_directory(const std::string& directory) {
  using std::filesystem::perms;
  std::error_code failed;
  const perms mode = std::filesystem::status(directory, failed).permissions();
  if (!failed && (mode & (perms::group_all | perms::others_all)) != perms::none)
    return invalid(directory + " is open to others: chmod 0700 it, its key may be known to them");
  return env::open_posix(directory);
}

Result<Config> read_config(const env::Filesystem& files) {
  const Result<Buffer> text = env::read_whole(files, kConfigPath, kConfigMax);
  if (!text && text.error().code == Code::kNotFound)
    return not_found("this is not a collector's directory: run init first");
  if (!text) return text.error();
  return parse_config(text_of(*text));
}

Result<client::HttpClient> connect(const Config& config, const std::atomic<bool>* cancelled) {
  ASSIGN_OR_RETURN(const client::Url url, client::parse_url(config.url));
  client::HttpOptions options;
  options.ca_file = config.ca_file;
  options.token_file = config.bearer_file;
  options.cancelled = cancelled;
  return client::HttpClient::open(url, options);
}

// A batch that the old key seals after the log took the new one could never be sent.
Result<std::unique_ptr<Session>> open_session(const std::string& directory, SpoolOptions options) {
  ASSIGN_OR_RETURN(std::unique_ptr<Session> session, open_locked(directory, options));
  ASSIGN_OR_RETURN(const bool rotating, env::exists(*session->files, kNextKeyPath));
  if (rotating) return invalid("a key rotation was not finished: run rotate-key again first");
  return session;
}

Result<std::unique_ptr<Session>> open_session_for_rotation(const std::string& directory) {
  return open_locked(directory, {});
}

}  // namespace varve::collect
