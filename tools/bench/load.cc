// Connections as small state machines: send, read until the answer is whole, again.
#include "tools/bench/load.h"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <charconv>
#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <string>

namespace varve::bench {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using Error_code = boost::system::error_code;
using Steady = std::chrono::steady_clock;

struct Answer {
  int status = 0;
  std::size_t size = 0;  // header and body
};

/// The answer at the front of `in`, once it is whole. Reads what varved writes: Content-Length.
std::optional<Answer> whole_answer(std::string_view in) {
  constexpr std::string_view kLength = "\r\nContent-Length: ";
  const std::size_t end = in.find("\r\n\r\n");
  if (end == std::string_view::npos) return std::nullopt;
  Answer answer{0, end + 4};
  std::from_chars(in.data() + 9, in.data() + 12, answer.status);
  const std::size_t at = in.substr(0, end + 2).find(kLength);
  std::size_t body = 0;
  if (at != std::string_view::npos)
    std::from_chars(in.data() + at + kLength.size(), in.data() + end, body);
  answer.size += body;
  return in.size() < answer.size ? std::nullopt : std::optional(answer);
}

struct Peer {
  Peer(asio::io_context& io, unsigned n) : socket(io), number(n) {}
  tcp::socket socket;
  unsigned number;
  Steady::time_point began;
  std::string in = std::string(16'384, '\0');
  std::size_t filled = 0;
};

class Generator {
 public:
  explicit Generator(const Load& load) : load_(load), pace_(io_) {}

  Result<Measured> run() {
    const tcp::endpoint server(asio::ip::address_v4::loopback(), load_.port);
    for (unsigned i = 0; i < load_.connections; ++i) {
      Error_code error;
      Peer& peer = *peers_.emplace_back(std::make_unique<Peer>(io_, i));
      peer.socket.connect(server, error);
      if (!error) peer.socket.set_option(tcp::no_delay(true), error);
      if (error) return io_error("connect to the server: " + error.message());
    }
    count_from_ = Steady::now() + duration(load_.warm_up_s);
    end_ = count_from_ + duration(load_.seconds);
    due_ = Steady::now();
    for (const auto& peer : peers_) give_work(*peer);
    io_.run();
    if (failed_) return *failed_;
    measured_.seconds = std::chrono::duration<double>(ended_ - count_from_).count();
    return std::move(measured_);
  }

 private:
  static Steady::duration duration(double seconds) {
    return std::chrono::duration_cast<Steady::duration>(std::chrono::duration<double>(seconds));
  }

  void give_work(Peer& peer) {
    if (load_.rate == 0) return send(peer, Steady::now());
    free_.push_back(&peer);
    send_what_is_due();
  }

  void send_what_is_due() {
    const auto now = Steady::now();
    while (!free_.empty() && due_ <= now && !over_) {
      Peer& peer = *free_.front();
      free_.pop_front();
      send(peer, due_);
      due_ += duration(1 / load_.rate);
    }
    if (free_.empty() || over_) return;
    pace_.expires_at(due_);
    pace_.async_wait([this](Error_code error) {
      if (!error) send_what_is_due();
    });
  }

  void send(Peer& peer, Steady::time_point began) {
    if (over_) return;
    const std::string_view request = load_.next(peer.number);
    if (request.empty()) return retire();
    peer.began = began;
    peer.filled = 0;
    asio::async_write(peer.socket, asio::buffer(request),
                      [this, &peer](Error_code error, std::size_t) {
                        if (error) return fail(error);
                        receive(peer);
                      });
  }

  void receive(Peer& peer) {
    if (peer.filled == peer.in.size()) peer.in.resize(2 * peer.in.size());
    peer.socket.async_read_some(
        asio::buffer(peer.in.data() + peer.filled, peer.in.size() - peer.filled),
        [this, &peer](Error_code error, std::size_t n) {
          if (error) return fail(error);
          peer.filled += n;
          take(peer);
        });
  }

  void take(Peer& peer) {
    const auto answer = whole_answer({peer.in.data(), peer.filled});
    if (!answer) return receive(peer);
    const auto now = Steady::now();
    if (now >= count_from_ && !over_) count(peer, *answer, now);
    if (now >= end_) return finish();
    give_work(peer);
  }

  void count(const Peer& peer, const Answer& answer, Steady::time_point now) {
    if (answer.status / 100 != load_.wanted) {
      ++measured_.refused;
      measured_.refusal = answer.status;
      return;
    }
    ++measured_.answered;
    measured_.ms.push_back(std::chrono::duration<float, std::milli>(now - peer.began).count());
  }

  void retire() {
    if (++retired_ == peers_.size() || !load_.all) finish();
  }

  void finish() {
    if (over_) return;
    over_ = true;
    ended_ = Steady::now();
    io_.stop();
  }

  void fail(const Error_code& error) {
    if (!over_) failed_ = io_error("the connection failed: " + error.message());
    finish();
  }

  const Load& load_;
  asio::io_context io_{1};
  std::vector<std::unique_ptr<Peer>> peers_;
  std::deque<Peer*> free_;  // without a request, at a fixed rate
  asio::steady_timer pace_;
  Steady::time_point due_;  // when the next request should begin
  Steady::time_point count_from_;
  Steady::time_point end_;
  Steady::time_point ended_;
  std::size_t retired_ = 0;
  bool over_ = false;
  std::optional<Error> failed_;
  Measured measured_;
};

}  // namespace

double Measured::quantile(double part) {
  if (ms.empty()) return 0;
  const auto at = static_cast<std::size_t>(part * static_cast<double>(ms.size() - 1));
  std::nth_element(ms.begin(), ms.begin() + static_cast<std::ptrdiff_t>(at), ms.end());
  return static_cast<double>(ms[at]);
}

void Measured::add(const Measured& more) {
  answered += more.answered;
  refused += more.refused;
  if (more.refused != 0) refusal = more.refusal;
  seconds += more.seconds;
  ms.insert(ms.end(), more.ms.begin(), more.ms.end());
}

Result<Measured> run_load(const Load& load) {
  return Generator(load).run();
}

}  // namespace varve::bench
