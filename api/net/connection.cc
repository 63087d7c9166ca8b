// The list of connections, and closing them from outside.
#include "api/net/connection.h"

#include <algorithm>
#include <limits>

namespace varve::api {
namespace {

constexpr std::size_t kLookedAt = 64;  // of an address's connections, for the one to close
constexpr auto kNever = std::numeric_limits<std::int64_t>::max();

// Cancels whatever the session waits for; the session then sees that and ends.
void close_socket(Connection& connection, Stage most) {
  if (connection.socket == nullptr || connection.stage > most) return;
  boost::system::error_code ignored;
  connection.socket->close(ignored);
}

void cut(const std::shared_ptr<Connection>& connection, Stage most) {
  asio::post(connection->executor, [connection, most] { close_socket(*connection, most); });
}

void wind_up(const std::shared_ptr<Connection>& connection) {
  asio::post(connection->executor, [connection] {
    if (connection->wind_up)
      connection->wind_up();
    else
      close_socket(*connection, Stage::kIdle);
  });
}

std::int64_t waiting_since(const std::shared_ptr<Connection>& connection) {
  return connection->stage == Stage::kClient ? kNever : connection->idle_since.load();
}

}  // namespace

std::string address_of_peer(const asio::ip::address& address) {
  if (address.is_v4()) return address.to_string();
  asio::ip::address_v6 v6 = address.to_v6();
  if (v6.is_v4_mapped()) return asio::ip::make_address_v4(asio::ip::v4_mapped, v6).to_string();
  auto bytes = v6.to_bytes();
  std::fill(bytes.begin() + 8, bytes.end(), std::uint8_t{0});
  return asio::ip::address_v6{bytes}.to_string() + "/64";
}

Address whole_address(const asio::ip::address& address) {
  const asio::ip::address_v6 v6 =
      address.is_v4() ? asio::ip::make_address_v6(asio::ip::v4_mapped, address.to_v4())
                      : address.to_v6();
  return {v6.to_bytes()};
}

void Connections::add(const std::shared_ptr<Connection>& connection) {
  List& list = peers_[connection->peer];
  sizes_.erase({list.size(), &list});
  connection->place = list.insert(list.end(), connection);
  sizes_.emplace(list.size(), &list);
  ebb_.rose(++open_);
}

// Whether it is time to give memory back.
bool Connections::remove(const Connection& connection) {
  const auto peer = peers_.find(connection.peer);
  List& list = peer->second;
  sizes_.erase({list.size(), &list});
  if (!connection.leaving) --open_;
  list.erase(connection.place);
  if (list.empty())
    peers_.erase(peer);
  else
    sizes_.emplace(list.size(), &list);
  return ebb_.fell(open_);
}

// Looks at some in turn, so that the cost is the same whoever has how many.
Connections::Choice Connections::longest_waiting(List& list, const Connection& newcomer) const {
  const auto is_as_new = [&](const Connection& other) {
    return other.peer == newcomer.peer && !other.asked &&
           newcomer.idle_since - other.idle_since < ask_.count();
  };
  Choice out;
  std::int64_t since = kNever;
  for (std::size_t n = std::min(list.size(), kLookedAt); n != 0; --n) {
    const std::shared_ptr<Connection>& next = list.front();
    list.splice(list.end(), list, list.begin());
    const std::int64_t waits = next->leaving ? kNever : waiting_since(next);
    if (waits >= since || next.get() == &newcomer) continue;
    if (is_as_new(*next)) {
      out.spared = true;
      continue;
    }
    out.found = next.get();
    since = waits;
  }
  return out;
}

bool Connections::make_room(const Connection& newcomer) {
  for (auto size = sizes_.rbegin(); size != sizes_.rend(); ++size) {
    const auto [found, spared] = longest_waiting(*size->second, newcomer);
    if (found == nullptr && spared) return false;  // what it spares of its own no other pays for
    if (found == nullptr) continue;
    found->leaving = true;  // and listed until it has ended
    --open_;
    cut(*found->place, Stage::kStranger);
    return true;
  }
  return false;
}

bool Connections::holds_its_half(const std::string& peer) const {
  const auto found = held_back_.find(peer);
  return found != held_back_.end() && found->second >= std::max<std::size_t>(most_ / 2, 1);
}

Connections::HeldBack::HeldBack(Connections& all, const std::string& peer)
    : all_(all), peer_(peer) {
  const MutexLock lock(all_.mutex_);
  ++all_.held_back_[peer_];
}

Connections::HeldBack::~HeldBack() {
  const MutexLock lock(all_.mutex_);
  const auto found = all_.held_back_.find(peer_);
  if (--found->second == 0) all_.held_back_.erase(found);
}

Connections::Opened Connections::open(const Executor& executor, std::string peer) {
  auto connection = std::make_shared<Connection>(executor, std::move(peer));
  connection->idle_since = std::chrono::steady_clock::now().time_since_epoch().count();
  const MutexLock lock(mutex_);
  if (holds_its_half(connection->peer)) return {};
  add(connection);
  const bool full = open_ > most_;
  if (!full || make_room(*connection)) return {connection, full};
  remove(*connection);
  return {};
}

void Connections::close(const std::shared_ptr<Connection>& connection) {
  MutexLock lock(mutex_);
  const bool ebb = remove(*connection);
  if (peers_.empty()) closed_.notify_all();
  lock.unlock();
  if (ebb) give_back_memory();
}

void Connections::cut_all(Stage most) {
  const MutexLock lock(mutex_);
  for (const auto& [peer, list] : peers_)
    for (const auto& connection : list) cut(connection, most);
}

void Connections::drain() {
  draining_ = true;
  const MutexLock lock(mutex_);
  for (const auto& [peer, list] : peers_)
    for (const auto& connection : list) wind_up(connection);
}

void Connections::abort() {
  cut_all(Stage::kClient);
}

void Connections::wait_until_empty(Deadline deadline) {
  const MutexLock lock(mutex_);
  while (!peers_.empty() && closed_.wait_until(mutex_, deadline)) continue;
}

}  // namespace varve::api
