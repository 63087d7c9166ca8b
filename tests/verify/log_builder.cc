// Writes records, tiles, bundles, checkpoints and keys.json as docs/format says.
#include "log_builder.h"

#include <sodium.h>

#include "ledger/base/codec.h"
#include "ledger/base/text.h"
#include "ledger/format/audit_run.h"
#include "ledger/format/batch.h"
#include "ledger/format/checkpoint.h"
#include "ledger/format/json.h"
#include "ledger/format/month_secret.h"
#include "ledger/format/renewal.h"
#include "ledger/merkle/proof.h"
#include "ledger/merkle/tile.h"
#include "ledger/merkle/tree.h"

namespace varve::verify {
namespace {

template <class T>
T must(Result<T> result) {
  CHECK(result.has_value());
  return std::move(result).value();
}

std::string quoted_list(const std::vector<std::string>& items) {
  std::string out = "[";
  for (const std::string& item : items)
    out += (out.size() > 1 ? "," : "") + format::json_quoted(item);
  return out + "]";
}

std::string vkeys(const std::vector<SigningKey>& keys) {
  std::vector<std::string> texts;
  for (const SigningKey& key : keys) texts.push_back(format::format_vkey(key.verifier));
  return quoted_list(texts);
}

}  // namespace

std::vector<Hash> leaves_of(const LogBuilder& log, std::size_t size) {
  std::vector<Hash> leaves;
  for (std::size_t i = 0; i < size; ++i) leaves.push_back(merkle::leaf_hash(log.records[i]));
  return leaves;
}

Result<Hash> LeafReader::node(merkle::NodeId id) const {
  const std::uint64_t width = std::uint64_t{1} << id.height;
  return merkle::root_of(std::span(leaves_).subspan(id.index * width, width));
}

SigningKey SigningKey::make(const std::string& name, const std::string& seed) {
  const Hash from = merkle::sha256(bytes_of(seed));
  Buffer secret(crypto_sign_SECRETKEYBYTES);
  Buffer key(crypto_sign_PUBLICKEYBYTES);
  CHECK(crypto_sign_seed_keypair(u8(MutableBytes{key}), u8(MutableBytes{secret}),
                                 u8(from.view())) == 0);
  return {must(format::make_verifier_key(name, format::Algorithm::kEd25519, key)), secret};
}

Buffer SigningKey::sign(Bytes message) const {
  Buffer signature(crypto_sign_BYTES);
  CHECK(crypto_sign_detached(u8(MutableBytes{signature}), nullptr, u8(message), message.size(),
                             u8(Bytes{secret})) == 0);
  return signature;
}

std::string sign_note(const std::string& text, const std::vector<SigningKey>& keys) {
  format::Note note{text, {}};
  for (const SigningKey& key : keys)
    note.signatures.push_back({key.verifier.name, key.verifier.id, key.sign(bytes_of(text))});
  return format::format_note(note);
}

LogBuilder::LogBuilder(std::string origin_in)
    : origin(std::move(origin_in)), first(SigningKey::make(origin, "first key")) {
  active = all = {first};
  key_events = {0};
  control(format::Kind::kKeyEvent, key_note(format::KeyAction::kCreate, first, {first}));
}

void LogBuilder::control(format::Kind kind, const std::string& note) {
  format::Record record;
  record.kind = kind;
  record.time_us = time_us;
  record.sequence = next_control_++;
  const std::string_view media_type = format::media_type_of(kind);
  record.media_type = media_type.empty() ? "application/vnd.varve.later" : media_type;
  record.payload = bytes_of(note);
  records.push_back(must(format::encode_record(record)));
}

void LogBuilder::event(SourceId source, std::uint64_t sequence, const std::string& payload,
                       format::Kind kind) {
  format::Record record;
  record.kind = kind;
  record.source = source;
  record.sequence = sequence;
  record.time_us = events_us + records.size();
  record.salt[0] = static_cast<std::byte>(next_salt_++);
  const std::string_view media_type = format::media_type_of(kind);
  record.media_type = media_type.empty() ? "application/json" : media_type;
  record.payload = bytes_of(payload);
  records.push_back(must(format::encode_record(record)));
}

void LogBuilder::seal(const format::Seal& unsigned_seal, const SigningKey* source) {
  format::Seal seal = unsigned_seal;
  seal.sealer = source != nullptr ? format::Sealer::kSource : format::Sealer::kLog;
  if (source == nullptr) seal.time_us = time_us;
  if (source != nullptr) {
    const Buffer signature = source->sign(must(format::seal_message(seal, origin)));
    std::ranges::copy(signature, seal.signature.begin());
  }
  records.push_back(must(format::encode_seal(seal)));
}

void LogBuilder::sealed_events(SourceId source, const SigningKey* key,
                               const std::vector<format::Kind>& kinds) {
  const std::size_t start = records.size();
  for (std::size_t i = 0; i < kinds.size(); ++i)
    event(source, chains_[source].next_event + i, R"({"n":)" + std::to_string(records.size()) + "}",
          kinds[i]);
  seal_since(start, source, key);
}

void LogBuilder::seal_since(std::size_t start, SourceId source, const SigningKey* key) {
  Chain& chain = chains_[source];
  const auto events = static_cast<std::uint32_t>(records.size() - start);
  format::Seal next;
  next.source = source;
  next.sequence = chain.next_batch++;
  next.first_sequence = chain.next_event;
  next.count = events;
  next.previous = chain.last_seal;
  const std::vector<Hash> leaves = leaves_of(*this, records.size());
  next.root = merkle::root_of(std::span(leaves).subspan(start));
  seal(next, key);
  chain.next_event += events;
  chain.last_seal = merkle::leaf_hash(records.back());
}

void LogBuilder::register_source(const SigningKey& key) {
  control(format::Kind::kSourceEvent, source_note(format::SourceAction::kRegister, key, {key}));
}

void LogBuilder::rotate_source(const SigningKey& from, const SigningKey& to) {
  control(format::Kind::kSourceEvent, source_note(format::SourceAction::kRotate, to, {from, to}));
}

void LogBuilder::batch(const SigningKey& source, std::uint32_t events) {
  sealed_events(must(format::source_id(source.verifier.name)), &source,
                std::vector(events, format::Kind::kEvent));
}

void LogBuilder::batch_of(const SigningKey& source, const std::vector<std::string>& payloads) {
  const SourceId id = must(format::source_id(source.verifier.name));
  const std::size_t start = records.size();
  std::uint64_t number = chains_[id].next_event;
  for (const std::string& payload : payloads) event(id, number++, payload);
  seal_since(start, id, &source);
}

void LogBuilder::heartbeat(const SigningKey& source, const format::Heartbeat& says) {
  const SourceId id = must(format::source_id(source.verifier.name));
  const std::size_t start = records.size();
  event(id, chains_[id].next_event, format::heartbeat_text(says), format::Kind::kHeartbeat);
  seal_since(start, id, &source);
}

void LogBuilder::server_batch(std::uint32_t events) {
  sealed_events(format::kLogItself, nullptr, std::vector(events, format::Kind::kEvent));
}

void LogBuilder::register_sender(const format::Sender& sender) {
  control(format::Kind::kSender, format::sender_text({origin, sender}));
}

void LogBuilder::sender_batch(const std::vector<std::pair<format::Sender, std::uint32_t>>& events) {
  std::map<SourceId, std::uint32_t> counts;
  for (const auto& [sender, count] : events)
    counts[must(format::source_id(format::source_name(sender)))] += count;
  std::vector<format::SealedRun> runs;
  for (const auto& [source, count] : counts) {
    runs.push_back({source, chains_[source].next_event, count});
    for (std::uint32_t i = 0; i < count; ++i)
      event(source, chains_[source].next_event++,
            R"({"n":)" + std::to_string(records.size()) + "}");
  }
  seal(log_seal(std::move(runs)), nullptr);
  Chain& own = chains_[format::kLogItself];
  ++own.next_batch;
  own.last_seal = merkle::leaf_hash(records.back());
}

format::Seal LogBuilder::log_seal(std::vector<format::SealedRun> runs) const {
  format::Seal next;
  const auto own = chains_.find(format::kLogItself);
  if (own != chains_.end()) {
    next.sequence = own->second.next_batch;
    next.previous = own->second.last_seal;
  }
  for (const format::SealedRun& run : runs) next.count += run.count;
  next.sealer = format::Sealer::kLog;
  next.runs = std::move(runs);
  const std::vector<Hash> leaves = leaves_of(*this, records.size());
  next.root = merkle::root_of(std::span(leaves).last(next.count));
  return next;
}

void LogBuilder::server_batch_around(format::Kind kind) {
  sealed_events(format::kLogItself, nullptr, {format::Kind::kEvent, kind, format::Kind::kEvent});
}

void LogBuilder::own_batch(format::Kind kind, const std::string& payload) {
  const std::size_t start = records.size();
  event(format::kLogItself, chains_[format::kLogItself].next_event, payload, kind);
  seal_since(start, format::kLogItself, nullptr);
}

void LogBuilder::secret_batch(std::uint32_t month) {
  const Buffer secret = format::encode_month_secret({month, merkle::sha256(bytes_of("secret"))});
  own_batch(format::Kind::kMonthSecret, std::string(text_of(secret)));
}

void LogBuilder::rotate_key(const SigningKey& to) {
  admit_key(to, active);
}

void LogBuilder::admit_key(const SigningKey& to, std::vector<SigningKey> by) {
  by.push_back(to);
  key_events.push_back(records.size());
  control(format::Kind::kKeyEvent, key_note(format::KeyAction::kRotate, to, by));
  active.push_back(to);
  all.push_back(to);
}

void LogBuilder::retire_key(const SigningKey& key) {
  std::erase_if(active, [&](const SigningKey& k) { return k.verifier == key.verifier; });
  key_events.push_back(records.size());
  control(format::Kind::kKeyEvent, key_note(format::KeyAction::kRetire, key, active));
}

void LogBuilder::revoke_key(const SigningKey& key, std::uint64_t last_size) {
  std::erase_if(active, [&](const SigningKey& k) { return k.verifier == key.verifier; });
  key_events.push_back(records.size());
  const format::KeyEvent event{format::KeyAction::kRevoke, origin, key.verifier,
                               TreeSize{last_size}};
  control(format::Kind::kKeyEvent, sign_note(format::key_event_text(event), active));
}

std::string LogBuilder::source_note(format::SourceAction action, const SigningKey& key,
                                    const std::vector<SigningKey>& signers) const {
  return sign_note(format::source_event_text({action, origin, key.verifier}), signers);
}

std::string LogBuilder::key_note(format::KeyAction action, const SigningKey& key,
                                 const std::vector<SigningKey>& signers) const {
  return sign_note(format::key_event_text({action, origin, key.verifier}), signers);
}

std::string LogBuilder::checkpoint(std::size_t size) const {
  const Hash root = merkle::root_of(leaves_of(*this, size));
  return sign_note(format::checkpoint_text({origin, TreeSize{size}, root}), active);
}

std::string LogBuilder::keys_json(std::size_t size) const {
  const LeafReader leaves(*this, size);
  std::string events;
  for (const std::size_t index : key_events) {
    if (index >= size) continue;
    std::vector<std::string> proof;
    for (const Hash& hash : must(merkle::prove_inclusion(LeafIndex{index}, TreeSize{size}, leaves)))
      proof.push_back(base64(hash.view()));
    if (!events.empty()) events += ",";
    events += R"({"index":)" + std::to_string(index) + R"(,"record":")" + base64(records[index]) +
              R"(","proof":)" + quoted_list(proof) + "}";
  }
  return R"({"origin":)" + format::json_quoted(origin) + R"(,"active":)" + vkeys(active) +
         R"(,"all":)" + vkeys(all) + R"(,"tree_size":)" + std::to_string(size) +
         R"(,"checkpoint":)" + format::json_quoted(checkpoint(size)) + R"(,"events":[)" + events +
         "]}";
}

