// cpp-httplib's server around a tree in memory.
#include "fake_log.h"

#include <gtest/gtest.h>
#include <httplib.h>

#include "ledger/base/text.h"
#include "ledger/format/checkpoint.h"
#include "ledger/format/control.h"
#include "ledger/format/record.h"

namespace varve::collect {
namespace {

std::string quoted_hashes(const std::vector<Hash>& hashes) {
  std::string text = "[";
  for (const Hash& hash : hashes)
    text += (text.size() > 1 ? ",\"" : "\"") + base64(hash.view()) + "\"";
  return text + "]";
}

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) c == '\n' ? out += "\\n" : out += c;
  return out;
}

/// A refusal that begins with a detail is the log's and gets its type; any other is a proxy's.
void answer(httplib::Response& out, int status, const std::string& body) {
  out.status = status;
  if (status < 300) return out.set_content(body, "application/json");
  if (!body.starts_with(R"({"detail")")) return out.set_content(body, "text/html");
  const bool out_of_order = body.find("expected_sequence") != std::string::npos;
  const std::string type = out_of_order ? "out-of-order" : status == 409 ? "conflict" : "other";
  out.set_content(R"({"type":"/problems/)" + type + "\"," + body.substr(1),
                  "application/problem+json");
}

}  // namespace

FakeLog::FakeLog() : server_(std::make_unique<httplib::Server>()) {
  keys_.reserve(8);  // signing_ points into it
  keys_.push_back(format::TestKey::ed25519(kOrigin, 1));
  signing_ = {&keys_[0]};
  add_key_event(format::KeyAction::kCreate, keys_[0], {&keys_[0]});
  server_->Post("/logs/test/batches", [this](const auto& in, auto& out) { post_batch(in, out); });
  server_->Post("/logs/test/sources", [this](const auto& in, auto& out) { post_source(in, out); });
  server_->Get(R"(/logs/test/sources/(.+))",
               [this](const auto& in, auto& out) { get_source(in, out); });
  server_->Get("/logs/test/keys", [this](const httplib::Request&, httplib::Response& out) {
    answer(out, 200, keys_reply());
  });
  server_->Get("/logs/test/proof/consistency",
               [this](const auto& in, auto& out) { get_consistency(in, out); });
  server_->set_read_timeout(60);
  port_ = server_->bind_to_any_port("127.0.0.1");
  thread_ = std::thread([this] { server_->listen_after_bind(); });
  while (!server_->is_running()) std::this_thread::yield();
}

FakeLog::~FakeLog() {
  server_->stop();
  thread_.join();
}

std::string FakeLog::url() const {
  return "http://127.0.0.1:" + std::to_string(port_) + "/logs/test";
}

void FakeLog::next(Trick trick) {
  const std::lock_guard lock(mutex_);
  tricks_.push_back(std::move(trick));
}

std::size_t FakeLog::tricks_left() const {
  const std::lock_guard lock(mutex_);
  return tricks_.size();
}

void FakeLog::rotate(bool alone) {
  const std::lock_guard lock(mutex_);
  keys_.push_back(format::TestKey::ed25519(kOrigin, static_cast<int>(keys_.size()) + 1));
  add_key_event(format::KeyAction::kRotate, keys_.back(), {signing_.back(), &keys_.back()});
  signing_.push_back(&keys_.back());
  if (!alone) return;
  for (; signing_.size() > 1; signing_.erase(signing_.begin()))
    add_key_event(format::KeyAction::kRetire, *signing_.front(), {&keys_.back()});
}

void FakeLog::add_key_event(format::KeyAction action, const format::TestKey& key,
                            std::initializer_list<const format::TestKey*> signers) {
  const std::string text = format::key_event_text({action, kOrigin, key.verifier()});
  const std::string note = format::signed_note(text, signers);
  format::Record record;
  record.kind = format::Kind::kKeyEvent;
  record.sequence = key_events_.size();
  record.media_type = format::media_type_of(format::Kind::kKeyEvent);
  record.payload = bytes_of(note);
  const Buffer bytes = *format::encode_record(record);
  key_events_.emplace_back(end_of(tree_.frontier.size()), bytes);
  append(bytes);
}

