// What the log's tests need of the world: a real file system in a temporary folder, real LMDB, and
// a signer and key vault in memory that a test can make fail.
#pragma once

#include <gtest/gtest.h>
#include <sodium.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <future>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "ledger/base/text.h"
#include "ledger/env/posix.h"
#include "ledger/ledger.h"
#include "ledger/merkle/tree.h"
#include "ledger/upkeep/audit.h"
#include "tests/log/files.h"

namespace varve::testing {

/// An Ed25519 key pair of libsodium, under a name.
class SoftKey {
 public:
  explicit SoftKey(const std::string& name) {
    ::crypto_sign_keypair(u8(MutableBytes{public_}), u8(MutableBytes{secret_}));
    auto made = format::make_verifier_key(name, format::Algorithm::kEd25519, public_);
    CHECK(made.has_value());
    key = *made;
  }
  [[nodiscard]] Buffer sign(Bytes message) const {
    Buffer signature(crypto_sign_BYTES);
    ::crypto_sign_detached(u8(MutableBytes{signature}), nullptr, u8(message), message.size(),
                           u8(Bytes{secret_}));
    return signature;
  }
  [[nodiscard]] format::NoteSignature note_signature(const std::string& text) const {
    return {key.name, key.id, sign(bytes_of(text))};
  }
  format::VerifierKey key;

 private:
  Buffer public_ = Buffer(crypto_sign_PUBLICKEYBYTES);
  Buffer secret_ = Buffer(crypto_sign_SECRETKEYBYTES);
};

class SoftSigner final : public env::Signer {
 public:
  void add(const SoftKey& key) { keys_.emplace(key.key.key, key); }
  void lose(const SoftKey& key) { keys_.erase(key.key.key); }
  Result<Buffer> sign(Bytes public_key, Bytes message) override {
    ++asked;
    const std::lock_guard wait(pause);
    if (down) return busy("the token is gone");
    const auto found = keys_.find(to_buffer(public_key));
    if (found == keys_.end()) return not_found("no such key");
    Buffer signature = found->second.sign(message);
    if (lies) signature[5] ^= std::byte{1};
    return signature;
  }
  std::atomic<bool> down = false;
  std::atomic<bool> lies = false;
  std::atomic<int> asked = 0;
  std::mutex pause;  // held by a test: the token takes its time

 private:
  std::map<Buffer, SoftKey> keys_;
};

/// Wraps by adding eight bytes of the label's hash: enough to notice a wrong label.
class SoftVault final : public env::KeyVault {
 public:
  Result<Buffer> wrap(std::string_view label, Bytes data_key) override {
    if (down) return busy("the token is gone");
    Buffer out = to_buffer(merkle::sha256(bytes_of(label)).view().first(8));
    append(out, data_key);
    return out;
  }
  Result<env::SecretBytes> unwrap(std::string_view label, Bytes wrapped) override {
    if (down) return busy("the token is gone");
    if (destroyed.contains(std::string(label))) return not_found("no such key");
    const Hash tag = merkle::sha256(bytes_of(label));
    if (!std::ranges::equal(wrapped.first(8), tag.view().first(8))) return not_found("no such key");
    return env::SecretBytes::copy_of(wrapped.subspan(8));
  }
  std::atomic<bool> down = false;
  std::set<std::string> destroyed;  // labels; set while no log is open
};

/// A machine's clocks, set to whichever month a test needs. Set forward, that time passes: the
/// machine runs through it, so the steady clock moves as far, and months end. (Without running, a
/// log's reading catches up by seven days a year.) Set back, only the host's clock is wrong: nothing
/// sets a steady clock back.
class SetClock final : public env::Clock {
 public:
  /// Microseconds since 1970.
  class Now {
   public:
    Now& operator=(std::uint64_t next_us) {
      const std::uint64_t before = us_;
      // First the steady clock: who looks between the two sees no jump of the host's clock.
      if (before != 0 && next_us > before) passed_us_ += next_us - before;
      us_ = next_us;
      return *this;
    }
    operator std::uint64_t() const { return us_; }  // NOLINT: reads as the number that it is
    [[nodiscard]] std::uint64_t passed_us() const { return passed_us_; }

   private:
    std::atomic<std::uint64_t> us_ = 0;
    std::atomic<std::uint64_t> passed_us_ = 0;
  };
  [[nodiscard]] std::uint64_t now_us() const override { return now; }
  [[nodiscard]] std::uint64_t steady_ms() const override {
    return env::posix_clock().steady_ms() + now.passed_us() / 1'000;
  }
  Now now;
};

/// A collector in memory: seals batches the way varve-collect does.
class Source {
 public:
  Source(std::string name, std::string origin) : key(std::move(name)), origin_(std::move(origin)) {
    id = *format::source_id(key.key.name);
  }

  [[nodiscard]] std::string register_note() const {
    const format::SourceEvent event{format::SourceAction::kRegister, origin_, key.key};
    const std::string text = format::source_event_text(event);
    return format::format_note({text, {key.note_signature(text)}});
  }

  /// The next batch of the chain, as bytes on the wire.
  Buffer seal(const std::vector<std::string>& payloads, format::Kind kind = format::Kind::kEvent) {
    const bool is_event = kind == format::Kind::kEvent;
    const std::string_view type = is_event ? "application/json" : format::media_type_of(kind);
    Buffer bundle;
    std::vector<Hash> leaves;
    format::Seal seal;
    seal.source = id;
    seal.sequence = next_batch++;
    seal.time_us = 1'700'000'000'000'000;
    seal.first_sequence = next_event;
    seal.count = static_cast<std::uint32_t>(payloads.size());
    seal.previous = last_seal;
    for (const std::string& payload : payloads) {
      format::Record record{kind, id, next_event++, seal.time_us, {}, type, bytes_of(payload)};
      env::system_random().fill(record.salt);
      const Buffer bytes = *format::encode_record(record);
      leaves.push_back(merkle::leaf_hash(bytes));
      format::append_to_bundle(bundle, bytes);
    }
    seal.root = merkle::root_of(leaves);
    env::system_random().fill(seal.salt);
    const Buffer signature = key.sign(*format::seal_message(seal, origin_));
    std::ranges::copy(signature, seal.signature.begin());
    const Buffer record = *format::encode_seal(seal);
    last_seal = merkle::leaf_hash(record);
    format::append_to_bundle(bundle, record);
    return bundle;
  }