Files LogBuilder::files(std::size_t size) const {
  Files files;
  files["checkpoint"] = to_buffer(bytes_of(checkpoint(size)));
  files["keys"] = to_buffer(bytes_of(keys_json(size)));
  const std::vector<Hash> leaves = leaves_of(*this, size);
  for (std::uint32_t level = 0; merkle::tile_width(level, 0, TreeSize{size}) > 0; ++level) {
    const std::uint64_t each = std::uint64_t{1} << (merkle::kTileHeight * level);
    for (std::uint64_t i = 0; merkle::tile_width(level, i, TreeSize{size}) > 0; ++i) {
      const merkle::TileId id{level, i, merkle::tile_width(level, i, TreeSize{size})};
      Buffer& tile = files["tile/" + merkle::tile_path(id)];
      for (std::uint64_t k = 0; k < id.width; ++k)
        append(tile, merkle::root_of(std::span(leaves).subspan((i * 256 + k) * each, each)).view());
      if (level > 0) continue;
      Buffer& bundle = files["tile/entries/" + merkle::bundle_path(id)];
      for (std::uint64_t k = 0; k < id.width; ++k)
        format::append_to_bundle(bundle, records[i * 256 + k]);
    }
  }
  return files;
}

Result<Buffer> MemorySource::get(const std::string& path) const {
  const auto found = files.find(path);
  if (found == files.end()) return not_found("no " + path);
  return found->second;
}

}  // namespace varve::verify
