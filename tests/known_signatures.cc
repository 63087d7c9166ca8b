// Has libsodium verify each signature, check each key and make each signature once. Exhaustive
// tests ask it the same few questions a hundred thousand times, and its answer depends on nothing
// but the question. The linker takes these definitions in place of the library's, which they ask
// for what was never asked before.
#include <pthread.h>
#include <sodium.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <functional>
#include <initializer_list>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "ledger/base/check.h"
#include "tests/of_the_library.h"

namespace varve::testing {
namespace {

constexpr std::size_t kAnswersMax = 20'000;  // then all are forgotten: a long run does not grow

/// One at a time; also held while the process forks, so that no child finds it locked for good.
std::mutex& lock() {
  static std::mutex& all = *new std::mutex;  // outlives threads that end with the process
  [[maybe_unused]] static const int registered =
      ::pthread_atfork([] { all.lock(); }, [] { all.unlock(); }, [] { all.unlock(); });
  return all;
}

/// The answers of one of the library's functions, by all that it is asked, byte for byte.
template <class Answer>
class KnownAnswers {
 public:
  Answer get(const std::string& question, const std::function<Answer()>& ask) {
    {
      const std::lock_guard held(lock());
      if (const auto known = answers_.find(question); known != answers_.end()) return known->second;
    }
    const Answer answer = ask();
    const std::lock_guard held(lock());
    if (answers_.size() >= kAnswersMax) answers_.clear();
    answers_.emplace(question, answer);
    return answer;
  }

 private:
  std::unordered_map<std::string, Answer> answers_;
};

std::string_view text(const unsigned char* bytes, std::size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

std::string joined(std::initializer_list<std::string_view> parts) {
  std::string all;
  for (const std::string_view part : parts) all += part;
  return all;
}

}  // namespace
}  // namespace varve::testing

namespace known = varve::testing;

extern "C" int crypto_sign_ed25519_verify_detached(const unsigned char* signature,
                                                   const unsigned char* message,
                                                   unsigned long long size,
                                                   const unsigned char* key) {
  static auto* const library =
      known::of_the_library<decltype(crypto_sign_ed25519_verify_detached)>(__func__);
  static auto& answers = *new known::KnownAnswers<int>;
  return answers.get(known::joined({known::text(signature, crypto_sign_ed25519_BYTES),
                                    known::text(key, crypto_sign_ed25519_PUBLICKEYBYTES),
                                    known::text(message, size)}),
                     [&] { return library(signature, message, size, key); });
}

extern "C" int crypto_core_ed25519_is_valid_point(const unsigned char* key) {
  static auto* const library =
      known::of_the_library<decltype(crypto_core_ed25519_is_valid_point)>(__func__);
  static auto& answers = *new known::KnownAnswers<int>;
  return answers.get(std::string(known::text(key, crypto_core_ed25519_BYTES)),
                     [&] { return library(key); });
}

extern "C" int crypto_sign_detached(unsigned char* signature, unsigned long long* signature_size,
                                    const unsigned char* message, unsigned long long size,
                                    const unsigned char* secret) {
  using Signature = std::array<unsigned char, crypto_sign_BYTES>;
  static auto* const library = known::of_the_library<decltype(crypto_sign_detached)>(__func__);
  static auto& answers = *new known::KnownAnswers<Signature>;
  const Signature made = answers.get(
      known::joined({known::text(secret, crypto_sign_SECRETKEYBYTES), known::text(message, size)}),
      [&] {
        Signature fresh;
        CHECK(library(fresh.data(), nullptr, message, size, secret) == 0);
        return fresh;
      });
  std::ranges::copy(made, signature);
  if (signature_size != nullptr) *signature_size = made.size();
  return 0;
}
