// A log that holds nothing but its key events, signed by a real token: as a server gives it to
// whoever asks for its keys, and as a trust bundle.
#pragma once

#include <string>
#include <vector>

#include "ledger/rules/key_history.h"
#include "tests/hsm/soft_token.h"

namespace varve::testing {

class KeyLog {
 public:
  /// Begins with the key `first`, which is on the token as all its keys are.
  KeyLog(const SoftToken& soft, const std::string& first);

  /// The next record, if the history takes it.
  Result<void> apply(const std::string& note);
  [[nodiscard]] const rules::KeyHistory& history() const { return history_; }
  /// How many records there are.
  [[nodiscard]] std::size_t size() const { return records_.size(); }

  /// The answer of GET /logs/NAME/keys, every event proven under a checkpoint by all active keys.
  [[nodiscard]] std::string keys_json() const { return "{" + members() + "}"; }
  [[nodiscard]] std::string bundle() const;

 private:
  [[nodiscard]] std::string members() const;
  [[nodiscard]] std::string signed_by_active(const std::string& text) const;

  const SoftToken& soft_;
  std::string first_;
  rules::KeyHistory history_;
  std::vector<Buffer> records_;
};

}  // namespace varve::testing
