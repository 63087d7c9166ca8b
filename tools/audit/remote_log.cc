// Requests, and when to repeat them.
#include "tools/audit/remote_log.h"

#include <algorithm>
#include <chrono>
#include <thread>

#include "tools/client/problem.h"

namespace varve::audit {
namespace {

constexpr int kTries = 5;
constexpr std::uint64_t kFirstPauseMs = 400;
constexpr std::uint64_t kPauseMaxMs = 5'000;

}  // namespace

RemoteLog::RemoteLog(client::HttpClient client)
    : client_(std::make_unique<client::HttpClient>(std::move(client))) {}

Result<RemoteLog> RemoteLog::open(const std::string& url, const client::HttpOptions& options) {
  ASSIGN_OR_RETURN(const client::Url parsed, client::parse_url(url));
  ASSIGN_OR_RETURN(client::HttpClient client, client::HttpClient::open(parsed, options));
  return RemoteLog(std::move(client));
}

Result<std::string> RemoteLog::fetch(const std::string& path, const std::string& accept) const {
  std::vector<client::HttpHeader> headers;
  if (!accept.empty()) headers.push_back({"Accept", accept});
  std::uint64_t pause_ms = kFirstPauseMs;
  for (int left = kTries;; --left) {
    auto response = client_->get("/" + path, headers, largest_answer(path));
    const auto wait_s = response ? response->retry_after_s() : std::nullopt;
    auto success = client::expect_success(std::move(response));
    if (success) return std::move(success->body);
    if (success.error().code != Code::kBusy || left == 1)
      return std::move(success).error().during("reading " + path);
    const std::uint64_t asked_ms = 1'000 * std::min(wait_s.value_or(0), kPauseMaxMs);
    std::this_thread::sleep_for(
        std::chrono::milliseconds(std::clamp(asked_ms, pause_ms, kPauseMaxMs)));
    pause_ms = std::min(2 * pause_ms, kPauseMaxMs);
  }
}

Result<Buffer> RemoteLog::read(const std::string& path) const {
  ASSIGN_OR_RETURN(const std::string body, fetch(path));
  return to_buffer(bytes_of(body));
}

}  // namespace varve::audit
