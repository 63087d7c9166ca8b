// Requests, and when to repeat them.
#include "tools/audit/remote_log.h"

#include <algorithm>
#include <chrono>
#include <thread>

#include "ledger/format/note.h"
#include "ledger/format/record.h"
#include "ledger/merkle/tile.h"
#include "tools/client/problem.h"

namespace varve::audit {
namespace {

constexpr int kTries = 5;
constexpr std::uint64_t kFirstPauseMs = 400;
constexpr std::uint64_t kPauseMaxMs = 5'000;

/// Bytes of the largest true answer to `path`, so that a server cannot make its reader take more.
/// "keys": the history of some thousand rotations.
std::size_t largest_answer(std::string_view path) {
  constexpr std::size_t kKeysMax = 16u << 20;
  constexpr std::size_t kEntryBundleMax = merkle::kTileWidth * (2 + format::kRecordMax);
  // A note or a record within JSON: escaped or in base64, with the hashes of a proof beside it.
  constexpr std::size_t kJsonMax = 2 * format::kNoteMax + 4 * format::kRecordMax + (64u << 10);
  if (path == "keys") return kKeysMax;
  if (path.starts_with("tile/entries/")) return kEntryBundleMax;
  if (path.starts_with("tile/")) return 64u << 10;  // a problem, too, instead of 8,192 bytes
  return kJsonMax;
}

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
  return repeat(path, [&] { return client_->get("/" + path, headers, largest_answer(path)); });
}

Result<std::string> RemoteLog::ask(const std::string& path, const std::string& json) const {
  return repeat(path,
                [&] { return client_->post("/" + path, "application/json", bytes_of(json)); });
}

Result<std::string> RemoteLog::repeat(
    const std::string& path, const std::function<Result<client::HttpResponse>()>& request) const {
  std::uint64_t pause_ms = kFirstPauseMs;
  for (int left = kTries;; --left) {
    auto response = request();
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
