// The order matters: first everything that has to stay is durable, then the key goes.
#include "tools/keys/kek_destroying.h"

#include <algorithm>
#include <cstdio>
#include <set>

#include "ledger/base/month.h"
#include "ledger/base/trouble.h"
#include "ledger/env/posix.h"
#include "ledger/store/data_keys.h"
#include "ledger/store/month_keys.h"
#include "ledger/store/remains.h"
#include "tools/common/json.h"
#include "tools/common/progress.h"
#include "tools/common/visible.h"
#include "tools/keys/kek_label.h"

namespace varve::keys {
namespace {

/// What is going to be destroyed.
struct Plan {
  std::uint32_t month = 0;
  std::vector<store::SegmentHeader> segments;  // none with --superseded
  std::uint64_t records = 0;                   // in them
  std::vector<std::string> labels;             // of the keys
  std::set<std::string> elsewhere;             // keys that unwrap them too, not on this token
};

bool is_over(std::uint32_t month) {
  return month < month_of(env::posix_clock().now_us());
}

Result<std::uint64_t> records_of(const env::Filesystem& files, const store::SegmentHeader& header) {
  const std::string path = store::segment_path(header.ordinal);
  ASSIGN_OR_RETURN(const auto file, files.open_read(path));
  const auto footer = store::read_footer(*file);
  if (!footer && is_trouble(footer.error())) return footer.error();
  if (!footer)
    return corrupt(path + ": " + footer.error().message + ": start and stop varved, or repair it");
  return footer->footer.end.value - header.first.value;
}

Result<std::vector<std::string>> labels_of(hsm::Token& token, const DestroyKekArguments& arguments,
                                           std::uint32_t month) {
  ASSIGN_OR_RETURN(const auto keys, token.list_keys());
  std::vector<std::string> labels;
  for (const hsm::KeyInfo& key : keys) {
    const auto label = parse_kek_label(arguments.kek.prefix, key.label);
    if (key.use == hsm::KeyUse::kWrap && label && label->month == month)
      labels.push_back(key.label);
  }
  return labels;
}

/// Leaves the label that the month's data keys are wrapped under out of `labels`. Errors: kInvalid
/// one of the others may still be needed.
Result<void> keep_current(const env::Filesystem& files, const std::string& prefix,
                          const std::vector<store::SegmentHeader>& segments, Plan& plan) {
  ASSIGN_OR_RETURN(const auto anew, store::read_month_keys(files, plan.month));
  if (!anew) return not_found("the key of this month was never rotated: none is superseded");
  for (const store::SegmentHeader& header : segments)
    if (anew->find(header.ordinal) == nullptr && header.label != anew->label)
      return invalid(store::segment_path(header.ordinal) + " still needs " + header.label +
                     ": run kek rotate again");
  const auto current = parse_kek_label(prefix, anew->label);
  for (const std::string& label : plan.labels) {
    const auto other = parse_kek_label(prefix, label);
    if (!current || !other || other->generation > current->generation)
      return invalid(label + " is newer than " + anew->label +
                     ", which --store uses: is it an old copy? Else run kek rotate again");
  }
  std::erase(plan.labels, anew->label);
  return {};
}

Result<Plan> make_plan(hsm::Token& token, const env::Filesystem& files,
                       const DestroyKekArguments& arguments) {
  Plan plan;
  ASSIGN_OR_RETURN(plan.month, parse_month(arguments.month));
  ASSIGN_OR_RETURN(auto segments, store::all_segments(files));
  RETURN_IF_ERROR(check_store(segments, arguments.kek.prefix));
  const bool is_a_log = !segments.empty();
  std::erase_if(segments, [&](const auto& header) { return header.month != plan.month; });
  ASSIGN_OR_RETURN(plan.labels, labels_of(token, arguments, plan.month));
  if (arguments.superseded && !(segments.empty() && is_over(plan.month))) {
    RETURN_IF_ERROR(keep_current(files, arguments.kek.prefix, segments, plan));
    return plan;
  }
  if (!is_over(plan.month))
    return invalid(arguments.month + " is not over: records are still locked up under its key");
  if (!is_a_log)
    return invalid("there are no segments in " + arguments.kek.store +
                   ": is it the log's directory?");
  if (segments.empty() && !arguments.superseded)
    return invalid("no segment in " + arguments.kek.store + " is of " + arguments.month +
                   ": is it an old copy? A key that no segment needs goes with --superseded");
  plan.segments = std::move(segments);
  for (const store::SegmentHeader& header : plan.segments) {
    ASSIGN_OR_RETURN(const std::uint64_t records, records_of(files, header));
    plan.records += records;
  }
  return plan;
}

/// Each data key is wrapped under the key in its header, and since a rotation under a second one.
Result<void> find_keys_elsewhere(const env::Filesystem& files, Plan& plan) {
  if (plan.segments.empty()) return {};
  ASSIGN_OR_RETURN(const auto anew, store::read_month_keys(files, plan.month));
  if (anew) plan.elsewhere.insert(anew->label);
  for (const store::SegmentHeader& header : plan.segments) plan.elsewhere.insert(header.label);
  for (const std::string& label : plan.labels) plan.elsewhere.erase(label);
  return {};
}

/// Those that an earlier run wrote stay: after it the key may be gone.
Result<void> write_all_remains(env::Filesystem& files, hsm::Token& token, const Plan& plan,
                               const std::string& prefix) {
  store::DataKeys keys(files, token, env::system_random(), prefix);
  tools::Progress progress("keeping hashes", "segments");
  std::uint64_t done = 0;
  for (const store::SegmentHeader& header : plan.segments) {
    progress.show(done++, plan.segments.size());
    const auto there = store::read_remains(files, header);
    if (there) continue;
    if (there.error().code != Code::kNotFound && there.error().code != Code::kCorrupt)
      return there.error();
    auto key = keys.get(header);
    if (!key)
      return std::move(key).error().during("unwrapping the data key of " +
                                           store::segment_path(header.ordinal));
    RETURN_IF_ERROR(store::write_remains(files, header, *key, env::posix_clock().now_us()));
    RETURN_IF_ERROR(store::read_remains(files, header));
  }
  return {};
}

template <class Labels>
std::string listed(const Labels& labels, bool json) {
  std::string text;
  for (const std::string& label : labels) {
    if (!text.empty()) text.append(json ? "," : ", ");
    text.append(json ? tools::json_quoted(label) : tools::visible(label));
  }
  return text;
}

/// What --yes takes: the month's first label, or the keys as the dry run lists them.
std::vector<std::string> names_of(const Plan& plan, const std::string& prefix) {
  return {store::first_label(prefix, plan.month), listed(plan.labels, false)};
}

void print_plan(const Plan& plan, bool json, const std::string& yes) {
  const bool dry_run = !yes.empty();
  const std::string labels = listed(plan.labels, json);
  const std::string elsewhere = listed(plan.elsewhere, json);
  const auto records = static_cast<unsigned long long>(plan.records);
  if (json) {
    std::printf(
        "{\"month\":\"%s\",\"dry_run\":%s,\"keys\":[%s],\"segments\":%zu,\"records\":%llu,"
        "\"keys_elsewhere\":[%s]%s}\n",
        month_text(plan.month).c_str(), dry_run ? "true" : "false", labels.c_str(),
        plan.segments.size(), records, elsewhere.c_str(),
        dry_run ? (",\"yes\":" + tools::json_quoted(yes)).c_str() : "");
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

}  // namespace

Result<void> destroy_kek(const DestroyKekArguments& arguments) {
  const KekArguments& kek = arguments.kek;
  ASSIGN_OR_RETURN(const auto files, env::open_posix(kek.store));
  ASSIGN_OR_RETURN(const auto no_rotation, store::lock_month_keys(*files));
  std::unique_ptr<env::Lock> no_server;
  if (!arguments.superseded) {
    ASSIGN_OR_RETURN(no_server, files->lock("lock"));
  }
  ASSIGN_OR_RETURN(const auto token, open_token(kek.token));
  ASSIGN_OR_RETURN(Plan plan, make_plan(*token, *files, arguments));
  RETURN_IF_ERROR(find_keys_elsewhere(*files, plan));
  if (plan.labels.empty()) return not_found("the token holds no such key: nothing to destroy");
  const auto names = names_of(plan, kek.prefix);
  if (arguments.confirmation.dry_run) {
    print_plan(plan, kek.json, names.front());
    return {};
  }
  RETURN_IF_ERROR(confirm(arguments.confirmation, "Destroying keys of " + names.front(), names));
  RETURN_IF_ERROR(write_all_remains(*files, *token, plan, kek.prefix));
  for (const std::string& label : plan.labels)
    RETURN_IF_ERROR(token->destroy_keys(hsm::KeyUse::kWrap, label));
  print_plan(plan, kek.json, "");
  return {};
}

}  // namespace varve::keys
