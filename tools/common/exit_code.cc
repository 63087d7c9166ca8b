// The one table from error codes to exit codes.
#include "tools/common/exit_code.h"

#include <cstdio>

#include "ledger/base/later_format.h"
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

int exit_code(const Error& error) {
  return is_later_format(error) ? kExitLater : exit_code(error.code);
}

const std::vector<ExitStatus>& exit_statuses() {
  static const std::vector<ExitStatus> statuses = {
      {kExitOk, "done"},
      {kExitUsage, "the command line is wrong: an unknown option, a missing argument"},
      {exit_code(Code::kInvalid), "the input is wrong"},
      {exit_code(Code::kNotFound), "there is no such thing, or not yet"},
      {exit_code(Code::kWorm), "it contradicts what is already written"},
      {exit_code(Code::kCorrupt), "stored or received bytes disagree with what was signed"},
      {exit_code(Code::kIo),
       "the disk, a file, the token or its PIN, or what a server answered could not be used"},
      {exit_code(Code::kBusy), "not now"},
      {exit_code(Code::kFull), "no space"},
      {exit_code(Code::kOutOfOrder), "something before it is missing"},
      {kExitGone, "everything verifies, but events are gone with their month keys"},
      {kExitKept, "everything verifies, but a mirror keeps what its log disposed of"},
      {kExitDidNotHold, "an assessment tried what must be refused or named, and it was not"},
      {kExitNotTried, "all that an assessment tried held, but not all was tried"},
      {kExitLater, "a later version of Varve wrote a file, and this one cannot read it"},
  };
  return statuses;
}

int report(const char* program, const Error& error) {
  std::fprintf(stderr, "%s: %s\n", program, visible(error.message).c_str());
  return exit_code(error);
}

int report(const char* program, const std::vector<Error>& errors) {
  for (const Error& error : errors) report(program, error);
  return exit_code(errors.front());
}

}  // namespace varve::tools
