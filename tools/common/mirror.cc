// One file tells.
#include "tools/common/mirror.h"

namespace varve::tools {

Result<void> expect_no_exchange(const env::Filesystem& mirror) {
  const auto list = mirror.open_read(kExchangeList);
  if (!list && list.error().code == Code::kNotFound) return {};
  if (!list) return list.error();
  return io_error(mirror.system_path(kExchangeList) +
                  ": `varve-audit mirror` was interrupted while it exchanged bundles; run "
                  "`varve-audit mirror` again, which goes on");
}

}  // namespace varve::tools
