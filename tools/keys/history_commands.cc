// backup-public and verify-history: the auditor's own code, with files around it.
#include "tools/keys/history_commands.h"

#include <cstdio>

#include "ledger/base/visible.h"
#include "ledger/env/posix.h"
#include "ledger/verify/trust_bundle.h"
#include "tools/audit/lib/key_report.h"
#include "tools/common/files.h"
#include "tools/keys/key_printing.h"

namespace varve::keys {
namespace {

constexpr std::size_t kBundleMax = 64u << 20;  // bytes

/// What an auditor will find in the file is what was verified.
Result<void> keep(const std::string& path, const std::string& bundle) {
  const tools::PathParts parts = tools::split_path(path);
  ASSIGN_OR_RETURN(const auto files, env::open_posix(parts.directory));
  return tools::replace_and_compare(*files, parts.name, bytes_of(bundle));
}

}  // namespace

Result<void> backup_public(const BackupArguments& arguments) {
  ASSIGN_OR_RETURN(const auto first, format::parse_vkey(arguments.vkey));
  ASSIGN_OR_RETURN(const std::string keys,
                   ask_server(arguments.server, keys_path(arguments.server)));
  ASSIGN_OR_RETURN(const std::string bundle, verify::make_bundle(first, keys));
  if (auto kept = keep(arguments.server.out, bundle); !kept)
    return std::move(kept).error().during("writing " + arguments.server.out);
  print_value(arguments.json, "bundle", arguments.server.out);
  return {};
}

Result<void> verify_history(const HistoryArguments& arguments) {
  std::optional<format::VerifierKey> trusted;
  if (!arguments.vkey.empty()) {
    ASSIGN_OR_RETURN(trusted, format::parse_vkey(arguments.vkey));
  }
  ASSIGN_OR_RETURN(const Buffer bytes, tools::read_file(arguments.bundle, kBundleMax));
  ASSIGN_OR_RETURN(const auto bundle, verify::open_bundle(text_of(bytes), trusted));
  const audit::KeyReport report = audit::report_keys(bundle.keys);
  std::printf("%s\n", (arguments.json ? report.json : visible_lines(report.text)).c_str());
  return {};
}

}  // namespace varve::keys
