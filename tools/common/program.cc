// The standard descriptors first: a file opened before them could get one of their numbers.
#include "tools/common/program.h"

#include <new>
#include <string>
#include <system_error>

#include "ledger/env/posix.h"
#include "tools/common/end_signals.h"
#include "tools/common/exit_code.h"

namespace varve::tools {

int run_program(const char* name, int (*run)(int argc, char** argv), int argc, char** argv) {
  if (const auto opened = env::open_standard_descriptors(); !opened)
    return report(name, opened.error());
  let_first_process_end();
  env::harden_process();
  if (const auto ready = env::initialize(); !ready) return report(name, ready.error());
  try {
    return run(argc, argv);
  } catch (const std::bad_alloc&) {
    return report(name,
                  io_error("there is not enough memory: raise this process's limit (ulimit -v, "
                           "LimitAS= or MemoryMax= of its service)"));
  } catch (const std::system_error& error) {  // no thread, mostly
    return report(name,
                  io_error(std::string("the system refuses what is needed: ") + error.what()));
  }
}

}  // namespace varve::tools
