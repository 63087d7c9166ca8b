// Two threads seal; the log's own threads do the rest.
#include "tools/bench/loader.h"

#include <algorithm>
#include <semaphore>
#include <thread>

#include "hsm/pin.h"
#include "ledger/base/mutex.h"
#include "ledger/env/posix.h"
#include "tools/bench/events.h"
#include "tools/collect/source_key.h"

namespace varve::bench {
namespace {

constexpr unsigned kSealingThreads = 2;
constexpr std::uint32_t kBatchEvents = 4095;  // and a seal
constexpr std::size_t kEventsOfThePool = 4096;
constexpr std::uint64_t kBytesUnderWay = 48u << 20;  // less than the log's queue takes

/// How many appends may be under way, and the first one that failed.
class UnderWay {
 public:
  explicit UnderWay(std::ptrdiff_t most) : most_(most), room_(most) {}

  void enter() { room_.acquire(); }
  AppendDone leave() {
    return [this](const Result<Appended>& done) {
      if (!done) {
        const MutexLock lock(mutex_);
        if (!failed_) failed_ = done.error();
      }
      room_.release();
    };
  }
  [[nodiscard]] Result<void> so_far() {
    const MutexLock lock(mutex_);
    if (failed_) return *failed_;
    return {};
  }
  Result<void> wait_for_all() {
    for (std::ptrdiff_t i = 0; i < most_; ++i) room_.acquire();
    return so_far();
  }

 private:
  std::ptrdiff_t most_;
  std::counting_semaphore<> room_;
  Mutex mutex_;
  std::optional<Error> failed_ GUARDED_BY(mutex_);
};

/// The batches of one source, each signed by it.
class Batches {
 public:
  Batches(const collect::SourceKey& key, const std::vector<std::string>& pool)
      : key_(key), pool_(pool), chance_(key.source().value) {}

  Result<format::SealedBatch> next(std::uint32_t events) {
    format::SealedBatch batch;
    batch.seal.source = key_.source();
    batch.seal.sequence = sequence_++;
    batch.seal.time_us = env::posix_clock().now_us();
    batch.seal.first_sequence = next_event_;
    batch.seal.count = events;
    batch.seal.previous = last_seal_;
    RETURN_IF_ERROR(add_events(batch));
    ASSIGN_OR_RETURN(auto records, format::split_bundle(batch.bytes, events));
    batch.leaves = merkle::leaf_hashes(records);
    batch.seal.root = merkle::root_of(batch.leaves);
    ASSIGN_OR_RETURN(const Buffer message, format::seal_message(batch.seal, kOrigin));
    batch.seal.signature = key_.sign(message);
    ASSIGN_OR_RETURN(const Buffer seal, format::encode_seal(batch.seal));
    format::append_to_bundle(batch.bytes, seal);
    ASSIGN_OR_RETURN(batch.records, format::split_bundle(batch.bytes, events + 1));
    last_seal_ = merkle::leaf_hash(seal);
    batch.leaves.push_back(last_seal_);
    return batch;
  }

 private:
  Result<void> add_events(format::SealedBatch& batch) {
    std::vector<format::Salt> salts(batch.seal.count);
    env::system_random().fill(std::as_writable_bytes(std::span(salts)));
    format::Record record;
    record.source = key_.source();
    record.time_us = batch.seal.time_us;
    record.media_type = "application/json";
    for (const format::Salt& salt : salts) {
      record.sequence = next_event_++;
      record.salt = salt;
      record.payload = bytes_of(pool_[chance_.below(pool_.size())]);
      scratch_.clear();
      RETURN_IF_ERROR(format::encode_record_into(scratch_, record));
      format::append_to_bundle(batch.bytes, scratch_);
    }
    return {};
  }

