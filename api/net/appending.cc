// Identify, take a share, append, and again where that helps.
#include "api/net/appending.h"

#include <algorithm>
#include <utility>

#include "api/routes/hash_parts.h"
#include "ledger/base/codec.h"
#include "ledger/env/posix.h"

namespace varve::api {
namespace {

using namespace std::chrono_literals;
using Steady = std::chrono::steady_clock;

constexpr Needs kNeeds{Rights::kAppendEvents, Share::kAsker};
constexpr auto kFirstPause = 50ms;  // before the second try
constexpr auto kLongestPause = 1'000ms;
constexpr std::uint64_t kPauseMs = 1'000;  // between two looks at a rate, which a reload may change
constexpr std::string_view kMethod = "append";

// As HTTP counts.
constexpr int kAppendedStatus = 201;
constexpr int kRefusedStatus = 400;
constexpr int kUnconfirmedStatus = 503;

int status_of(const Refusal& refusal) {
  return std::holds_alternative<NotAllowed>(refusal) ? 403 : 401;
}

/// Whether the log refuses this batch for ever.
bool is_final(const Error& error) {
  return error.code == Code::kInvalid || error.code == Code::kWorm;
}

/// Resumes on the caller's executor, whichever thread the log answers on.
Awaitable<std::optional<Error>> append_to(Log& log, std::shared_ptr<EventRequest> request) {
  return asio::async_initiate<const asio::use_awaitable_t<Executor>, void(std::optional<Error>)>(
      [&log, request = std::move(request)](auto resume) {
        struct Waiting {
          explicit Waiting(decltype(resume) r) : go_on(std::move(r)) {}
          decltype(resume) go_on;
        };
        const auto waiting = std::make_shared<Waiting>(std::move(resume));
        log.append(std::move(*request), [waiting](const Result<Appended>& done) {
          std::optional<Error> error;
          if (!done) error = done.error();
          asio::post(asio::get_associated_executor(waiting->go_on),
                     [waiting, error = std::move(error)] { std::move(waiting->go_on)(error); });
        });
      },
      kAwait);
}

}  // namespace

Appending::Appending(const Executor& executor, Listening& listening, std::string peer,
                     std::optional<Address> address)
    : listening_(listening),
      caller_(listening.traffic, std::move(peer)),
      again_(executor),
      name_(16) {
  caller_.address = address;
  env::system_random().fill(name_);
}

std::optional<Refusal> Appending::ask_access() {
  const std::string& client = listening_.options.client;
  if (!client.empty()) return listening_.access.presume(caller_, kNeeds, listening_.hosted, client);
  return listening_.access.identify(caller_, kNeeds, listening_.hosted, std::nullopt);
}

bool Appending::identify() {
  began_ = Steady::now();
  const auto refusal = ask_access();
  barred_ = refusal.has_value();
  if (!refusal) return true;
  record(status_of(*refusal), 0);
  return false;
}

bool Appending::hold(std::uint64_t bytes) {
  if (bytes == 0) {
    caller_.pass.reset();
    return true;
  }
  if (!caller_.pass && listening_.access.let_in(caller_, kNeeds, 0)) return false;
  return !listening_.access.hold(caller_, bytes);
}

Hash Appending::next_key() {
  Buffer number;
  ByteWriter{number}.u64(batches_++);
  return hash_parts("varve listener key v1\n", {name_, number});
}

/// Whoever sends too fast is not read from meanwhile, and loses nothing. A stop waits for nobody. Whether it waited.
Awaitable<bool> Appending::wait_for_rate(std::uint64_t bytes) {
  bool told = false;
  std::optional<Connections::HeldBack> held_back;
  while (!given_up_) {
    const std::optional<TooFast> too_fast = listening_.access.pause_before(caller_, bytes);
    if (!too_fast) {
      charged_ = bytes;
      co_return told;
    }
    if (abandoned_) break;
    if (!held_back) held_back.emplace(listening_.connections, caller_.peer);
    if (!std::exchange(told, true)) caller_.way.limited(too_fast->limit);
    const std::chrono::milliseconds wait(std::min<std::uint64_t>(too_fast->wait_ms, kPauseMs));
    co_await again_.wait_at_most(wait);
  }
  co_return told;
}

Awaitable<void> Appending::wait_for_share(std::uint64_t bytes) {
  while (!caller_.pass && !given_up_ && !hold(bytes)) co_await again_.wait_at_most(kFirstPause);
}

Awaitable<Fate> Appending::try_until_taken(std::shared_ptr<const MessageBatch> batch) {
  const Hash key = next_key();
  if (abandoned_ && charged_ == 0 && !given_up_) co_return Fate::kUnconfirmed;
  co_await wait_for_share(batch->bytes());
  for (auto pause = kFirstPause;; pause = std::min(2 * pause, kLongestPause)) {
    auto request = std::make_shared<EventRequest>(batch->request(key));
    request->sender = sender_of(caller_);
    const std::optional<Error> error =
        co_await append_to(*listening_.hosted.log, std::move(request));
    if (!error) co_return Fate::kAppended;
    if (is_final(*error) || given_up_ || pause == kFirstPause)
      complain(is_final(*error) ? "messages_refused" : "append_delayed", error->message);
    if (is_final(*error)) co_return Fate::kRefused;
    if (given_up_) co_return Fate::kUnconfirmed;
    co_await again_.wait_at_most(pause);
  }
}

Awaitable<Fate> Appending::append(std::shared_ptr<const MessageBatch> batch) {
  if (batch->messages() == 0) co_return Fate::kAppended;
  Fate fate = Fate::kRefused;
  const bool known = identify();
  const bool waited = known && co_await wait_for_rate(batch->bytes());
  if (known && (!waited || identify())) {  // its access may have ended meanwhile
    fate = co_await try_until_taken(batch);
    const int status = fate == Fate::kAppended  ? kAppendedStatus
                       : fate == Fate::kRefused ? kRefusedStatus
                                                : kUnconfirmedStatus;
    record(status, batch->bytes());
  }
  listening_.counts.add(fate, batch->messages());
  co_return fate;
}

void Appending::give_up() {
  given_up_ = true;
  again_.ring();
}

void Appending::abandon() {
  abandoned_ = true;
  again_.ring();
}

void Appending::refuse(std::string_view reason) {
  listening_.counts.add(Fate::kRefused, 1);
  complain("messages_refused", reason);
}

void Appending::complain(std::string_view event, std::string_view message) {
  listening_.access.journal().write(Level::kWarning, event,
                                    {{"listener", kind_name(listening_.options.kind)},
                                     {"log", listening_.hosted.name},
                                     {"client", caller_.client},
                                     {"peer", caller_.peer},
                                     {"message", message}});
}

void Appending::record(int status, std::uint64_t bytes) {
  const std::chrono::duration<double> took = Steady::now() - began_;
  caller_.announced = std::exchange(charged_, 0);  // so that nobody pays twice
  listening_.access.finished(caller_, {kMethod, kind_name(listening_.options.kind),
                                       listening_.hosted.name, status, bytes, 0, took.count()});
}

}  // namespace varve::api
