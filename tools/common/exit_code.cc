// The one table from error codes to exit codes.
#include "tools/common/exit_code.h"

#include <cstdio>

#include "ledger/base/visible.h"

namespace varve::tools {

int exit_code(Code code) {
  switch (code) {
    case Code::kInvalid:
      return 10;
    case Code::kNotFound:
      return 11;
    case Code::kWorm:
      return 12;
    case Code::kCorrupt:
      return 13;
    case Code::kIo:
      return 14;
    case Code::kBusy:
      return 15;
    case Code::kFull:
      return 16;
    case Code::kOutOfOrder:
      return 17;
  }
  check_failed("a code outside its enumeration", __FILE__, __LINE__);
}

int report(const char* program, const Error& error) {
  std::fprintf(stderr, "%s: %s\n", program, visible(error.message).c_str());
  return exit_code(error.code);
}

int report(const char* program, const std::vector<Error>& errors) {
  for (const Error& error : errors) report(program, error);
  return exit_code(errors.front().code);
}

}  // namespace varve::tools
