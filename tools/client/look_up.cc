// The system's own search ends when it likes. glibc runs it on a thread of its own, and we stop waiting.
#include "tools/client/look_up.h"

#include <ctime>

namespace varve::client {
namespace {

/// What glibc reads and writes until the search is over.
struct Search {
  Search(const std::string& h, const std::string& p) : host(h), port(p) {
    wanted.ai_socktype = SOCK_STREAM;
    request.ar_name = host.c_str();
    request.ar_service = port.c_str();
    request.ar_request = &wanted;
  }

  std::string host;
  std::string port;
  addrinfo wanted{};
  gaicb request{};
};

Error leads_nowhere(const Search& search, const std::string& why) {
  return busy("no connection to " + search.host + ":" + search.port + ": the name " + search.host +
              " leads nowhere (" + why + "): look at the URL, and at this machine's DNS");
}

void wait(const gaicb& request, std::uint64_t most_ms) {
  const gaicb* const requests[] = {&request};
  const timespec limit{static_cast<time_t>(most_ms / 1'000),
                       static_cast<long>(most_ms % 1'000) * 1'000'000};
  ::gai_suspend(requests, 1, &limit);
}

}  // namespace

Result<Addresses> look_up(const std::string& host, const std::string& port,
                          const Patience& patience) {
  auto search = std::make_unique<Search>(host, port);
  addrinfo numbers = search->wanted;
  numbers.ai_flags = AI_NUMERICHOST;
  addrinfo* found = nullptr;
  if (::getaddrinfo(host.c_str(), port.c_str(), &numbers, &found) == 0) return Addresses(found);
  gaicb* requests[] = {&search->request};
  if (const int failed = ::getaddrinfo_a(GAI_NOWAIT, requests, 1, nullptr); failed != 0)
    return leads_nowhere(*search, ::gai_strerror(failed));
  while (::gai_error(&search->request) == EAI_INPROGRESS && patience.left_ms() != 0)
    wait(search->request, std::min(patience.left_ms(), patience.slice_ms()));
  const int ended = ::gai_error(&search->request);
  if (ended == 0) return Addresses(search->request.ar_result);
  if (ended != EAI_INPROGRESS) return leads_nowhere(*search, ::gai_strerror(ended));
  Error slow = leads_nowhere(*search, "the search for it takes too long");
  const int cancelled = ::gai_cancel(&search->request);
  if (cancelled == EAI_ALLDONE && ::gai_error(&search->request) == 0)
    return Addresses(search->request.ar_result);
  // A search that has begun writes its outcome still: so much memory is left to it.
  if (cancelled == EAI_NOTCANCELED) static_cast<void>(search.release());
  return slow;
}

}  // namespace varve::client