  const collect::SourceKey& key_;
  const std::vector<std::string>& pool_;
  Chance chance_;
  Buffer scratch_;
  std::uint64_t sequence_ = 0;
  std::uint64_t next_event_ = 0;
  Hash last_seal_;
};

/// Appends batches until `leaves` records are there or one was refused.
Result<void> append_all(Log& log, Batches batches, std::uint64_t leaves, UnderWay& under_way) {
  while (leaves != 0) {
    const auto records =
        static_cast<std::uint32_t>(std::min<std::uint64_t>(leaves, kBatchEvents + 1));
    ASSIGN_OR_RETURN(auto batch, batches.next(std::max(records, 2u) - 1));
    leaves -= records;
    under_way.enter();
    log.append(std::move(batch), under_way.leave());
    RETURN_IF_ERROR(under_way.so_far());
  }
  return {};
}

/// A new source for each sealing thread.
Result<std::vector<collect::SourceKey>> register_sources(const Site& site, Log& log) {
  ASSIGN_OR_RETURN(const auto files, env::open_posix(site.path("")));
  UnderWay under_way(kSealingThreads);
  std::vector<collect::SourceKey> keys;
  for (unsigned i = 0; i < kSealingThreads; ++i) {
    std::string name = "loader-";
    name.append(std::to_string(i)).append("-").append(std::to_string(env::posix_clock().now_us()));
    ASSIGN_OR_RETURN(auto key,
                     collect::SourceKey::create(*files, name, name, env::system_random()));
    under_way.enter();
    log.append_control(format::Kind::kSourceEvent, collect::register_note(key, kOrigin),
                       under_way.leave());
    keys.push_back(std::move(key));
  }
  RETURN_IF_ERROR(under_way.wait_for_all());
  return keys;
}

Result<void> fill(Log& log, const std::vector<collect::SourceKey>& keys, std::uint64_t leaves,
                  std::size_t event_bytes) {
  const std::vector<std::string> pool = event_pool(event_bytes, kEventsOfThePool);
  const std::uint64_t batch_bytes = kBatchEvents * (event_bytes + 70);
  UnderWay under_way(
      static_cast<std::ptrdiff_t>(std::max<std::uint64_t>(2, kBytesUnderWay / batch_bytes)));
  std::vector<Result<void>> ended(keys.size(), Result<void>{});
  std::vector<std::jthread> threads;
  for (std::size_t t = 0; t < keys.size(); ++t)
    threads.emplace_back([&, t] {
      const std::uint64_t part = leaves / keys.size() + (t < leaves % keys.size() ? 1 : 0);
      ended[t] = append_all(log, Batches(keys[t], pool), part, under_way);
    });
  threads.clear();  // joins
  auto all = under_way.wait_for_all();
  for (Result<void>& one : ended) RETURN_IF_ERROR(std::move(one));
  return all;
}

}  // namespace

Result<std::unique_ptr<hsm::Token>> open_token(const Site& site) {
  hsm::TokenOptions options;
  options.module = kSoftHsm;
  options.uri = kTokenUri;
  ASSIGN_OR_RETURN(options.pin, hsm::read_pin("file:" + site.path("pin")));
  return hsm::Token::open(std::move(options));
}

Result<LogOptions> options_of(hsm::Token& token, unsigned log) {
  LogOptions options;
  options.origin = log_origin(log);
  options.kek_prefix = "varve/" + log_name(log);
  options.scrub_period_s = 0;
  ASSIGN_OR_RETURN(const hsm::PublicKey key,
                   token.find_public_key("pkcs11:object=" + log_key(log)));
  ASSIGN_OR_RETURN(options.first_key,
                   format::make_verifier_key(options.origin, key.algorithm, key.key));
  return options;
}

Result<void> load_into(const Site& site, Log& log, std::uint64_t leaves, std::size_t event_bytes) {
  ASSIGN_OR_RETURN(const auto keys, register_sources(site, log));
  return fill(log, keys, leaves, event_bytes);
}

Result<void> load_log(const Site& site, std::uint64_t leaves, std::size_t event_bytes) {
  ASSIGN_OR_RETURN(const auto token, open_token(site));
  ASSIGN_OR_RETURN(const LogOptions options, options_of(*token, 0));
  ASSIGN_OR_RETURN(const auto files, env::open_posix(site.path("data/main")));
  ASSIGN_OR_RETURN(
      const auto log,
      Log::open(options,
                {env::posix_clock(), env::system_random(), *files, *token, *token, nullptr, {}}));
  RETURN_IF_ERROR(load_into(site, *log, leaves, event_bytes));
  log->stop();
  return {};
}

}  // namespace varve::bench
