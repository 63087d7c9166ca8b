// An export whose files cannot be read, for want of a descriptor or a permission, is neither
// damaged nor another history: every call on the disk fails in turn.
#include <gtest/gtest.h>

#include "ledger/env/posix.h"
#include "temporary_directory.h"
#include "tests/env/failing_disk.h"
#include "tests/verify/good_log.h"
#include "tools/audit/lib/directory_source.h"

namespace varve::audit {

using namespace verify;

namespace {

Result<Intact> check_all(LogCheck& check) {
  RETURN_IF_ERROR(check.begin());
  while (!check.done()) RETURN_IF_ERROR(check.step());
  return check.finish();
}

TEST(Trouble, OfTheOneWhoReadsAnExportIsNoFinding) {
  const TemporaryDirectory directory;
  LogBuilder log = good_log();
  log.server_batch(400);
  for (const auto& [path, bytes] : log.files())
    directory.write(export_path(path), std::string(text_of(bytes)));
  env::FailingDisk disk(std::move(*env::open_posix(directory.path())));
  const DirectorySource source(disk);
  for (env::Calls* const calls : {&disk.calls, &disk.reads})
    for (std::uint64_t at = 1, failed = 1; failed != 0; ++at) {
      SCOPED_TRACE(at);
      calls->fail(at, true);
      LogCheck check(log.first.verifier, source, env::posix_clock().now_us());
      const auto intact = check_all(check);
      failed = calls->made() >= at ? 1 : 0;
      calls->fail(0, false);
      EXPECT_FALSE(check.finding()) << sentence(*check.finding());
      EXPECT_EQ(intact.has_value(), failed == 0);
      if (!intact) {
        EXPECT_EQ(intact.error().code, Code::kIo) << intact.error().message;
      }
    }
}

}  // namespace
}  // namespace varve::audit
