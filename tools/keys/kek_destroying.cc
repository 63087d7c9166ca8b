// Asks the person, and prints what ledger/upkeep does.
#include "tools/keys/kek_destroying.h"

#include <cstdio>

#include "hsm/kek_custody.h"
#include "ledger/base/key_period.h"
#include "ledger/base/visible.h"
#include "ledger/env/posix.h"
#include "ledger/format/json.h"
#include "ledger/store/data_keys.h"
#include "ledger/store/later_files.h"
#include "ledger/upkeep/disposal.h"
#include "tools/common/progress.h"

namespace varve::keys {
namespace {

template <class Labels>
std::string listed(const Labels& labels, bool json) {
  std::string text;
  for (const std::string& label : labels) {
    if (!text.empty()) text.append(json ? "," : ", ");
    text.append(json ? format::json_quoted(label) : visible(label));
  }
  return text;
}

/// What --yes takes: the month's first label, or the keys as the dry run lists them.
std::vector<std::string> names_of(const upkeep::DisposalPlan& plan,
                                  const upkeep::DisposalOrder& order) {
  return {store::first_label(order.kek_prefix, plan.period),
          listed(plan.keys.front().labels, false)};
}

void print_plan(const upkeep::DisposalPlan& plan, bool json, const std::string& yes) {
  const bool dry_run = !yes.empty();
  const std::string labels = listed(plan.keys.front().labels, json);
  const std::string elsewhere = listed(plan.elsewhere, json);
  const auto records = static_cast<unsigned long long>(plan.records);
  if (json) {
    std::printf(
        "{\"month\":\"%s\",\"dry_run\":%s,\"keys\":[%s],\"segments\":%zu,\"records\":%llu,"
        "\"keys_elsewhere\":[%s]%s}\n",
        key_period_text(plan.period).c_str(), dry_run ? "true" : "false", labels.c_str(),
        plan.segments.size(), records, elsewhere.c_str(),
        dry_run ? (",\"yes\":" + format::json_quoted(yes)).c_str() : "");
    return;
  }
  std::printf("%s: %s\nno event of %llu records in %zu segments %s be read again\n",
              dry_run ? "would be destroyed" : "destroyed", labels.c_str(), records,
              plan.segments.size(), dry_run ? "could" : "can");
  if (!elsewhere.empty())
    std::printf("unless another token or a backup still has %s, which this token has not\n",
                elsewhere.c_str());
  if (dry_run) std::printf("confirmed by --yes '%s'\n", yes.c_str());
}

/// Errors: kInvalid  it is none, or missing where it is needed.
Result<std::optional<format::VerifierKey>> first_key_of(const DestroyKekArguments& arguments) {
  if (arguments.superseded) return std::optional<format::VerifierKey>();
  if (arguments.vkey.empty())
    return invalid("name the log's first key with --vkey: the log's own records say what may go");
  ASSIGN_OR_RETURN(format::VerifierKey key, format::parse_vkey(arguments.vkey));
  return std::optional(std::move(key));
}

/// How far it has come, on the terminal.
upkeep::SegmentProgress shown_by(tools::Progress& progress) {
  return [&progress](std::uint64_t done, std::uint64_t total) { progress.show(done, total); };
}

Result<void> read_and_plan(upkeep::Disposal& disposal, const upkeep::KeyHolder& token) {
  tools::Progress progress("reading the log", "segments");
  return disposal.plan({token}, shown_by(progress));
}

Result<void> carry_out(upkeep::Disposal& disposal) {
  tools::Progress progress("keeping hashes", "segments");
  ASSIGN_OR_RETURN(const auto tokens, disposal.carry_out(shown_by(progress)));
  for (const upkeep::DestroyedKeys& keys : tokens) {
    if (!keys.not_finished) continue;
    Error error = *keys.not_finished;
    if (!keys.labels.empty())
      error.message.append("; destroyed before it: " + listed(keys.labels, false) +
                           "; run it again for the others");
    return error;
  }
  return {};
}

}  // namespace

Result<void> destroy_kek(const DestroyKekArguments& arguments) {
  const KekArguments& kek = arguments.kek;
  ASSIGN_OR_RETURN(const auto first_key, first_key_of(arguments));
  ASSIGN_OR_RETURN(const auto files, env::open_posix(kek.store));
  RETURN_IF_ERROR(store::expect_no_later_files(*files));
  const upkeep::DisposalOrder order{kek.store, kek.prefix, arguments.month, first_key,
                                    arguments.superseded};
  ASSIGN_OR_RETURN(const auto disposal, upkeep::Disposal::begin(*files, order));
  ASSIGN_OR_RETURN(const auto token, open_token(kek.token));
  hsm::KekCustody custody{*token};
  RETURN_IF_ERROR(read_and_plan(*disposal, {kek.token.token, &custody}));
  const upkeep::DisposalPlan& plan = disposal->planned();
  const auto names = names_of(plan, order);
  if (arguments.confirmation.dry_run) {
    print_plan(plan, kek.json, names.front());
    return {};
  }
  RETURN_IF_ERROR(confirm(arguments.confirmation, "Destroying keys of " + names.front(), names));
  RETURN_IF_ERROR(carry_out(*disposal));
  print_plan(plan, kek.json, "");
  return {};
}

}  // namespace varve::keys
