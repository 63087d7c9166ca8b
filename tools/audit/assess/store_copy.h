// Copies of a log's store, made while its server runs. What is altered is always a copy.
#pragma once

#include <functional>
#include <string>

#include "ledger/base/result.h"
#include "tools/audit/assess/site.h"

namespace varve::audit::assess {

/// A directory of logs with a copy of the store, and one with a copy of its high-water mark.
struct StoreCopy {
  std::string data;
  std::string marks;  // empty: the log has none in a directory

  [[nodiscard]] std::string store(const Site& site) const { return data + "/" + site.log.name; }
};

/// The mark, then all files of the store but its locks. Errors: kIo.
Result<StoreCopy> copy_store(Site& site);
/// Errors: kNotFound  the log keeps no mark in a directory.
Result<void> expect_mark(const Site& site);
/// Until the mark says so many records, which it does every few seconds. Errors: as expect_mark; kBusy.
Result<void> wait_for_mark(const Site& site, std::uint64_t records);
/// Waits until the mark has come as far as the log, and copies until the audit calls a copy intact: one
/// that was made while the server wrote may be torn.
/// Errors: kIo  none was, with what the audit said of the last.
Result<StoreCopy> copy_that_is_intact(Site& site);

/// `varved audit` of a copy. Errors: kIo.
Result<Answered> audit(Site& site, const StoreCopy& copy);

/// Copies `from` once more, has `alter` change the copy's store, and audits that. The copy is removed again.
/// Errors: as `alter`; kIo.
Result<Answered> audit_altered(Site& site, const StoreCopy& from,
                               const std::function<Result<void>(const std::string& store)>& alter);

/// Removes a directory of copies, whatever modes its files have.
void remove_copy(const std::string& directory);

}  // namespace varve::audit::assess
