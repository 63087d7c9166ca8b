// The system's own search ends when it likes: it runs on a thread of its own, and we stop waiting.
#include "tools/client/look_up.h"

#include <chrono>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

#include "ledger/base/mutex.h"

namespace varve::client {
namespace {

struct Answer {
  int error = 0;
  Addresses addresses;
};

Answer ask_system(const std::string& host, const std::string& port, int flags) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  wanted.ai_flags = flags;
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo(host.c_str(), port.c_str(), &wanted, &found);
  return {error, Addresses(error == 0 ? found : nullptr)};
}

/// Shared by who asks and the thread that searches, which may outlast the one who asked.
struct Search {
  Mutex mutex;
  CondVar ended;
  std::optional<Answer> answer GUARDED_BY(mutex);
};

/// Nothing if the system has no thread for it.
std::shared_ptr<Search> begin_search(const std::string& host, const std::string& port) {
  auto search = std::make_shared<Search>();
  try {
    std::thread([search, host, port] {
      Answer answer = ask_system(host, port, 0);
      const MutexLock lock(search->mutex);
      search->answer = std::move(answer);
      search->ended.notify_all();
    }).detach();
  } catch (const std::system_error&) {
    return nullptr;
  }
  return search;
}

std::optional<Answer> wait_for(Search& search, const Patience& patience) {
  MutexLock lock(search.mutex);
  while (!search.answer && patience.left_ms() != 0)
    search.ended.wait_until(
        search.mutex,
        Deadline(std::chrono::milliseconds(std::min(patience.left_ms(), patience.slice_ms()))));
  return std::exchange(search.answer, std::nullopt);
}

Error leads_nowhere(const std::string& host, const std::string& port, const std::string& why) {
  return busy("no connection to " + host + ":" + port + ": the name " + host + " leads nowhere (" +
              why + "): look at the URL, and at this machine's DNS");
}

}  // namespace

Result<Addresses> look_up(const std::string& host, const std::string& port,
                          const Patience& patience) {
  if (Answer numbers = ask_system(host, port, AI_NUMERICHOST); numbers.error == 0)
    return std::move(numbers.addresses);
  const std::shared_ptr<Search> search = begin_search(host, port);
  if (search == nullptr)
    return leads_nowhere(host, port, "the system has no thread for the search");
  std::optional<Answer> answer = wait_for(*search, patience);
  if (!answer) return leads_nowhere(host, port, "the search for it takes too long");
  if (answer->error != 0) return leads_nowhere(host, port, ::gai_strerror(answer->error));
  return std::move(answer->addresses);
}

}  // namespace varve::client
