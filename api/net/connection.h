// The connections that are open: counted by address, limited, and told when the server stops.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "api/common/addresses.h"
#include "api/common/ebb.h"
#include "api/net/pch.h"
#include "api/server.h"
#include "ledger/base/mutex.h"

namespace varve::api {

namespace asio = boost::asio;
namespace beast = boost::beast;
using Executor = asio::io_context::executor_type;  // of one thread
using Socket = asio::basic_stream_socket<asio::ip::tcp, Executor>;
// Coroutines that know their executor's type: with any_io_executor each completion is wrapped,
// allocated and queued once more.
template <class T>
using Awaitable = asio::awaitable<T, Executor>;
inline constexpr asio::use_awaitable_t<Executor> kAwait;

/// What a connection is at, and with that whether it may be closed.
enum class Stage : std::uint8_t {
  kIdle,      // between requests: at any time
  kEnding,    // the answer was the last, and is on its way: to make room for another
  kStranger,  // a request that is not whole, or without a credential: the same
  kClient,    // a client's request: only when the server stops and has waited for it
};

/// One connection as others see it. Its socket belongs to the thread of its executor.
struct Connection {
  Connection(const Executor& e, std::string p) : executor(e), peer(std::move(p)) {}

  Executor executor;
  const std::string peer;               // the address, as address_of_peer() names it
  std::optional<Address> address = {};  // in full; nullopt: many send to it. Set before it is used
  Socket* socket = nullptr;             // null once its session has ended; on its thread
  std::function<void()> wind_up;  // ends it in order when the server stops; on its thread. Without
                                  // one, the socket of an idle connection is closed
  std::atomic<Stage> stage{Stage::kIdle};
  std::atomic<std::int64_t> idle_since{0};  // the last time; steady clock, nanoseconds
  std::atomic<bool> asked{false};           // whether a whole header has come

  // Of Connections, under its mutex.
  std::list<std::shared_ptr<Connection>>::iterator place;  // among those of its address
  bool leaving = false;                                    // made room for another
};

/// Whose share of the connections one is: an IPv4 address, or the /64 that one subscriber has.
std::string address_of_peer(const asio::ip::address& address);
/// The whole of it.
Address whole_address(const asio::ip::address& address);

/// Where the limit is reached, the address with the most connections gives one up, so that no
/// address can shut out another. Its own new ones are refused rather than that one closes which has
/// come a moment ago and has not asked yet: it would gain nothing, and lose what was accepted.
/// Thread: any.
class Connections {
 public:
  /// `ask`: how long a new one is left alone by others of its address.
  Connections(std::size_t most, std::chrono::nanoseconds ask) : most_(most), ask_(ask) {}

  /// From now on. Those that are more stay until others come.
  void set_most(std::size_t most) { most_ = most; }

  struct Opened {
    std::shared_ptr<Connection> connection;  // null when none of those there are makes room
    bool made_room = false;                  // another was closed for it
  };
  Opened open(const Executor& executor, std::string peer);

  /// While it lives, one connection of the address waits for a rate, and so gives up its place to nobody. Where half of
  /// all places are held so by one address, it gets no more.
  class HeldBack {
   public:
    HeldBack(Connections& all, const std::string& peer);
    ~HeldBack();
    HeldBack(const HeldBack&) = delete;
    HeldBack& operator=(const HeldBack&) = delete;

   private:
    Connections& all_;
    const std::string& peer_;
  };
  void close(const std::shared_ptr<Connection>& connection);

  /// From now on sessions end after the request they are at, and idle ones at once; or as their wind_up
  /// says.
  void drain();
  [[nodiscard]] bool draining() const { return draining_; }
  /// Closes what is left.
  void abort();
  /// Waits until none is open.
  void wait_until_empty(Deadline deadline);

 private:
  using List = std::list<std::shared_ptr<Connection>>;
  using Peers = std::map<std::string, List>;  // none without a connection

  void add(const std::shared_ptr<Connection>& connection) REQUIRES(mutex_);
  bool remove(const Connection& connection) REQUIRES(mutex_);
  bool make_room(const Connection& newcomer) REQUIRES(mutex_);
  [[nodiscard]] bool holds_its_half(const std::string& peer) const REQUIRES(mutex_);
  void cut_all(Stage most);

  struct Choice {
    Connection* found = nullptr;
    bool spared = false;  // some that are as new as the newcomer
  };
  [[nodiscard]] Choice longest_waiting(List& list, const Connection& newcomer) const
      REQUIRES(mutex_);

  std::atomic<std::size_t> most_;
  const std::chrono::nanoseconds ask_;
  std::atomic<bool> draining_{false};
  Mutex mutex_;
  CondVar closed_;
  Peers peers_ GUARDED_BY(mutex_);
  std::set<std::pair<std::size_t, List*>> sizes_ GUARDED_BY(mutex_);  // of each list in peers_
  std::map<std::string, std::size_t> held_back_ GUARDED_BY(mutex_);   // by address, none without
  std::size_t open_ GUARDED_BY(mutex_) = 0;  // without those that are leaving
  Ebb ebb_ GUARDED_BY(mutex_){256};          // of open_
};

}  // namespace varve::api
