// The table, and the one place that judges by it.
#include "api/access/rights.h"

#include <algorithm>

namespace varve::api {
namespace {

// A policy, a hold, a release and a disposal are judged by who signed them, too (ledger/rules/signers.h): the roles
// say who may send them. Whoever operates a log may send them all.
constexpr Roles kFromApprovers = Roles::kOperate | Roles::kApprove;
constexpr Roles kAboutSources = Roles::kAppend | Roles::kRead | Roles::kOperate;

// right, to, any of these roles, extent, open; reads events
constexpr RightRow kTable[] = {
    {Rights::kSeeServer, "see the server's state", Roles::kNone, Extent::kAnything, true},
    {Rights::kSeeItself, "see itself", kAnyRole, Extent::kAnything, false},
    {Rights::kSeeOwnReads, "see its own reads", kAnyRole, Extent::kAnything, false},
    {Rights::kSeeProofs, "see proofs and keys", kAnyRole, Extent::kAnything, true},
    {Rights::kSeeRetention, "see retention", kAnyRole, Extent::kLog, false},
    {Rights::kSeeSource, "see a source", kAboutSources, Extent::kSource, false},
    {Rights::kListSources, "list all sources", Roles::kRead | Roles::kOperate, Extent::kLog, false},
    {Rights::kReadEvent, "read an event", Roles::kRead, Extent::kSource, false, true},
    // Of the sources that it may read: the route leaves out all others.
    {Rights::kSearch, "search events", Roles::kRead, Extent::kAnything, false, true},
    {Rights::kReadRecords, "read records of all sources", Roles::kRead, Extent::kLog, false, true},
    {Rights::kAppendEvents, "append events", Roles::kAppend, Extent::kLog, false},
    {Rights::kAppendBatch, "append a sealed batch", Roles::kAppend, Extent::kSource, false},
    {Rights::kRotateSource, "rotate a source's key", Roles::kAppend, Extent::kSource, false},
    {Rights::kRegisterSource, "register a source", Roles::kOperate, Extent::kLog, false},
    {Rights::kChangeKeys, "change the log's keys", Roles::kOperate, Extent::kLog, false},
    {Rights::kGiveEvidence, "give evidence of the time", Roles::kOperate, Extent::kLog, false},
    {Rights::kSetPolicy, "set a policy", kFromApprovers, Extent::kLog, false},
    {Rights::kPlaceHold, "place a hold", Roles::kOperate | Roles::kHold, Extent::kLog, false},
    {Rights::kReleaseHold, "release a hold", kFromApprovers, Extent::kLog, false},
    {Rights::kGiveNotice, "give notice of a disposal", Roles::kOperate, Extent::kLog, false},
    {Rights::kDispose, "dispose of months", kFromApprovers, Extent::kLog, false},
};

constexpr std::size_t kSourcesTold = 16;  // in a line of the journal

Roles roles_for(const RightRow& row, const Authority& authority, Asked asked,
                std::optional<std::string_view> source) {
  if (row.extent == Extent::kLog) return authority.whole;
  if (row.extent == Extent::kAnything || asked == Asked::kAtTheDoor) return authority.anywhere();
  return authority.on(source);
}

std::string listed(Roles roles, std::string_view between) {
  std::string out;
  for (const std::string_view name : role_names(roles))
    out.append(out.empty() ? "" : between).append(name);
  return out.empty() ? "nothing" : out;
}

}  // namespace

std::span<const RightRow> all_rights() {
  return kTable;
}

bool is_everybodys(Rights rights, bool open_reads) {
  return std::ranges::any_of(kTable, [&](const RightRow& row) {
    return intersects(row.right, rights) &&
           (row.any_of == Roles::kNone || (row.open && open_reads));
  });
}

bool reads_events(Rights rights) {
  return std::ranges::any_of(
      kTable, [&](const RightRow& row) { return row.reads && intersects(row.right, rights); });
}

bool has_one(Rights rights, const Authority& authority, Asked asked,
             std::optional<std::string_view> source) {
  return std::ranges::any_of(kTable, [&](const RightRow& row) {
    return intersects(row.right, rights) &&
           intersects(roles_for(row, authority, asked, source), row.any_of);
  });
}

std::string explain_denial(Rights rights, const Authority& authority) {
  std::string out;
  for (const RightRow& row : kTable) {
    if (!intersects(row.right, rights)) continue;
    out.append(out.empty() ? "to " : ", to ").append(row.to).append(" takes ");
    out.append(listed(row.any_of, " or "));
    if (row.extent == Extent::kSource) out.append(" for its source");
  }
  out.append("; the client has ").append(listed(authority.whole, ", "));
  std::size_t told = 0;
  for (const auto& [source, roles] : authority.sources) {
    if (told++ == kSourcesTold) break;
    out.append(", for ").append(source).append(" ").append(listed(roles, ", "));
  }
  if (authority.sources.size() > kSourcesTold)
    out.append(", and for ")
        .append(std::to_string(authority.sources.size() - kSourcesTold))
        .append(" more");
  return out;
}

}  // namespace varve::api
