// The limit of descriptors, which only the operating system's own calls know.
#include "tools/collect/file_slots.h"

#include <sys/resource.h>

#include <algorithm>

namespace varve::collect {
namespace {

// Standard streams, the directory and its lock, a socket, certificates, name service, a spooled
// batch and a receipt in the making, a listing, and files that are compared: about half of it.
constexpr rlim_t kKeptBack = 40;

}  // namespace

std::size_t raise_file_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1;
  const rlim_t soft = limit.rlim_cur;
  limit.rlim_cur = limit.rlim_max;
  const rlim_t now = ::setrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : soft;
  return std::max<rlim_t>(now, kKeptBack + 1) - kKeptBack;
}

}  // namespace varve::collect
