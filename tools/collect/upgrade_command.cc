// receipts upgrade, on the command line.
#include <algorithm>
#include <iostream>

#include "ledger/base/visible.h"
#include "tools/client/problem.h"
#include "tools/collect/commands.h"
#include "tools/collect/layout.h"
#include "tools/collect/log_keys.h"
#include "tools/collect/receipts.h"
#include "tools/collect/session.h"
#include "tools/collect/terminal.h"
#include "tools/collect/upgrade.h"
#include "tools/common/files.h"

namespace varve::collect {
namespace {

Result<format::WitnessPolicy> read_policy_file(const std::string& path) {
  ASSIGN_OR_RETURN(const Buffer text, tools::read_file(path, format::kWitnessPolicyMax));
  auto policy = format::WitnessPolicy::parse(text_of(text));
  if (!policy) return invalid(path + ": " + policy.error().message);
  return policy;
}

void say(const Upgraded& done, const WitnessedTree& under) {
  std::cout << counted(done.lifted, "receipt") << " lifted under the witnessed checkpoint of "
            << counted(under.tree.size.value, "record") << ", " << done.before << " lifted before, "
            << done.newer.size() << " newer than that checkpoint, " << done.refused.size()
            << " refused\n";
  for (const NotLifted& one : done.refused)
    std::cout << "batch " << one.batch << ": " << visible(one.why.message) << '\n';
}

}  // namespace

/// With a lock of its own, because follow never ends; what it writes, nothing else does.
Result<int> upgrade_stored_receipts(const std::string& directory, const std::string& policy_file) {
  ASSIGN_OR_RETURN(const std::unique_ptr<env::Filesystem> files, open_directory(directory));
  ASSIGN_OR_RETURN(const Config config, read_config(*files));
  ASSIGN_OR_RETURN(const format::VerifierKey first, format::parse_vkey(config.vkey));
  ASSIGN_OR_RETURN(const format::WitnessPolicy policy, read_policy_file(policy_file));
  ASSIGN_OR_RETURN(const std::unique_ptr<env::Lock> lock, files->lock(kUpgradeLockPath));
  ASSIGN_OR_RETURN(client::HttpClient client, connect(config));
  ASSIGN_OR_RETURN(LogKeys keys, LogKeys::load(*files, first));
  ASSIGN_OR_RETURN(client::HttpResponse note,
                   client::expect_success(client.get("/checkpoint/witnessed")));
  ASSIGN_OR_RETURN(const std::vector<std::uint64_t> batches, list_receipts(*files));
  RETURN_IF_ERROR(keys.look(client));  // behind both, so that it has the keys of both
  auto under = open_witnessed(std::move(note.body), keys.timeline(), policy);
  if (!under) return std::move(under).error().during("verifying the log's checkpoint/witnessed");
  const auto log = log_behind(std::move(client));
  ASSIGN_OR_RETURN(const Upgraded done,
                   upgrade_receipts(*files, *log, keys.timeline(), policy, *under, batches));
  say(done, *under);
  if (done.refused.empty()) return 0;
  const auto is_wrong = [](const NotLifted& one) { return one.why.code == Code::kCorrupt; };
  const auto wrong = std::ranges::find_if(done.refused, is_wrong);
  const NotLifted& first_of = wrong == done.refused.end() ? done.refused.front() : *wrong;
  return Error{first_of.why.code, counted(done.refused.size(), "receipt") +
                                      " not lifted, the first of batch " +
                                      std::to_string(first_of.batch) + ": " + first_of.why.message};
}

}  // namespace varve::collect
