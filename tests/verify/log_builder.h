// Builds whole logs in memory, good and bad, with real keys: what a server would have written and
// what an attacker who holds everything but some keys could.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "ledger/format/control.h"
#include "ledger/format/heartbeat.h"
#include "ledger/format/note.h"
#include "ledger/format/record.h"
#include "ledger/format/seal.h"
#include "ledger/format/sender.h"
#include "ledger/merkle/tree.h"
#include "ledger/verify/log_source.h"

namespace varve::verify {

/// The time at which tests audit: 2030-01-01.
inline constexpr std::uint64_t kNowUs = 1'893'456'000'000'000;

/// An Ed25519 key that a test can sign with. The same seed gives the same key.
struct SigningKey {
  format::VerifierKey verifier;
  Buffer secret;

  static SigningKey make(const std::string& name, const std::string& seed);
  [[nodiscard]] Buffer sign(Bytes message) const;
};

/// `text` as a note signed by these keys.
std::string sign_note(const std::string& text, const std::vector<SigningKey>& keys);

using Files = std::map<std::string, Buffer>;  // path in a URL -> bytes

/// A log as a list of records that a test may alter, and the keys that sign its checkpoints.
class LogBuilder {
 public:
  /// Record 0 creates the first key.
  explicit LogBuilder(std::string origin = "audit.example.org/ward");

  // What a server would append.
  void register_source(const SigningKey& key);
  void rotate_source(const SigningKey& from, const SigningKey& to);
  void batch(const SigningKey& source, std::uint32_t events);
  /// Events that say something.
  void batch_of(const SigningKey& source, const std::vector<std::string>& payloads);
  /// A heartbeat in a batch of its own.
  void heartbeat(const SigningKey& source, const format::Heartbeat& says);
  /// As older versions sealed: events of nobody.
  void server_batch(std::uint32_t events);
  void register_sender(const format::Sender& sender);
  /// So many events of each, by ascending source, under one seal of the log's.
  void sender_batch(const std::vector<std::pair<format::Sender, std::uint32_t>>& events);
  /// Two events of the server's with a record of this kind between them, which a seal covers as it
  /// covers events.
  void server_batch_around(format::Kind kind);
  /// A record of the log's own that goes, under a seal of its own.
  void own_batch(format::Kind kind, const std::string& payload);
  /// The secret of a month under a seal of the server's: it stands behind the month's first clock record.
  void secret_batch(std::uint32_t month);
  void rotate_key(const SigningKey& to);
  /// A rotation that only `by` signed, of the keys that are active.
  void admit_key(const SigningKey& to, std::vector<SigningKey> by);
  void retire_key(const SigningKey& key);
  void revoke_key(const SigningKey& key, std::uint64_t last_size);

  // Pieces of the above, for attackers.
  void control(format::Kind kind, const std::string& note);
  void event(SourceId source, std::uint64_t sequence, const std::string& payload,
             format::Kind kind = format::Kind::kEvent);
  void seal(const format::Seal& seal, const SigningKey* source);
  /// The seal that the log would write now over the last records, which `runs` say.
  [[nodiscard]] format::Seal log_seal(std::vector<format::SealedRun> runs) const;
  [[nodiscard]] std::string source_note(format::SourceAction action, const SigningKey& key,
                                        const std::vector<SigningKey>& signers) const;
  [[nodiscard]] std::string key_note(format::KeyAction action, const SigningKey& key,
                                     const std::vector<SigningKey>& signers) const;

  /// The note of the tree of the first `size` records.
  [[nodiscard]] std::string checkpoint(std::size_t size) const;
  /// All that a server serves, or an export holds: the log of now, or of its first `size` records.
  [[nodiscard]] Files files() const { return files(records.size()); }
  [[nodiscard]] Files files(std::size_t size) const;

  std::string origin;
  std::uint64_t time_us = 0;                        // the server's, of what it writes itself
  std::uint64_t events_us = 1'700'000'000'000'000;  // 2023-11
  SigningKey first;
  std::vector<SigningKey> active;  // sign checkpoints
  std::vector<SigningKey> all;
  std::vector<Buffer> records;
  std::vector<std::size_t> key_events;  // indexes of the records in keys.json

 private:
  struct Chain {
    std::uint64_t next_batch = 0;
    std::uint64_t next_event = 0;
    Hash last_seal;
  };
  void sealed_events(SourceId source, const SigningKey* key,
                     const std::vector<format::Kind>& kinds);
  void seal_since(std::size_t start, SourceId source, const SigningKey* key);
  [[nodiscard]] std::string keys_json(std::size_t size) const;

  std::map<SourceId, Chain> chains_;
  std::uint64_t next_control_ = 0;
  std::uint64_t next_salt_ = 0;
};

std::vector<Hash> leaves_of(const LogBuilder& log, std::size_t size);

/// Complete subtrees straight from the leaves.
class LeafReader final : public merkle::HashReader {
 public:
  LeafReader(const LogBuilder& log, std::size_t size) : leaves_(leaves_of(log, size)) {}
  [[nodiscard]] Result<Hash> node(merkle::NodeId id) const override;

 private:
  std::vector<Hash> leaves_;
};

class MemorySource final : public LogSource {
 public:
  explicit MemorySource(Files files_in) : files(std::move(files_in)) {}
  Files files;

 private:
  [[nodiscard]] Result<Buffer> get(const std::string& path) const override;
};

}  // namespace varve::verify
