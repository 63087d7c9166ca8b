// A month and who decided, never one without the other.
#include "tools/audit/mirror_options.h"

#include "tools/audit/leave_metrics.h"

namespace varve::audit {

void locked_option(CLI::App& command, Request& request) {
  command.add_flag("--locked", request.must_be_locked, "a draft log, for trying, is an error");
}

void mirror_options(CLI::App& command, Request& request) {
  command.add_option("DIR", request.out_file, "directory of the mirror")->required();
  CLI::Option* forget =
      command
          .add_option("--forget", request.forget_months,
                      "month, 2026-01 (a draft: number of a key period), that the mirror keeps and "
                      "the log has destroyed: exchange its events for tombstones; once for each")
          ->allow_extra_args(false);  // or it takes URL and DIR for months
  CLI::Option* who = command.add_option("--decided-by", request.decided_by,
                                        "who decided that; the mirror keeps it on record");
  forget->needs(who);
  who->needs(forget);
  locked_option(command, request);
  metrics_option(command, request);
}

}  // namespace varve::audit
