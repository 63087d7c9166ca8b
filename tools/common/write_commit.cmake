# cmake -DSOURCE=DIR -DOUT=FILE -P write_commit.cmake: FILE defines what tools/common/commit.h declares. A file that
# says it already is left alone, so that nothing is built again.
execute_process(COMMAND git -C ${SOURCE} rev-parse --show-toplevel
                OUTPUT_VARIABLE root OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
set(commit "")
string(TIMESTAMP date "%Y-%m-%d" UTC)
file(REAL_PATH ${SOURCE} source)
if(root STREQUAL source)  # else it is somebody else's repository, around unpacked sources
  execute_process(COMMAND git --no-optional-locks -C ${SOURCE} describe --always --dirty --abbrev=40 --exclude=*
                  OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  execute_process(COMMAND git -C ${SOURCE} log -1 --format=%cs
                  OUTPUT_VARIABLE committed OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  if(committed)
    set(date ${committed})
  endif()
endif()
file(CONFIGURE OUTPUT ${OUT} @ONLY CONTENT [[
#include "tools/common/commit.h"

namespace varve::tools {

const char* commit() {
  return "@commit@";
}

const char* sources_date() {
  return "@date@";
}

}  // namespace varve::tools
]])
