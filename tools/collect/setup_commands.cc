// init and register.
#include <filesystem>
#include <iostream>

#include "ledger/env/durable.h"
#include "ledger/env/posix.h"
#include "tools/client/problem.h"
#include "tools/collect/commands.h"
#include "tools/collect/layout.h"
#include "tools/collect/session.h"
#include "tools/common/files.h"

namespace varve::collect {
namespace {

constexpr std::size_t kNoteMax = 65'536;

Result<std::string> absolute_or_empty(const std::string& path) {
  if (path.empty()) return path;
  std::error_code failed;
  const std::string full = std::filesystem::absolute(path, failed).string();
  if (failed) return io_error("find " + path + ": " + failed.message());
  return full;
}

Result<void> make_private_directory(const std::string& directory) {
  const tools::PathParts parts = tools::split_path(directory);
  ASSIGN_OR_RETURN(const std::unique_ptr<env::Filesystem> parent, env::open_posix(parts.directory));
  return parent->make_directory(parts.name);
}

// The configuration is written last: with it, the directory is complete.
Result<SourceKey> fill_directory(env::Filesystem& files, const Config& config) {
  ASSIGN_OR_RETURN(const bool complete, env::exists(files, kConfigPath));
  if (complete) return worm("this is a collector's directory already; its key and chain are kept");
  ASSIGN_OR_RETURN(const bool has_key, env::exists(files, kKeyPath));  // of an interrupted init
  ASSIGN_OR_RETURN(SourceKey key, has_key ? SourceKey::load(files, kKeyPath, config.source)
                                          : SourceKey::create(files, kKeyPath, config.source,
                                                              env::system_random()));
  RETURN_IF_ERROR(env::write_durably(files, kStatePath, encode_state({})));
  const std::string note = register_note(key, config.origin);
  RETURN_IF_ERROR(env::write_durably(files, kRegisterNotePath, bytes_of(note)));
  RETURN_IF_ERROR(env::write_durably(files, kConfigPath, bytes_of(format_config(config))));
  return key;
}

}  // namespace

Result<int> init(const std::string& directory, Config config) {
  ASSIGN_OR_RETURN(config.bearer_file, absolute_or_empty(config.bearer_file));
  ASSIGN_OR_RETURN(config.ca_file, absolute_or_empty(config.ca_file));
  RETURN_IF_ERROR(check_config(config));
  RETURN_IF_ERROR(make_private_directory(directory));
  ASSIGN_OR_RETURN(const std::unique_ptr<env::Filesystem> files, open_directory(directory));
  ASSIGN_OR_RETURN(const std::unique_ptr<env::Lock> lock, files->lock(kLockPath));
  ASSIGN_OR_RETURN(const SourceKey key, fill_directory(*files, config));
  std::cout << format::format_vkey(key.verifier()) << '\n';
  std::cerr << "varve-collect: an operator registers this source with the note "
            << files->system_path(kRegisterNotePath) << '\n';
  return 0;
}

Result<int> register_source(const std::string& directory, const std::string& operator_token_file) {
  ASSIGN_OR_RETURN(const std::unique_ptr<env::Filesystem> files, open_directory(directory));
  ASSIGN_OR_RETURN(Config config, read_config(*files));
  config.bearer_file = operator_token_file;
  ASSIGN_OR_RETURN(client::HttpClient log, connect(config));
  ASSIGN_OR_RETURN(const Buffer note, env::read_whole(*files, kRegisterNotePath, kNoteMax));
  RETURN_IF_ERROR(client::expect_success(log.post("/sources", "text/plain", note)));
  std::cout << config.source << " is registered with " << config.origin << '\n';
  return 0;
}

}  // namespace varve::collect