  SoftKey key;
  SourceId id;
  std::uint64_t next_batch = 0;
  std::uint64_t next_event = 0;
  Hash last_seal;

 private:
  std::string origin_;
};

class World {
 public:
  explicit World(std::string origin = "audit.example.org/test") : first_key(origin) {
    CHECK(env::initialize().has_value());
    // In memory where possible: thousands of stores are opened, each with a dozen fsyncs.
    const bool memory = std::filesystem::is_directory("/dev/shm");
    std::string pattern =
        (memory ? std::string("/dev/shm/") : ::testing::TempDir()) + "varve-XXXXXX";
    CHECK(::mkdtemp(pattern.data()) != nullptr);
    directory = pattern;
    files = std::move(*env::open_posix(directory));
    signer.add(first_key);
    options.origin = std::move(origin);
    options.first_key = first_key.key;
    options.kek_prefix = "varve/test";
    options.reserve_bytes = 0;
  }
  ~World() {
    log.reset();
    make_changeable(directory);  // sealed segments are immutable, also for root
    std::filesystem::remove_all(directory);
  }
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  [[nodiscard]] Environment environment() {
    env::KeyVault& keys = other_vault != nullptr ? *other_vault : vault;
    return {*clock, env::system_random(), *files, signer, keys, marks, notice, holders, turns};
  }
  Result<void> open() {
    auto opened = Log::open(options, environment());
    if (!opened) return std::move(opened).error();
    log = std::move(*opened);
    return {};
  }
  Result<void> reopen() {
    log.reset();
    return open();
  }

  Result<Appended> append(Buffer batch) {
    auto decoded = format::decode_batch(std::move(batch));
    if (!decoded) return std::move(decoded).error();
    return wait([&](AppendDone done) { log->append(std::move(*decoded), std::move(done)); });
  }
  Result<Appended> append_events(const std::vector<std::string>& payloads,
                                 std::optional<std::string> key = std::nullopt) {
    EventRequest request;
    request.sender = {format::SenderKind::kClient, sender};
    for (const std::string& p : payloads) varve::append(request.body, bytes_of(p));
    std::size_t at = 0;
    for (const std::string& p : payloads) {
      request.events.push_back({"application/json", Bytes{request.body}.subspan(at, p.size()), 7});
      at += p.size();
    }
    request.content = merkle::sha256(request.body);
    if (key) request.key = merkle::sha256(bytes_of(*key));
    return wait([&](AppendDone done) { log->append(std::move(request), std::move(done)); });
  }
  Result<Appended> append_control(format::Kind kind, std::string note) {
    return wait(
        [&](AppendDone done) { log->append_control(kind, std::move(note), std::move(done)); });
  }
  Result<Appended> append_reports(std::vector<Report> reports) {
    return wait([&](AppendDone done) { log->append_reports(std::move(reports), std::move(done)); });
  }
  /// Of the newest checkpoint. Requires an open log. What a log writes by itself (its creation,
  /// and a clock record at the begin of each segment) is in it: tests count from here.
  [[nodiscard]] TreeSize size() const { return log->latest()->checkpoint.size; }
  /// The event by which `next` joins the log's first key, signed by both.
  [[nodiscard]] std::string rotation_to(const SoftKey& next) const {
    const std::string text =
        format::key_event_text({format::KeyAction::kRotate, options.origin, next.key});
    return format::format_note({text, {first_key.note_signature(text), next.note_signature(text)}});
  }
  Source registered(const std::string& name) {
    Source source(name, options.origin);
    const auto done = append_control(format::Kind::kSourceEvent, source.register_note());
    CHECK(done.has_value());
    return source;
  }

  std::string sender = "tester";  // of append_events()
  std::string directory;
  std::unique_ptr<env::Filesystem> files;
  SoftKey first_key;
  SoftSigner signer;
  SoftVault vault;
  env::KeyVault* other_vault = nullptr;  // in its place
  env::HighWaterMark* marks = nullptr;
  env::Clock* clock = &env::posix_clock();
  Notice notice;
  std::vector<env::KeyHolder> holders = {};
  std::shared_ptr<env::TokenTurns> turns = std::make_shared<env::TokenTurns>();
  LogOptions options;
  std::unique_ptr<Log> log;

 private:
  template <class Send>
  static Result<Appended> wait(Send send) {
    std::promise<Result<Appended>> promise;
    auto future = promise.get_future();
    send([&promise](Result<Appended> done) { promise.set_value(std::move(done)); });
    return future.get();
  }
};

inline std::vector<std::string> events(std::size_t count, const std::string& tag = "e") {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < count; ++i)
    out.push_back("{\"event\":\"" + tag + "\",\"n\":" + std::to_string(i) + "}");
  return out;
}

/// The audit of a store that no server has open.
inline Result<upkeep::AuditReport> audit_store(const LogOptions& options,
                                               const Environment& environment) {
  ASSIGN_OR_RETURN(const auto lock, environment.files.lock("lock"));
  return upkeep::audit_files(options, environment, [](std::uint64_t, std::uint64_t) {});
}

}  // namespace varve::testing
