// The requests, and what is demanded of a log that they were sent to.
#include "scenario.h"

#include "ledger/base/text.h"
#include "ledger/format/batch.h"
#include "ledger/format/json.h"
#include "ledger/format/receipt.h"
#include "ledger/merkle/proof.h"
#include "sender.h"
#include "tests/log/world.h"

namespace varve::system {
namespace {

constexpr std::size_t kLargeEvents = 40;
constexpr std::size_t kLargeEventBytes = 30'000;  // together more than a segment

/// Cannot be compressed, so that it fills a segment.
std::vector<std::string> large_events() {
  std::vector<std::string> events;
  for (std::size_t i = 0; i < kLargeEvents; ++i) {
    Buffer noise(kLargeEventBytes);
    env::system_random().fill(noise);
    events.emplace_back(text_of(noise));
  }
  return events;
}

std::vector<Hash> hashes_in(const format::Json& json, const char* key) {
  std::vector<Hash> hashes;
  const std::vector<std::string> texts = json.texts(key).value();
  for (const std::string& text : texts) hashes.push_back(decode_base64_hash(text).value());
  return hashes;
}

}  // namespace

Scenario::Scenario(const Installation& where) : known_{format::parse_vkey(where.vkey()).value()} {
  CHECK(env::initialize().has_value());
  Words rotate{Installation::program("varve-keys"), "rotate"};
  for (const std::string& word : where.token_words()) rotate.push_back(word);
  for (const std::string& word : Words{"--key", "pkcs11:object=first", "--label", "second",
                                       "--origin", kOrigin, "--out", where.path("rotation")})
    rotate.push_back(word);
  must_run(rotate, where.variables());

  testing::Source source("clinic/chaos", kOrigin);
  const auto batch = [&](const std::vector<std::string>& events) {
    Buffer bytes = source.seal(events);
    Request request{
        "append", "/batches", std::string(format::kBatchMediaType), std::string(text_of(bytes)),
        "",       {}};
    request.leaves = format::decode_batch(std::move(bytes))->leaves;
    requests_.push_back(std::move(request));
  };
  requests_.push_back({"operate", "/sources", "text/plain", source.register_note(), "", {}});
  batch({"one", "two"});
  requests_.push_back(
      {"append", "/events", "application/x-ndjson", "{\"n\":1}\n{\"n\":2}\n", "chaos-1", {}});
  requests_.push_back(
      {"operate", "/keys", "text/plain", read_text(where.path("rotation")), "", {}});
  batch(large_events());
  batch({"three"});
  requests_.push_back({"append", "/events", "application/x-ndjson", "{\"n\":3}\n", "chaos-2", {}});
}

Result<client::HttpResponse> Scenario::send(client::HttpClient& client,
                                            const Request& request) const {
  std::vector<client::HttpHeader> headers;
  if (!request.idempotency_key.empty())
    headers.push_back({"Idempotency-Key", request.idempotency_key});
  return client.post(request.path, request.media_type, bytes_of(request.body), headers);
}

void Scenario::remember(const std::string& note, Memory& memory) const {
  auto checkpoint = format::open_checkpoint(note, kOrigin, known_);
  if (checkpoint) memory.checkpoints.push_back(std::move(*checkpoint));
}

std::size_t Scenario::send_all(const BareServer& server, Memory& memory) const {
  std::size_t refused = 0;
  for (std::size_t k = 0; k < requests_.size(); ++k) {
    client::HttpClient client = server.connect(requests_[k].role);
    const auto response = send(client, requests_[k]);
    if (!response || (response->status != 201 && response->status != 200)) {
      ++refused;
      continue;
    }
    memory.receipts[k] = response->body;
    if (const auto receipt = format::parse_receipt(response->body))
      remember(receipt->checkpoint, memory);
  }
  return refused;
}

std::optional<std::string> Scenario::check_receipt(std::size_t number,
                                                   const std::string& text) const {
  const Request& request = requests_[number];
  const auto receipt = format::parse_receipt(text);
  if (!receipt) return "a receipt is malformed";
  std::vector<Hash> leaves = request.leaves;
  if (leaves.empty()) {
    std::vector<std::string> payloads{request.body};
    if (request.path == "/events") {
      payloads.clear();
      for (std::size_t at = 0; at < request.body.size();) {
        const std::size_t end = request.body.find('\n', at);
        payloads.push_back(request.body.substr(at, end - at));
        at = end + 1;
      }
    }
    leaves = leaves_of(*receipt, payloads);
  }
  const auto good = format::verify_receipt(*receipt, kOrigin, known_, leaves);
  if (!good) return "a receipt does not verify: " + good.error().message;
  return std::nullopt;
}

std::optional<std::string> Scenario::check_request(const BareServer& server, std::size_t number,
                                                   Memory& memory) const {
  const Request& request = requests_[number];
  const bool control = request.role == "operate";
  client::HttpClient client = server.connect(request.role);
  const auto response = send(client, request);
  const std::string name = "request " + std::to_string(number) + ": ";
  if (!response) return name + response.error().message;
  const bool known = control && response->status == 409;  // taken before, maybe unacknowledged
  const bool taken = response->status == 201 || response->status == 200;
  if (!taken && !known)
    return name + "status " + std::to_string(response->status) + ": " + response->body;
  std::string& promised = memory.receipts[number];
  if (!promised.empty() && response->status == 201) return name + "it was promised and is gone";
  if (!promised.empty() && taken && response->body != promised)
    return name + "its receipt is another one now";
  if (taken) promised = response->body;
  if (promised.empty()) return std::nullopt;
  if (auto wrong = check_receipt(number, promised)) return name + *wrong;
  return std::nullopt;
}

std::optional<std::string> Scenario::check_checkpoints(const BareServer& server,
                                                       Memory& memory) const {
  client::HttpClient client = server.connect("read");
  const auto note = client.get("/checkpoint");
  if (!note || note->status != 200) return "no checkpoint is served";
  const auto today = format::open_checkpoint(note->body, kOrigin, known_);
  if (!today) return "the checkpoint does not verify: " + today.error().message;
  for (const format::Checkpoint& seen : memory.checkpoints) {
    if (today->size < seen.size) return "a checkpoint was taken back";
    const auto answer = client.get("/proof/consistency?from=" + std::to_string(seen.size.value) +
                                   "&to=" + std::to_string(today->size.value));
    if (!answer || answer->status != 200) return "no consistency proof is served";
    const auto json = format::Json::parse(answer->body).value();
    if (!merkle::verify_consistency(seen.size, today->size, hashes_in(json, "proof"), seen.root,
                                    today->root))
      return "two checkpoints contradict each other";
  }
  memory.checkpoints.push_back(*today);
  return std::nullopt;
}

std::optional<std::string> Scenario::check(const BareServer& server, Memory& memory) const {
  if (auto wrong = check_checkpoints(server, memory)) return wrong;
  for (std::size_t k = 0; k < requests_.size(); ++k)
    if (auto wrong = check_request(server, k, memory)) return wrong;
  return check_checkpoints(server, memory);
}

}  // namespace varve::system
