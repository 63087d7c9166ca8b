// A site with a listener for syslog or RELP, on a port of its own.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "api/listeners.h"
#include "ledger/format/record.h"
#include "tests/api/raw_client.h"
#include "tests/api/site.h"

namespace varve::api {

/// A message in the log.
struct Stored {
  std::string media_type;
  std::string payload;

  bool operator==(const Stored&) const = default;
};

class ListeningSite : public ::testing::Test {
 protected:
  static constexpr std::chrono::minutes kPatience{2};

  explicit ListeningSite(const GateLimits& limits = {}, Level least = Level::kError)
      : site(limits, least) {}
  ~ListeningSite() override {
    if (listeners) listeners->stop();
    site.stop();
  }

  void start(ListenerOptions options, const Timeouts& timeouts = {}) {
    options.address = "127.0.0.1";
    options.log = "open";
    if (options.tls.client_ca.empty()) options.client = "ward-7";
    served = {{options}, 2, 4096, timeouts};
    auto bound = Listeners::bind(served);
    ASSERT_TRUE(bound) << bound.error().message;
    listeners = std::move(*bound);
    const auto serves = listeners->serve(*site.access, env::posix_clock());
    ASSERT_TRUE(serves) << serves.error().message;
  }
  /// As `served` says now.
  Result<void> reload() {
    ASSIGN_OR_RETURN(const auto change, listeners->prepare_reload(served));
    change();
    return {};
  }
  void start(ListenerKind kind) {
    ListenerOptions options;
    options.kind = kind;
    start(std::move(options));
  }
  [[nodiscard]] std::uint16_t port() const { return listeners->ports().front(); }

  /// All events in the log, in their order.
  [[nodiscard]] std::vector<Stored> stored() const {
    std::vector<Stored> out;
    const std::uint64_t size = site.world.log->latest()->checkpoint.size.value;
    for (std::uint64_t next = 0; next < size;) {
      const auto records = site.world.log->records(LeafIndex{next}, size - next);
      CHECK(records.has_value());
      next += records->size();
      for (const Buffer& bytes : *records) {
        const auto record = format::decode_record(bytes);
        if (record->kind == format::Kind::kEvent)
          out.push_back({std::string{record->media_type}, std::string{text_of(record->payload)}});
      }
    }
    return out;
  }
  [[nodiscard]] std::vector<std::string> payloads() const {
    std::vector<std::string> out;
    for (Stored& one : stored()) out.push_back(std::move(one.payload));
    return out;
  }

  /// The value of a counter whose line in the metrics begins so.
  [[nodiscard]] std::uint64_t metric(const std::string& begin) const {
    const std::string text = "\n" + site.access->metrics().text();
    const std::size_t at = text.find("\n" + begin);
    if (at == std::string::npos) return 0;
    return std::stoull(text.substr(text.find(' ', at + begin.size()) + 1));
  }
  [[nodiscard]] std::uint64_t messages(const std::string& listener,
                                       const std::string& outcome) const {
    return metric("varve_messages_total{listener=\"" + listener + "\",log=\"open\",outcome=\"" +
                  outcome + "\"}");
  }

  /// Looks until it is so. Nothing is learnt from how long that took.
  template <class Condition>
  [[nodiscard]] bool becomes(const Condition& so) const {
    for (const auto end = std::chrono::steady_clock::now() + kPatience; !so();) {
      if (std::chrono::steady_clock::now() > end) return false;
      std::this_thread::yield();
    }
    return true;
  }

  Site site;
  ListenersOptions served;
  std::unique_ptr<Listeners> listeners;
};

/// A log that keeps batches of events to itself until it is told to take them.
class HeldLog {
 public:
  explicit HeldLog(Site& site) : inner_(site.world.log.get()) {
    site.log->take_events = [this](EventRequest request, AppendDone done) {
      if (!keep(request, done)) inner_->append(std::move(request), std::move(done));
    };
  }

  /// How many batches it keeps.
  [[nodiscard]] std::size_t keeps() const { return keeps_; }
  [[nodiscard]] bool released() const { return released_; }
  void release() {
    const MutexLock lock(mutex_);
    released_ = true;
    for (auto& [request, done] : kept_) inner_->append(std::move(request), std::move(done));
    kept_.clear();
  }

 private:
  bool keep(EventRequest& request, AppendDone& done) {
    const MutexLock lock(mutex_);
    if (released_) return false;
    kept_.emplace_back(std::move(request), std::move(done));
    ++keeps_;
    return true;
  }

  Log* const inner_;
  Mutex mutex_;
  std::vector<std::pair<EventRequest, AppendDone>> kept_ GUARDED_BY(mutex_);
  std::atomic<std::size_t> keeps_{0};
  std::atomic<bool> released_{false};
};

}  // namespace varve::api
