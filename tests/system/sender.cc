// Posting, and checking what was promised.
#include "sender.h"

#include "ledger/merkle/tree.h"

namespace varve::system {

Result<client::HttpResponse> post_events(client::HttpClient& client, const std::string& key,
                                         const std::vector<std::string>& events) {
  std::string body;
  for (const std::string& event : events) body += event + "\n";
  return client.post("/events", "application/x-ndjson", bytes_of(body), {{"Idempotency-Key", key}});
}

Senders::Senders(const Installation& where, unsigned threads, std::string name)
    : where_(where), name_(std::move(name)) {
  for (unsigned i = 0; i < threads; ++i) threads_.emplace_back([this, i] { send_for_ever(i); });
}

void Senders::stop() {
  stopping_ = true;
  for (std::thread& thread : threads_)
    if (thread.joinable()) thread.join();
}

void Senders::send_for_ever(unsigned number) {
  client::HttpClient client = where_.connect("append");
  for (unsigned n = 0; !stopping_; ++n) {
    const std::string key = name_ + "-" + std::to_string(number) + "-" + std::to_string(n);
    Promise promise{key, {}, {}};
    for (unsigned i = 0; i < 1 + n % 3; ++i)
      promise.events.push_back("{\"event\":\"" + key + "\",\"part\":" + std::to_string(i) + "}");
    const auto response = post_events(client, key, promise.events);
    if (!response) {
      pause_ms(5);
      continue;
    }
    const std::lock_guard lock(mutex_);
    if (response->status == 201 || response->status == 200) {
      promise.receipt = response->body;
      promises_.push_back(std::move(promise));
      ++count_;
    } else {
      refusals_.push_back(response->status);
    }
  }
}

std::vector<Hash> leaves_of(const format::Receipt& receipt,
                            const std::vector<std::string>& events) {
  std::vector<Hash> leaves;
  for (std::size_t i = 0; i < std::min(receipt.record_headers.size(), events.size()); ++i) {
    Buffer record = receipt.record_headers[i];
    append(record, bytes_of(events[i]));
    leaves.push_back(merkle::leaf_hash(record));
  }
  return leaves;
}

Result<format::Receipt> check_promise(const Promise& promise,
                                      std::span<const format::VerifierKey> known) {
  ASSIGN_OR_RETURN(format::Receipt receipt, format::parse_receipt(promise.receipt));
  if (receipt.record_headers.size() != promise.events.size())
    return corrupt("the receipt is for another number of events");
  RETURN_IF_ERROR(
      format::verify_receipt(receipt, kOrigin, known, leaves_of(receipt, promise.events)));
  return receipt;
}

}  // namespace varve::system
