// A service over a real log with keys in memory, without sockets: a request in, a response out.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "api/access/root_signer.h"
#include "api/service.h"
#include "tests/api/answered.h"
#include "tests/log/world.h"

namespace varve::api {

/// A log that a test can make refuse appends; everything else is the real log's.
class RefusingLog final : public Log {
 public:
  explicit RefusingLog(Log& inner) : inner_(inner) {}
  std::optional<Error> refusal;
  std::atomic<int> roots_asked = 0;
  std::optional<Error> no_receipt;
  std::optional<LogStatus> pretended;
  std::function<void()> before_search;                                // of a leaf by its hash
  std::function<void(EventRequest, AppendDone)> take_events;          // in place of the real log
  std::function<void(std::vector<Report>, AppendDone)> take_reports;  // the same

  void append(format::SealedBatch batch, AppendDone done) override {
    if (refusal) return done(*refusal);
    inner_.append(std::move(batch), std::move(done));
  }
  void append(EventRequest request, AppendDone done) override {
    if (refusal) return done(*refusal);
    if (take_events) return take_events(std::move(request), std::move(done));
    inner_.append(std::move(request), std::move(done));
  }
  void append_control(format::Kind kind, std::string note, AppendDone done) override {
    if (refusal) return done(*refusal);
    inner_.append_control(kind, std::move(note), std::move(done));
  }
  void append_timestamps(std::vector<std::string> texts, AppendDone done) override {
    if (refusal) return done(*refusal);
    inner_.append_timestamps(std::move(texts), std::move(done));
  }
  void append_hold(std::string note, std::string text, AppendDone done) override {
    if (refusal) return done(*refusal);
    inner_.append_hold(std::move(note), std::move(text), std::move(done));
  }
  void append_reports(std::vector<Report> reports, AppendDone done) override {
    if (refusal) return done(*refusal);
    if (take_reports) return take_reports(std::move(reports), std::move(done));
    inner_.append_reports(std::move(reports), std::move(done));
  }
  Result<std::shared_ptr<const format::SignedCheckpoint>> for_witnesses() override {
    return inner_.for_witnesses();
  }
  Result<format::SignedRoot> sign_root() override {
    ++roots_asked;
    return inner_.sign_root();
  }
  [[nodiscard]] Result<void> check_writer() const override { return inner_.check_writer(); }
  Result<void> try_key(const format::VerifierKey& key) override { return inner_.try_key(key); }
  void stop() override { inner_.stop(); }
  [[nodiscard]] LedgerView view() const override { return inner_.view(); }
  [[nodiscard]] Result<std::shared_ptr<const format::SignedCheckpoint>> checkpoint_at(
      TreeSize n) const override {
    return inner_.checkpoint_at(n);
  }
  [[nodiscard]] Result<Buffer> tile(const merkle::TileId& id, env::Wait wait) const override {
    return inner_.tile(id, wait);
  }
  [[nodiscard]] Result<ProvenUnder> inclusion(LeafIndex i, env::Wait wait) const override {
    return inner_.inclusion(i, wait);
  }
  [[nodiscard]] Result<std::vector<Buffer>> records(LeafIndex first,
                                                    std::uint64_t count) const override {
    return inner_.records(first, count);
  }
  [[nodiscard]] Result<LeafIndex> find_leaf(const Hash& leaf) const override {
    if (before_search) before_search();
    return inner_.find_leaf(leaf);
  }
  [[nodiscard]] Result<format::Receipt> receipt(const Appended& appended) const override {
    if (no_receipt) return *no_receipt;
    return inner_.receipt(appended);
  }
  [[nodiscard]] Result<SourceState> source(SourceId id) const override { return inner_.source(id); }
  [[nodiscard]] std::vector<SourceState> sources(SourceId after, std::size_t most) const override {
    return inner_.sources(after, most);
  }
  [[nodiscard]] LogStatus status() const override {
    return pretended ? *pretended : inner_.status();
  }
  [[nodiscard]] Result<Hash> node(merkle::NodeId id) const override { return inner_.node(id); }

