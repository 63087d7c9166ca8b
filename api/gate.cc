// Counting in and out.
#include "api/gate.h"

#include <utility>

namespace varve::api {

Gate::Pass::Pass(Gate& gate, std::string client, std::uint64_t body_bytes)
    : gate_(gate), client_(std::move(client)), body_bytes_(body_bytes) {}

Gate::Pass::~Pass() {
  gate_.leave(client_, body_bytes_);
}

bool Gate::Pass::add(std::uint64_t response_bytes) {
  if (!gate_.take_bytes(response_bytes)) return false;
  body_bytes_ += response_bytes;
  return true;
}

bool Gate::take_bytes(std::uint64_t bytes) {
  const std::lock_guard lock{mutex_};
  if (bytes != 0 && body_bytes_ + bytes > limits_.body_bytes_max) return false;
  body_bytes_ += bytes;
  return true;
}

Gate::Entry Gate::enter(const std::string& client, std::uint64_t body_bytes) {
  const std::lock_guard lock{mutex_};
  if (requests_ >= limits_.requests_max) return ProblemId::kBusy;
  if (body_bytes != 0 && body_bytes_ + body_bytes > limits_.body_bytes_max) return ProblemId::kBusy;
  if (!client.empty()) {
    std::size_t& under_way = per_client_[client];
    if (under_way >= limits_.requests_per_client_max) return ProblemId::kTooManyRequests;
    ++under_way;
  }
  ++requests_;
  body_bytes_ += body_bytes;
  return std::make_unique<Pass>(*this, client, body_bytes);
}

void Gate::leave(const std::string& client, std::uint64_t body_bytes) {
  const std::lock_guard lock{mutex_};
  --requests_;
  body_bytes_ -= body_bytes;
  if (client.empty()) return;
  const auto found = per_client_.find(client);
  if (--found->second == 0) per_client_.erase(found);
}

std::size_t Gate::requests() const {
  const std::lock_guard lock{mutex_};
  return requests_;
}

}  // namespace varve::api
