// Compare, append, keep.
#include "tools/varved/recorded_grants.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "ledger/env/posix.h"
#include "tools/common/files.h"

namespace varve::tools {
namespace {

std::string path_in(const std::string& directory) {
  return (std::filesystem::path(directory) / "grants").string();
}

}  // namespace

api::Granting granting_on(const Config& config, const api::Tokens& tokens, const std::string& log) {
  api::Granting out;
  out.holders = tokens.holders();
  for (const IssuerConfig& issuer : config.issuers) out.issuers.push_back(issuer.options);
  for (const api::ListenerOptions& listener : config.listeners)
    if (listener.log == log && !listener.client.empty()) out.listeners.push_back(listener.client);
  const auto named = std::ranges::find(config.logs, log, &LogConfig::name);
  CHECK(named != config.logs.end());
  out.open_reads = named->open_reads;
  return out;
}

std::vector<format::Grant> configured_grants(const Config& config, const api::Tokens& tokens,
                                             const std::string& log) {
  return api::grants_on(log, granting_on(config, tokens, log));
}

std::optional<GrantsRecord> record_grants(Log& log, const std::string& origin,
                                          std::vector<format::Grant> wanted) {
  const std::shared_ptr<const rules::GrantsAt> last = log.view().grants;
  if (!last && wanted.empty()) return std::nullopt;
  const format::Grants next =
      rules::next_grants(last.get(), origin, std::move(wanted), env::posix_clock().now_us());
  if (last && rules::grant_the_same(last->grants, next)) return std::nullopt;
  const auto promise = std::make_shared<std::promise<Result<Appended>>>();
  log.append_control(format::Kind::kGrants, format::grants_text(next),
                     [promise](Result<Appended> done) { promise->set_value(std::move(done)); });
  return promise->get_future();
}

void GrantsToRecord::add(std::vector<format::Grant> grants) {
  if (waiting_.empty() || waiting_.back() != grants) waiting_.push_back(std::move(grants));
}

void GrantsToRecord::start() {
  while (!under_way_ && !waiting_.empty()) {
    under_way_ = record_grants(log_, origin_, waiting_.front());
    if (!under_way_) waiting_.pop_front();  // the log says so already
  }
}

Result<bool> GrantsToRecord::settle(std::chrono::steady_clock::time_point deadline) {
  bool recorded = false;
  for (start(); under_way_; start()) {
    if (under_way_->wait_until(deadline) != std::future_status::ready)
      return busy("the log has not answered yet");
    const auto done = std::exchange(under_way_, std::nullopt)->get();
    const bool never = !done && done.error().code == Code::kInvalid;
    if (done || (never && waiting_.size() > 1))
      waiting_.pop_front();  // later ones wait for none such
    if (!done) return done.error();
    recorded = true;
  }
  return recorded;
}

Result<void> keep_grants(const Log& log, const std::string& directory) {
  const std::shared_ptr<const rules::GrantsAt> newest = log.view().grants;
  if (!newest) return {};
  return replace_file(path_in(directory), bytes_of(format::grants_text(newest->grants)));
}

Result<std::optional<format::Grants>> kept_grants(const std::string& directory) {
  const std::string path = path_in(directory);
  const auto text = read_file(path, format::kGrantsBytesMax);
  if (!text && text.error().code == Code::kNotFound) return std::optional<format::Grants>{};
  if (!text) return text.error();
  auto grants = format::parse_grants(text_of(*text));
  if (!grants) return invalid(path + ": " + grants.error().message);
  return std::optional{std::move(*grants)};
}

}  // namespace varve::tools
