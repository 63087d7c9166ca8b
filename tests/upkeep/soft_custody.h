// A token's key-encryption keys in memory: each can be destroyed, the token can be away, and the
// process can die in any of its calls.
#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <string>

#include "ledger/env/kek_custody.h"
#include "tests/log/world.h"
#include "tests/sim/sim_filesystem.h"

namespace varve::testing {

class SoftCustody final : public env::KekCustody {
 public:
  explicit SoftCustody(std::set<std::string> held) : labels(std::move(held)) {}

  std::set<std::string> labels;
  bool away = false;
  bool keeps_keys = false;         // destroying fails
  std::string other_key;           // under this label is another key than once
  std::uint64_t dies_at_call = 0;  // 0: never
  bool dies_when_it_is_done = false;
  std::uint64_t fails_at_call = 0;  // 0: never
  bool fails_for_good = false;      // with all calls behind it
  bool fails_when_done = false;
  std::function<void()> when_destroyed = [] {};  // a key
  std::uint64_t calls = 0;

  Result<Buffer> wrap(std::string_view, Bytes) override {
    ADD_FAILURE() << "no key is made while a month is disposed of";
    return busy("no");
  }
  Result<env::SecretBytes> unwrap(std::string_view label, Bytes wrapped) override {
    if (!away && label == other_key) return corrupt("this key unwraps nothing of it");
    Result<env::SecretBytes> key = not_found("no such key");
    RETURN_IF_ERROR(call([&] {
      if (labels.contains(std::string{label})) key = vault_.unwrap(label, wrapped);
    }));
    return key;
  }
  Result<std::vector<std::string>> kek_labels() override {
    RETURN_IF_ERROR(call([] {}));
    return std::vector<std::string>(labels.begin(), labels.end());
  }
  Result<void> destroy_kek(std::string_view label) override {
    if (keeps_keys) return io_error("the token still holds the key");
    std::size_t destroyed = 0;
    RETURN_IF_ERROR(call([&] { destroyed = labels.erase(std::string{label}); }));
    if (destroyed == 0) return not_found("no such key");
    when_destroyed();
    return {};
  }

 private:
  template <class Work>
  Result<void> call(Work work) {
    if (away) return busy("the token is gone");
    const bool dies = ++calls == dies_at_call;
    const bool fails =
        fails_at_call != 0 && (fails_for_good ? calls >= fails_at_call : calls == fails_at_call);
    if (!(dies && !dies_when_it_is_done) && !(fails && !fails_when_done)) work();
    if (dies) throw sim::Crash{};
    if (fails) return io_error("a fault that the test chose");
    return {};
  }

  SoftVault vault_;
};

}  // namespace varve::testing
