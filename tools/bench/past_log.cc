// Records of years in seconds: the clock is the benchmark's own.
#include "tools/bench/past_log.h"

#include <filesystem>
#include <future>

#include "ledger/env/posix.h"
#include "ledger/format/note.h"

namespace varve::bench {

DayClock::DayClock(std::uint64_t days)
    : begin_us_(env::posix_clock().now_us() - days * format::kDayUs) {}

std::uint64_t DayClock::now_us() const {
  return begin_us_ + days_ * format::kDayUs;
}

std::uint64_t DayClock::steady_ms() const {
  return env::posix_clock().steady_ms() + days_ * format::kDayUs / 1'000;
}

Result<PastLog> open_past(const Site& site, unsigned log, const LogOptions& options,
                          env::Clock& clock, hsm::Token& token) {
  const std::string directory = site.path("data/" + log_name(log));
  std::error_code failed;
  std::filesystem::create_directories(directory, failed);
  PastLog out;
  ASSIGN_OR_RETURN(out.files, env::open_posix(directory));
  ASSIGN_OR_RETURN(out.log,
                   Log::open(options, {clock, env::system_random(), *out.files, token, token}));
  return out;
}

Result<void> append_and_wait(const std::function<void(AppendDone)>& send) {
  std::promise<Result<Appended>> promise;
  auto outcome = promise.get_future();
  send([&promise](Result<Appended> done) { promise.set_value(std::move(done)); });
  const Result<Appended> appended = outcome.get();
  if (!appended) return appended.error();
  return {};
}

Result<void> append_events(Log& log, const std::vector<std::string>& events) {
  EventRequest request;
  request.sender = {format::SenderKind::kClient, "bench"};
  for (const std::string& event : events) append(request.body, bytes_of(event));
  Bytes rest = request.body;
  for (const std::string& event : events) {
    request.events.push_back({"application/json", rest.first(event.size())});
    rest = rest.subspan(event.size());
  }
  return append_and_wait([&](AppendDone done) { log.append(std::move(request), std::move(done)); });
}

Result<std::string> signed_by(hsm::Token& token, const std::string& text,
                              std::span<const format::VerifierKey> keys) {
  format::Note note{text, {}};
  for (const format::VerifierKey& key : keys) {
    ASSIGN_OR_RETURN(Buffer signature, token.sign(key.key, bytes_of(text)));
    note.signatures.push_back({key.name, key.id, std::move(signature)});
  }
  return format::format_note(note);
}

}  // namespace varve::bench
