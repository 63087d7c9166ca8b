// What is wrong, in words that fit any protocol.
#include "api/access/refusal.h"

namespace varve::api {

std::string_view reason_name(const Refusal& refusal) {
  if (std::holds_alternative<NoCredential>(refusal)) return "no-credential";
  if (std::holds_alternative<UnknownCredential>(refusal)) return "unknown-credential";
  return std::holds_alternative<NotAllowed>(refusal) ? "not-allowed" : "limit";
}

std::string_view explain(Limit limit) {
  switch (limit) {
    case Limit::kClientRequests:
      return "this client has as many requests under way as it may";
    case Limit::kClientBytes:
      return "this client's requests and responses hold as many bytes as they may";
    case Limit::kAnonymousRequests:
      return "the server has as many requests without a token as it takes";
    case Limit::kClientRate:
      return "this client sends more in a second than it may";
    case Limit::kAddressRate:
      return "this address sends more in a second than it may";
    case Limit::kBytes:
      return "the server's requests and responses hold as many bytes as they may";
    default:
      return "the server has as many requests as it takes";
  }
}

}  // namespace varve::api
