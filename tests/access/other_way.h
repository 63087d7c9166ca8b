// A way into the server that is not HTTP, as a listener of another protocol would be: somebody
// presents a credential, or none, and sends one event.
#pragma once

#include <future>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "api/access/access.h"
#include "ledger/ledger.h"

namespace varve::api {

class OtherWay {
 public:
  static constexpr const char* kName = "other";
  /// What the journal calls an append; HTTP's words, so that lines can be compared.
  static constexpr std::string_view kMethod = "POST";
  static constexpr std::string_view kRoute = "/logs/{log}/events";

  explicit OtherWay(Access& access) : access_(access), traffic_(access.metrics().of(kName)) {}

  [[nodiscard]] Caller caller(std::string peer = "192.0.2.7") {
    return Caller{traffic_, std::move(peer)};
  }

  /// The whole life of one append. Returns the status that was written down.
  int append(const HostedLog& hosted, std::optional<std::string_view> credential,
             const std::string& event) {
    Caller who = caller();
    Outcome outcome{kMethod, kRoute, hosted.name, 0, 0, 0, 0};
    const auto refusal = admit(who, hosted, credential, event.size());
    if (refusal) {
      outcome.status = std::visit([](const auto& why) { return status_of(why); }, *refusal);
    } else {
      outcome.status = append_to(*hosted.log, event) ? 201 : 503;
      outcome.bytes_in = event.size();
    }
    access_.finished(who, outcome);
    return outcome.status;
  }

  std::optional<Refusal> admit(Caller& who, const HostedLog& hosted,
                               std::optional<std::string_view> credential, std::uint64_t bytes) {
    const Needs needs{Rights::kAppendEvents, Share::kAsker};
    if (auto refusal = access_.identify(who, needs, hosted, credential)) return refusal;
    if (auto refusal = access_.take_turn(who, needs)) return refusal;
    if (auto refusal = access_.let_in(who, needs, bytes)) return refusal;
    if (const auto limit = access_.hold(who, bytes)) return *limit;
    return std::nullopt;
  }

 private:
  static int status_of(const NoCredential&) { return 401; }
  static int status_of(const UnknownCredential&) { return 401; }
  static int status_of(const NotAllowed&) { return 403; }
  static int status_of(const TooFast&) { return 429; }
  static int status_of(Limit limit) {
    return limit == Limit::kClientRequests || limit == Limit::kClientBytes ? 429 : 503;
  }

  static bool append_to(Log& log, const std::string& event) {
    EventRequest request;
    request.sender = {format::SenderKind::kClient, "tester"};
    request.body = to_buffer(bytes_of(event));
    request.events.push_back({"text/plain", request.body, 7});
    const auto done = std::make_shared<std::promise<bool>>();  // outlives set_value
    auto appended = done->get_future();
    log.append(std::move(request), [done](Result<Appended> r) { done->set_value(r.has_value()); });
    return appended.get();
  }

  Access& access_;
  Traffic& traffic_;
};

}  // namespace varve::api