void FakeLog::append(Bytes record) {
  tree_.leaves.push_back(merkle::leaf_hash(record));
  tree_.frontier.append(tree_.leaves.back(), &tree_);
}

std::string FakeLog::checkpoint_note() const {
  format::Note note;
  note.text = format::checkpoint_text({kOrigin, tree_.frontier.size(), tree_.frontier.root()});
  for (const format::TestKey* key : signing_) note.signatures.push_back(key->sign_note(note.text));
  return format::format_note(note);
}

format::Receipt FakeLog::receipt_for(LeafIndex first, std::uint64_t count) const {
  format::Receipt receipt;
  receipt.first_index = first;
  receipt.count = count;
  receipt.tree_size = tree_.frontier.size();
  receipt.root = tree_.frontier.root();
  receipt.checkpoint = checkpoint_note();
  receipt.range_proof = *merkle::prove_range(first, count, receipt.tree_size, tree_);
  return receipt;
}

void FakeLog::post_batch(const httplib::Request& in, httplib::Response& out) {
  const std::lock_guard lock(mutex_);
  ++posts_;
  if (!token_.empty() && in.get_header_value("Authorization") != "Bearer " + token_)
    return answer(out, 401, R"({"detail":"a valid bearer token is needed"})");
  if (tricks_.empty()) return take(in, out, nullptr);
  const Trick trick = tricks_.front();
  tricks_.pop_front();
  if (trick.kind != Trick::Kind::kRefuse) return take(in, out, &trick);
  answer(out, trick.status, trick.body);
  if (!trick.retry_after.empty()) out.set_header("Retry-After", trick.retry_after);
}

void FakeLog::take(const httplib::Request& in, httplib::Response& out, const Trick* trick) {
  const auto batch = format::decode_batch(to_buffer(bytes_of(in.body)));
  if (!batch) return answer(out, 422, R"({"detail":"not a batch"})");
  if (source_key_.empty()) return answer(out, 404, R"({"detail":"not registered"})");
  const Buffer message = *format::seal_message(batch->seal, kOrigin);
  if (!format::verify_signature(*format::parse_vkey(source_key_), message, batch->seal.signature))
    return answer(out, 422, R"({"detail":"another key"})");
  const std::uint64_t sequence = batch->seal.sequence;
  const auto known = batches_.find(sequence);
  if (known != batches_.end() && known->second.bytes != batch->bytes)
    return answer(out, 409, R"({"detail":"other content"})");
  if (known == batches_.end() && sequence != batches_.size())
    return answer(
        out, 409,
        R"({"detail":"out of order","expected_sequence":)" + std::to_string(batches_.size()) + "}");
  if (known == batches_.end()) {
    const LeafIndex first = end_of(tree_.frontier.size());
    for (const Bytes record : batch->records) append(record);
    format::Receipt receipt = receipt_for(first, batch->records.size());
    if (trick != nullptr && trick->change) trick->change(receipt);
    batches_[sequence] = {batch->bytes, format::format_receipt(receipt)};
  }
  answer(out, known == batches_.end() ? 201 : 200, batches_[sequence].receipt);
  if (trick != nullptr && trick->kind == Trick::Kind::kForget) batches_.erase(sequence);
  if (trick == nullptr || trick->kind != Trick::Kind::kLoseReply) return;
  out.body.clear();
  out.set_content_provider(1'000, "application/json",
                           [](std::size_t, std::size_t, httplib::DataSink&) { return false; });
}

void FakeLog::register_source(const format::VerifierKey& key) {
  const std::lock_guard lock(mutex_);
  source_key_ = format::format_vkey(key);
}

void FakeLog::post_source(const httplib::Request& in, httplib::Response& out) {
  const std::lock_guard lock(mutex_);
  const auto note = format::parse_note(in.body);
  const auto event = note ? format::parse_source_event(note->text) : note.error();
  if (!event) return answer(out, 422, R"({"detail":"not a source event"})");
  std::vector<format::VerifierKey> signers = {event->key};
  if (!source_key_.empty()) signers.push_back(*format::parse_vkey(source_key_));
  const auto signed_by = format::verify_note(*note, signers);
  if (!signed_by || signed_by->size() != signers.size())
    return answer(out, 422, R"({"detail":"not signed by both"})");
  source_key_ = format::format_vkey(event->key);
  if (!tricks_.empty()) {  // the reply is lost
    tricks_.pop_front();
    out.status = 201;
    out.set_content_provider(1'000, "application/json",
                             [](std::size_t, std::size_t, httplib::DataSink&) { return false; });
    return;
  }
  answer(out, 201, "{}");
}

