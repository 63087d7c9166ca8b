// backup-public and verify-history: the auditor's own code, with files around it.
#include "tools/keys/history_commands.h"

#include <cstdio>

#include "ledger/base/visible.h"
#include "ledger/verify/trust_bundle.h"
#include "tools/audit/lib/key_report.h"
#include "tools/common/files.h"
#include "tools/keys/key_printing.h"

namespace varve::keys {
namespace {

constexpr std::size_t kBundleMax = 64u << 20;  // bytes

/// What an auditor will find in the file is what was verified.
Result<void> check_written(const std::string& path, const std::string& bundle,
                           const format::VerifierKey& first) {
  ASSIGN_OR_RETURN(const Buffer bytes, tools::read_file(path, kBundleMax));
  if (text_of(bytes) != bundle) return io_error(path + " does not hold what was written to it");
  if (auto opened = verify::open_bundle(text_of(bytes), first); !opened)
    return std::move(opened).error().during("opening " + path + " again");
  return {};
}

}  // namespace

Result<void> backup_public(const BackupArguments& arguments) {
  ASSIGN_OR_RETURN(const auto first, format::parse_vkey(arguments.vkey));
  ASSIGN_OR_RETURN(const std::string keys,
                   ask_server(arguments.server, keys_path(arguments.server)));
  ASSIGN_OR_RETURN(const std::string bundle, verify::make_bundle(first, keys));
  RETURN_IF_ERROR(tools::replace_file(arguments.server.out, bytes_of(bundle)));
  RETURN_IF_ERROR(check_written(arguments.server.out, bundle, first));
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
