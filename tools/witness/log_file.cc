// Whoever may write the list says by which keys logs are known.
#include "tools/witness/log_file.h"

#include "ledger/env/posix.h"
#include "tools/common/files.h"

namespace varve::tools {

Result<format::LogList> load_log_list(const std::string& path) {
  RETURN_IF_ERROR(env::check_mode(path, env::Others::kRead));
  ASSIGN_OR_RETURN(const Buffer text, read_file(path, format::kLogListMax));
  auto list = format::parse_log_list(text_of(text));
  if (list) return list;
  return invalid(path + ": " + list.error().message);
}

}  // namespace varve::tools
