// Everything is made again for each answer: the logs are small.
#include "tests/hsm/key_log.h"

#include "ledger/base/text.h"
#include "ledger/format/checkpoint.h"
#include "ledger/format/json.h"
#include "ledger/format/record.h"
#include "ledger/merkle/proof.h"

namespace varve::testing {
namespace {

/// Complete subtrees straight from the leaves.
class Leaves final : public merkle::HashReader {
 public:
  explicit Leaves(const std::vector<Buffer>& records) {
    for (const Buffer& record : records) leaves_.push_back(merkle::leaf_hash(record));
  }
  [[nodiscard]] Result<Hash> node(merkle::NodeId id) const override {
    const std::uint64_t width = std::uint64_t{1} << id.height;
    return merkle::root_of(std::span(leaves_).subspan(id.index * width, width));
  }
  [[nodiscard]] Hash root() const { return merkle::root_of(leaves_); }

 private:
  std::vector<Hash> leaves_;
};

std::string list_of(const std::vector<std::string>& texts) {
  std::string json = "[";
  for (const std::string& text : texts) {
    if (json.back() != '[') json.push_back(',');
    json.append(format::json_quoted(text));
  }
  return json.append("]");
}

std::string vkeys_of(const std::vector<format::VerifierKey>& keys) {
  std::vector<std::string> texts;
  for (const format::VerifierKey& key : keys) texts.push_back(format::format_vkey(key));
  return list_of(texts);
}

format::VerifierKey parsed(const std::string& vkey) {
  auto key = format::parse_vkey(vkey);
  CHECK(key.has_value());
  return *std::move(key);
}

}  // namespace

KeyLog::KeyLog(const SoftToken& soft, const std::string& first)
    : soft_(soft), first_(first), history_(parsed(first).name) {
  const auto key = parsed(first);
  const format::KeyEvent event{format::KeyAction::kCreate, key.name, key};
  format::Note note{format::key_event_text(event), {}};
  const auto signature = soft_.open()->sign(key.key, bytes_of(note.text));
  CHECK(signature.has_value());
  note.signatures.push_back({key.name, key.id, *signature});
  CHECK(apply(format::format_note(note)).has_value());
}

Result<void> KeyLog::apply(const std::string& note) {
  RETURN_IF_ERROR(history_.apply(note));
  format::Record record;
  record.kind = format::kind_of_key_event(note);
  record.sequence = records_.size();
  record.media_type = format::media_type_of(record.kind);
  record.payload = bytes_of(note);
  ASSIGN_OR_RETURN(auto bytes, format::encode_record(record));
  records_.push_back(std::move(bytes));
  return {};
}

std::string KeyLog::signed_by_active(const std::string& text) const {
  const auto token = soft_.open();
  format::Note note{text, {}};
  for (const format::VerifierKey& key : history_.active()) {
    const auto signature = token->sign(key.key, bytes_of(text));
    CHECK(signature.has_value());
    note.signatures.push_back({key.name, key.id, *signature});
  }
  return format::format_note(note);
}

std::string KeyLog::members() const {
  const Leaves leaves(records_);
  const TreeSize size{records_.size()};
  const std::string checkpoint =
      signed_by_active(format::checkpoint_text({history_.origin(), size, leaves.root()}));
  std::string json = "\"origin\":" + format::json_quoted(history_.origin());
  json.append(",\"active\":").append(vkeys_of(history_.active()));
  json.append(",\"all\":").append(vkeys_of(history_.all()));
  json.append(",\"tree_size\":").append(std::to_string(size.value));
  json.append(",\"checkpoint\":").append(format::json_quoted(checkpoint)).append(",\"events\":[");
  for (std::size_t i = 0; i < records_.size(); ++i) {
    const auto proof = merkle::prove_inclusion(LeafIndex{i}, size, leaves);
    CHECK(proof.has_value());
    std::vector<std::string> hashes;
    for (const Hash& hash : *proof) hashes.push_back(base64(hash.view()));
    json.append(i == 0 ? "" : ",").append("{\"index\":").append(std::to_string(i));
    json.append(",\"record\":").append(format::json_quoted(base64(records_[i])));
    json.append(",\"proof\":").append(list_of(hashes)).append("}");
  }
  return json.append("]");
}

std::string KeyLog::bundle() const {
  return "{\"bundle\":\"varve trust bundle v1\",\"first\":" + format::json_quoted(first_) + "," +
         members() + "}\n";
}

}  // namespace varve::testing