 private:
  Log& inner_;
};

/// A steady clock that a test moves.
class SteppedClock final : public env::Clock {
 public:
  [[nodiscard]] std::uint64_t now_us() const override { return env::posix_clock().now_us(); }
  [[nodiscard]] std::uint64_t steady_ms() const override { return steady; }
  std::atomic<std::uint64_t> steady = 10'000;
};

/// The logs "open" and "closed" (no public reads), which are one and the same log underneath, and
/// one token for each role: its text is the role's name.
class Site {
 public:
  explicit Site(const GateLimits& limits = {}, Level least = Level::kError,
                ReadAnswered reads = ReadAnswered::kBeforeItIsOnRecord,
                const WitnessedCheckpoints* witnessed = nullptr,
                const StampedCheckpoints* stamped = nullptr)
      : journal(least) {
    CHECK(world.open().has_value());
    log = std::make_unique<RefusingLog>(*world.log);
    roots = std::make_unique<RootSigner>("open", *log, clock, journal);
    AccessOptions options;
    options.logs = {{"open", world.options.origin, true, log.get(), nullptr, false, witnessed,
                     stamped, roots.get()},
                    {"closed", world.options.origin, false, log.get(), nullptr, false, nullptr,
                     nullptr, roots.get()}};
    options.limits = limits;
    options.reads = reads;
    access = std::make_unique<Access>(std::move(options), *Tokens::parse(tokens_text()), journal);
    service = std::make_unique<Service>(*access, clock);
  }

  ~Site() { stop(); }
  Site(const Site&) = delete;
  Site& operator=(const Site&) = delete;

  // A log lets go of an append's callback only some time after it has called it.
  void stop() {
    roots->stop();
    world.log->stop();
    access->stop();
  }

  static std::string tokens_text() {
    std::string text;
    for (const char* role : {"append", "read", "proofs", "operate", "hold", "approve"})
      text += *token_line(role, role, role, "*") + "\n";
    text += *token_line("both", "both", "append,read", "open") + "\n";
    return text + *token_line("elsewhere", "elsewhere", "append,read,operate", "other") + "\n";
  }

  Response call(Request request) { return answer_of(*service, std::move(request)); }

  Response get(const std::string& target, const std::string& token = "", Headers headers = {}) {
    return call({Method::kGet, target, with_token(std::move(headers), token), {}});
  }
  Response post(const std::string& target, const std::string& type, Buffer body,
                const std::string& token, Headers headers = {}) {
    headers.emplace_back("content-type", type);
    return call({Method::kPost, target, with_token(std::move(headers), token), std::move(body)});
  }
  Response post(const std::string& target, const std::string& type, std::string_view body,
                const std::string& token, Headers headers = {}) {
    return post(target, type, to_buffer(bytes_of(body)), token, std::move(headers));
  }

  /// An event of this role's client, which joins the log by it: what it sends next is all there is to count.
  void join(const std::string& role) {
    CHECK(post("/logs/open/events", "application/x-ndjson", "{}\n", role).status == 201);
  }

  testing::World world;
  std::unique_ptr<RefusingLog> log;
  SteppedClock clock;
  Journal journal;
  std::unique_ptr<RootSigner> roots;
  std::unique_ptr<Access> access;
  std::unique_ptr<Service> service;

 private:
  static Headers with_token(Headers headers, const std::string& token) {
    if (!token.empty()) headers.emplace_back("authorization", "Bearer " + token);
    return headers;
  }
};

inline std::string header_of(const Response& response, std::string_view name) {
  for (const auto& [key, value] : response.headers)
    if (key == name) return value;
  return {};
}

inline std::string body_of(const Response& response) {
  return std::string{text_of(response.body)};
}

}  // namespace varve::api