void FakeLog::get_source(const httplib::Request& in, httplib::Response& out) const {
  const std::lock_guard lock(mutex_);
  if (source_key_.empty()) return answer(out, 404, R"({"detail":"not registered"})");
  answer(out, 200, R"({"name":")" + in.matches[1].str() + R"(","key":")" + source_key_ + "\"}");
}

namespace {

void add_vkey(std::string& list, const format::TestKey& key) {
  list += std::string(list.empty() ? "" : ",") + '"' + format::format_vkey(key.verifier()) + '"';
}

}  // namespace

std::string FakeLog::keys_reply() const {
  const std::lock_guard lock(mutex_);
  std::string events;
  for (const auto& [index, record] : key_events_) {
    const auto proof = merkle::prove_inclusion(index, tree_.frontier.size(), tree_);
    events += std::string(events.empty() ? "" : ",") + R"({"index":)" +
              std::to_string(index.value) + R"(,"record":")" + base64(record) + R"(","proof":)" +
              quoted_hashes(*proof) + "}";
  }
  std::string all;
  for (const format::TestKey& key : keys_) add_vkey(all, key);
  std::string active;
  for (const format::TestKey* key : signing_) add_vkey(active, *key);
  return R"({"origin":")" + std::string(kOrigin) + R"(","active":[)" + active + R"(],"all":[)" +
         all + R"(],"tree_size":)" + std::to_string(tree_.frontier.size().value) +
         R"(,"checkpoint":")" + escaped(checkpoint_note()) + R"(","events":[)" + events + "]}";
}

void FakeLog::get_consistency(const httplib::Request& in, httplib::Response& out) {
  const std::lock_guard lock(mutex_);
  ++consistency_requests_;
  if (consistency_status_ != 0) return answer(out, consistency_status_, consistency_body_);
  const TreeSize from{std::stoull(in.get_param_value("from"))};
  const TreeSize to{std::stoull(in.get_param_value("to"))};
  const auto proof = merkle::prove_consistency(from, to, tree_);
  if (!proof) return answer(out, 422, R"({"detail":"no such tree"})");
  answer(out, 200,
         R"({"from":)" + std::to_string(from.value) + R"(,"to":)" + std::to_string(to.value) +
             R"(,"proof":)" + quoted_hashes(*proof) + "}");
}

void FakeLog::grow(std::uint64_t records) {
  const std::lock_guard lock(mutex_);
  for (std::uint64_t i = 0; i < records; ++i) tree_.grow();
}

void FakeLog::fork_at(std::uint64_t index) {
  const std::lock_guard lock(mutex_);
  std::vector<Hash> leaves = tree_.leaves;
  leaves.at(index).bytes[0] ^= std::byte{1};
  tree_ = merkle::MemoryTree(0);
  for (const Hash& leaf : leaves) {
    tree_.leaves.push_back(leaf);
    tree_.frontier.append(leaf, &tree_);
  }
}

void FakeLog::answer_consistency_with(int status, const std::string& body) {
  const std::lock_guard lock(mutex_);
  consistency_status_ = status;
  consistency_body_ = body;
}

void FakeLog::demand(const std::string& token) {
  const std::lock_guard lock(mutex_);
  token_ = token;
}

std::uint64_t FakeLog::consistency_requests() const {
  const std::lock_guard lock(mutex_);
  return consistency_requests_;
}

void FakeLog::set_back_to(std::uint64_t batches) {
  const std::lock_guard lock(mutex_);
  batches_.erase(batches_.lower_bound(batches), batches_.end());
}

ChainLog FakeLog::chain() const {
  const std::lock_guard lock(mutex_);
  ChainLog log;
  for (const auto& [sequence, taken] : batches_) log.take(taken.bytes);
  return log;
}

std::uint64_t FakeLog::posts() const {
  const std::lock_guard lock(mutex_);
  return posts_;
}

std::string FakeLog::source_key() const {
  const std::lock_guard lock(mutex_);
  return source_key_;
}

}  // namespace varve::collect
