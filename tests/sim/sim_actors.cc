// The token and the collectors of a simulation.
#include <sodium.h>

#include <algorithm>

#include "ledger/merkle/tree.h"
#include "tests/sim/sim_world.h"

namespace varve::sim {
namespace {

/// A key pair from the dice: the same seed, the same keys.
format::VerifierKey make_key(Dice& dice, const std::string& name, env::SecretBytes& secret) {
  CHECK(env::initialize().has_value());
  Buffer seed(crypto_sign_SEEDBYTES);
  SimRandom(dice).fill(seed);
  Buffer public_key(crypto_sign_PUBLICKEYBYTES);
  secret = std::move(*env::SecretBytes::of_size(crypto_sign_SECRETKEYBYTES));
  ::crypto_sign_seed_keypair(u8(MutableBytes{public_key}), u8(secret.mutable_view()),
                             u8(Bytes{seed}));
  return *format::make_verifier_key(name, format::Algorithm::kEd25519, public_key);
}

Buffer sign_with(const env::SecretBytes& secret, Bytes message) {
  Buffer signature(crypto_sign_BYTES);
  ::crypto_sign_detached(u8(MutableBytes{signature}), nullptr, u8(message), message.size(),
                         u8(secret.view()));
  return signature;
}

}  // namespace

SimToken::SimToken(Dice& dice) : dice_(dice) {
  key = make_key(dice, "log.example/sim", secret_);
}

Result<Buffer> SimToken::sign(Bytes, Bytes message) {
  between();
  const bool fails = fail_one_in != 0 && dice_.one_in(fail_one_in);
  if (fails && dice_.one_in(2)) return busy("the token is gone (simulated)");
  if (auto root = format::parse_checkpoint_text(text_of(message)))
    signed_roots.push_back(std::move(*root));
  if (fails) return busy("the reply was lost (simulated)");
  return sign_with(secret_, message);
}

Result<Buffer> SimToken::wrap(std::string_view label, Bytes data_key) {
  if (fail_one_in != 0 && dice_.one_in(fail_one_in)) return busy("the token is gone (simulated)");
  Buffer out = to_buffer(merkle::sha256(bytes_of(label)).view().first(8));
  append(out, data_key);
  return out;
}

Result<env::SecretBytes> SimToken::unwrap(std::string_view, Bytes wrapped) {
  if (fail_one_in != 0 && dice_.one_in(fail_one_in)) return busy("the token is gone (simulated)");
  return env::SecretBytes::copy_of(wrapped.subspan(8));
}

void SimSide::start(std::function<void()> job) {
  CHECK(told_);
  told_ = false;
  job_ = std::move(job);
  if (dice_.one_in(2)) std::exchange(job_, nullptr)();
}

bool SimSide::ended() {
  if (!told_ && dice_.one_in(2)) wait();
  return told_;
}

void SimSide::wait() {
  if (job_) std::exchange(job_, nullptr)();
  told_ = true;
}

SimCollector::SimCollector(std::string name, std::string origin, Dice& dice)
    : origin_(std::move(origin)), dice_(dice) {
  key_ = make_key(dice, name, secret_);
  id_ = *format::source_id(name);
}

Buffer SimCollector::sign(Bytes message) const {
  return sign_with(secret_, message);
}

std::string SimCollector::register_note() const {
  const std::string text =
      format::source_event_text({format::SourceAction::kRegister, origin_, key_});
  return format::format_note({text, {{key_.name, key_.id, sign(bytes_of(text))}}});
}

SentChain SimCollector::chain() const {
  SentChain chain{id_, registered_at, {}};
  for (const Batch& batch : batches)
    chain.batches.push_back({batch.leaves.size() - 1, batch.leaves.back()});
  return chain;
}

void SimCollector::seal_another(std::uint64_t events) {
  Batch batch;
  format::Seal seal;
  seal.source = id_;
  seal.sequence = batches.size();
  seal.first_sequence = next_event_;
  seal.count = static_cast<std::uint32_t>(events);
  seal.previous = last_seal_;
  SimRandom random(dice_);
  for (std::uint64_t k = 0; k < events; ++k) {
    const std::string payload = "{\"n\":" + std::to_string(next_event_) + "}";
    format::Record record{format::Kind::kEvent, id_, next_event_++, 0, {}, "application/json",
                          bytes_of(payload)};
    random.fill(record.salt);
    const Buffer bytes = *format::encode_record(record);
    batch.leaves.push_back(merkle::leaf_hash(bytes));
    format::append_to_bundle(batch.bytes, bytes);
  }
  seal.root = merkle::root_of(batch.leaves);
  random.fill(seal.salt);
  const Buffer signature = sign(*format::seal_message(seal, origin_));
  std::ranges::copy(signature, seal.signature.begin());
  const Buffer record = *format::encode_seal(seal);
  last_seal_ = merkle::leaf_hash(record);
  batch.leaves.push_back(last_seal_);
  format::append_to_bundle(batch.bytes, record);
  batches.push_back(std::move(batch));
}

}  // namespace varve::sim
