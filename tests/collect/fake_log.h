// A log over HTTP for the tests of the sender: the wire of varved, kept in memory, that can be
// made to lose replies, to refuse, and to lie.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "ledger/format/batch.h"
#include "ledger/format/receipt.h"
#include "tests/format/test_keys.h"
#include "tests/merkle/memory_tree.h"
#include "workbench.h"

namespace httplib {
class Server;
struct Request;
struct Response;
}  // namespace httplib

namespace varve::collect {

/// What happens to the next POST of a batch.
struct Trick {
  enum class Kind {
    kRefuse,         // answers `status`, takes nothing
    kLoseReply,      // takes the batch, then breaks the connection
    kChangeReceipt,  // takes the batch, answers what `change` makes of the receipt
    kForget,         // takes the batch, and a moment later does not have it
  };
  Kind kind = Kind::kRefuse;
  int status = 503;
  std::string body;         // of a refusal: {"detail"...} is the log's, anything else a proxy's
  std::string retry_after;  // seconds; empty: no such header
  std::function<void(format::Receipt&)> change;
};

/// Thread: any.
class FakeLog {
 public:
  FakeLog();
  ~FakeLog();

  [[nodiscard]] std::string url() const;
  [[nodiscard]] const format::VerifierKey& first_key() const { return keys_.front().verifier(); }
  void next(Trick trick);
  /// How many of them no POST has met yet.
  [[nodiscard]] std::size_t tricks_left() const;
  /// A new key joins; checkpoints carry its signature, and with `alone` no other, from here on.
  void rotate(bool alone);
  void register_source(const format::VerifierKey& key);
  /// Forgets its newest batches, as a log does that was restored from an old copy.
  void set_back_to(std::uint64_t batches);
  /// Records of others come between two batches.
  void grow(std::uint64_t records);
  /// From here on it signs another history: leaf `index` of its tree is another one.
  void fork_at(std::uint64_t index);
  /// Answers requests for a proof of consistency with this status, from now on; 0: as it should.
  void answer_consistency_with(int status, const std::string& body);
  /// From now on it takes no other token than this.
  void demand(const std::string& token);
  [[nodiscard]] std::uint64_t consistency_requests() const;

  [[nodiscard]] std::vector<std::string> payloads() const { return chain().payloads(); }
  [[nodiscard]] std::vector<std::string> heartbeats() const { return chain().heartbeats(); }
  [[nodiscard]] std::uint64_t posts() const;
  [[nodiscard]] std::string source_key() const;

 private:
  [[nodiscard]] ChainLog chain() const;

  struct Taken {
    Buffer bytes;
    std::string receipt;
  };
  void add_key_event(format::KeyAction action, const format::TestKey& key,
                     std::initializer_list<const format::TestKey*> signers);
  void append(Bytes record);
  std::string checkpoint_note() const;
  format::Receipt receipt_for(LeafIndex first, std::uint64_t count) const;
  void post_batch(const httplib::Request& in, httplib::Response& out);
  void take(const httplib::Request& in, httplib::Response& out, const Trick* trick);
  void post_source(const httplib::Request& in, httplib::Response& out);
  void get_source(const httplib::Request& in, httplib::Response& out) const;
  std::string keys_reply() const;
  void get_consistency(const httplib::Request& in, httplib::Response& out);

  mutable std::mutex mutex_;
  std::vector<format::TestKey> keys_;
  std::vector<const format::TestKey*> signing_;
  merkle::MemoryTree tree_{0};
  std::vector<std::pair<LeafIndex, Buffer>> key_events_;
  std::map<std::uint64_t, Taken> batches_;
  std::string source_key_;
  std::deque<Trick> tricks_;
  std::uint64_t posts_ = 0;
  std::uint64_t consistency_requests_ = 0;
  int consistency_status_ = 0;
  std::string consistency_body_;
  std::string token_;
  std::unique_ptr<httplib::Server> server_;
  int port_ = 0;
  std::thread thread_;
};

}  // namespace varve::collect
