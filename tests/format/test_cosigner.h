// A witness's key, which a test signs with.
#pragma once

#include <string>

#include "ledger/base/codec.h"
#include "ledger/format/cosignature.h"
#include "tests/format/test_keys.h"

namespace varve::format {

class TestCosigner {
 public:
  TestCosigner(const std::string& name, int seed)
      : pair_(TestKey::ed25519(name, seed)), key_(*make_cosigner_key(name, pair_.verifier().key)) {}

  [[nodiscard]] const CosignerKey& key() const { return key_; }
  [[nodiscard]] std::string vkey() const { return format_cosigner_vkey(key_); }
  [[nodiscard]] NoteSignature cosign(std::string_view text, std::uint64_t time_s) const {
    Buffer line;
    const std::string message = cosigned_message(text, time_s);
    ByteWriter(line).u64(time_s).bytes(pair_.sign(bytes_of(message)));
    return {key_.name, key_.id, std::move(line)};
  }
  /// The line alone, as add-checkpoint answers.
  [[nodiscard]] std::string answer(std::string_view text, std::uint64_t time_s) const {
    const std::string note = format_note({"x\n", {cosign(text, time_s)}});
    return note.substr(std::string_view("x\n\n").size());
  }

 private:
  TestKey pair_;
  CosignerKey key_;
};

}  // namespace varve::format
