// A token that fails, hangs, lies or goes away while the ledger runs.
#include <dlfcn.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <set>
#include <thread>

#include "hsm/token.h"
#include "tests/directories.h"
#include "tests/hsm/soft_token.h"
#include "tests/hsm/support/fault.h"

namespace varve::hsm {
namespace {

using format::Algorithm;
using varve::testing::secret;
using varve::testing::SoftToken;

const std::string kFaultModule = built_file("tests/hsm/fault_module.so");

/// Long enough for a token that answers, also under a sanitizer on a busy machine.
constexpr std::uint32_t kShortMs = 4'000;

/// Whether it becomes so. Recovery is tried again no sooner than 100 ms after one that failed, and
/// a call that was left behind comes back when it can.
template <class Condition>
bool soon(const Condition& happens) {
  constexpr int kTries = 1'000;
  for (int i = 0; i < kTries; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(120));
    if (happens()) return true;
  }
  return false;
}

TEST(Token, AnswersBusyWhileItsFilesAreAwayAndWorksWhenTheyAreBack) {
  const SoftToken soft;
  const auto token = soft.open();
  const auto key = token->create_key_pair(Algorithm::kEd25519, "log");
  ASSERT_TRUE(key);
  const auto wrapped = token->wrap("log/1", Buffer(32));
  ASSERT_TRUE(wrapped);
  for (int round = 0; round < 3; ++round) {
    ASSERT_TRUE(token->sign(key->key, bytes_of("before")));
    soft.move_away();
    for (int i = 0; i < 3; ++i) {
      const auto away = token->sign(key->key, bytes_of("away"));
      ASSERT_FALSE(away);
      EXPECT_EQ(away.error().code, Code::kBusy) << away.error().message;
      EXPECT_EQ(token->unwrap("log/1", *wrapped).error().code, Code::kBusy);
    }
    soft.move_back();
    ASSERT_TRUE(soon([&] { return token->sign(key->key, bytes_of("back")).has_value(); }));
    const auto unwrapped = token->unwrap("log/1", *wrapped);
    ASSERT_TRUE(unwrapped) << unwrapped.error().message;
  }
}

class Faulty : public ::testing::Test {
 protected:
  void SetUp() override {
    void* const handle = ::dlopen(kFaultModule.c_str(), RTLD_NOW | RTLD_LOCAL);
    ASSERT_NE(handle, nullptr) << ::dlerror();
    const auto get = reinterpret_cast<VarveFaultFunction>(::dlsym(handle, kVarveFaultSymbol));
    ASSERT_NE(get, nullptr);
    fault_ = get();
    logins_before_ = fault_->logins;
    starts_before_ = fault_->starts;
    ends_before_ = fault_->ends;
  }

  void TearDown() override {
    fault_->sign_hangs = 0;
    fault_->sign_rv_times = 0;
    fault_->sign_rv_size = 0;
    fault_->signature_is_wrong = 0;
    fault_->keys_leak = 0;
    fault_->token_flags = 0;
    fault_->listing_rv = 0;
    fault_->slot_shift = 0;
    EXPECT_EQ(fault_->uninitialized_arguments, 0);
  }

  [[nodiscard]] Result<std::unique_ptr<Token>> open(std::uint32_t timeout_ms = 60'000,
                                                    std::string_view pin = SoftToken::kPin) const {
    return Token::open({kFaultModule, SoftToken::kUri, secret(pin), timeout_ms});
  }
  [[nodiscard]] int logins() const { return fault_->logins - logins_before_; }
  [[nodiscard]] int starts() const { return fault_->starts - starts_before_; }
  [[nodiscard]] int ends() const { return fault_->ends - ends_before_; }

  SoftToken soft_;
  VarveFault* fault_ = nullptr;
  int logins_before_ = 0;
  int starts_before_ = 0;
  int ends_before_ = 0;
};

TEST_F(Faulty, TokenIsStartedAgainAndTheCallRepeatedOnce) {
  auto token = std::move(*open());
  const auto key = token->create_key_pair(Algorithm::kEcdsaP256, "log");
  ASSERT_TRUE(key);
  for (const CK_RV rv :
       {CKR_DEVICE_ERROR, CKR_GENERAL_ERROR, CKR_SESSION_HANDLE_INVALID, CKR_TOKEN_NOT_PRESENT,
        CKR_DEVICE_REMOVED, CKR_USER_NOT_LOGGED_IN, CKR_KEY_HANDLE_INVALID,
        CKR_CRYPTOKI_NOT_INITIALIZED, CKR_VENDOR_DEFINED | 0x17UL}) {
    const int starts_so_far = starts();
    fault_->sign_rv = rv;
    fault_->sign_rv_times = 1;
    const auto signature = token->sign(key->key, bytes_of("message"));
    EXPECT_TRUE(signature) << rv << ": " << signature.error().message;
    EXPECT_EQ(starts(), starts_so_far + 1) << rv;
  }
}

// A token may look at each of its objects to find one.
TEST_F(Faulty, TokenIsAskedForAllItHoldsOnceALogin) {
  {
    const auto token = *open();
    for (const char* label : {"a", "b", "c"}) {
      ASSERT_TRUE(token->create_key_pair(format::Algorithm::kEcdsaP256, label));
      ASSERT_TRUE(token->wrap(std::string(label) + "/2026-11", Buffer(32)));
    }
  }
  const auto token = *open();
  ASSERT_TRUE(token->find_public_key("pkcs11:object=a"));
  const int before = fault_->searches;
  for (const char* label : {"a", "b", "c"}) {
    EXPECT_TRUE(token->find_public_key(std::string("pkcs11:object=") + label));
    EXPECT_TRUE(*token->holds_kek(std::string(label) + "/2026-11"));
  }
  EXPECT_EQ(fault_->searches, before);
  EXPECT_EQ(token->find_public_key("pkcs11:object=d").error().code, Code::kNotFound);
  EXPECT_EQ(fault_->searches, before + 1) << "what is not listed is looked for";
}

TEST_F(Faulty, TokenThatFailsWhileItIsListedFailsNoCallAndIsSearched) {
  {
    const auto token = *open();
    for (const char* label : {"a", "b", "c"}) ASSERT_TRUE(token->wrap(label, Buffer(32)));
  }
  const auto token = *open();
  const int before = fault_->listings;
  const int starts_so_far = starts();
  fault_->listing_rv = CKR_DEVICE_ERROR;
  for (const char* label : {"a", "b", "c"}) EXPECT_TRUE(*token->holds_kek(label));
  EXPECT_EQ(fault_->listings, before + 1) << "it is not asked again in this login";
  EXPECT_EQ(starts(), starts_so_far);
}

TEST_F(Faulty, TokenWhoseObjectIsDestroyedWhileItIsListedIsListedOn) {
  {
    const auto token = *open();
    for (const char* label : {"a", "b", "c"}) ASSERT_TRUE(token->wrap(label, Buffer(32)));
  }
  const auto token = *open();
  const int before = fault_->listings;
  fault_->listing_rv = CKR_OBJECT_HANDLE_INVALID;
  EXPECT_TRUE(*token->holds_kek("a"));
  EXPECT_EQ(fault_->listings, before + 1);
  fault_->listing_rv = 0;
  EXPECT_TRUE(*token->holds_kek("b"));
  EXPECT_EQ(fault_->listings, before + 3);
}

TEST_F(Faulty, TokenThatKeepsFailingGetsBusyAndComesBackLater) {
  auto token = std::move(*open());
  const auto key = token->create_key_pair(Algorithm::kEd25519, "log");
  ASSERT_TRUE(key);
  fault_->sign_rv = CKR_DEVICE_ERROR;
  fault_->sign_rv_times = 2;
  EXPECT_EQ(token->sign(key->key, bytes_of("m")).error().code, Code::kBusy);
  EXPECT_TRUE(soon([&] { return token->sign(key->key, bytes_of("m")).has_value(); }));
}

TEST_F(Faulty, TokenThatRefusesForGoodIsNotStartedAgain) {
  auto token = std::move(*open());
  const auto key = token->create_key_pair(Algorithm::kEd25519, "log");
  ASSERT_TRUE(key);
  fault_->sign_rv = CKR_KEY_FUNCTION_NOT_PERMITTED;
  fault_->sign_rv_times = 1;
  EXPECT_EQ(token->sign(key->key, bytes_of("m")).error().code, Code::kIo);
  EXPECT_EQ(starts(), 1);
}

TEST_F(Faulty, CallThatHangsIsLeftBehindAndLaterOnesGetBusyUntilItIsBack) {
  const auto key = (*open())->create_key_pair(Algorithm::kEcdsaP256, "log");
  ASSERT_TRUE(key);
  auto token = std::move(*open(kShortMs));
  fault_->sign_hangs = 1;
  const auto hung = token->sign(key->key, bytes_of("m"));
  ASSERT_FALSE(hung);
  EXPECT_EQ(hung.error().code, Code::kBusy);
  EXPECT_NE(hung.error().message.find("4000 ms"), std::string::npos);
  const auto later = token->sign(key->key, bytes_of("m"));
  EXPECT_EQ(later.error().code, Code::kBusy);
  EXPECT_EQ(token->find_public_key("pkcs11:object=log").error().code, Code::kBusy);
  fault_->sign_hangs = 0;
  EXPECT_TRUE(soon([&] { return token->sign(key->key, bytes_of("m")).has_value(); }));
}

TEST_F(Faulty, TokenCanBeClosedWhileACallHangs) {
  const auto key = (*open())->create_key_pair(Algorithm::kEcdsaP256, "log");
  ASSERT_TRUE(key);
  auto token = std::move(*open(kShortMs));
  fault_->sign_hangs = 1;
  EXPECT_FALSE(token->sign(key->key, bytes_of("m")));
  token.reset();  // while it hangs: coming to the next line is what is tested
  fault_->sign_hangs = 0;
  EXPECT_TRUE(soon([&] { return open().has_value(); }))
      << "the call left behind closes the session";
}

TEST_F(Faulty, WrongSignatureIsNeverReturned) {
  auto token = std::move(*open());
  for (const Algorithm algorithm : {Algorithm::kEd25519, Algorithm::kEcdsaP256}) {
    fault_->signature_is_wrong = 0;
    const auto key =
        token->create_key_pair(algorithm, "log-" + std::to_string(static_cast<int>(algorithm)));
    ASSERT_TRUE(key);
    fault_->signature_is_wrong = 1;
    const auto signature = token->sign(key->key, bytes_of("m"));
    ASSERT_FALSE(signature);
    EXPECT_EQ(signature.error().code, Code::kIo);
  }
}

TEST_F(Faulty, WrongPinReachesTheTokenOnceHoweverOftenItIsTried) {
  for (int i = 0; i < 5; ++i) {
    const auto token = open(60'000, "0000");
    ASSERT_FALSE(token);
    EXPECT_EQ(token.error().code, Code::kIo);
    EXPECT_EQ(token.error().message.find("not tried again") != std::string::npos, i > 0);
  }
  EXPECT_EQ(logins(), 1);
  EXPECT_TRUE(open());
}

/// What outlives a process, here in memory.
struct Remembered final : PinLatch {
  Result<void> check(const Slot& token) override {
    if (refused.contains(token.label)) return io_error("refused before");
    return {};
  }
  Result<void> set(const Slot& token) override {
    refused.insert(token.label);
    return can_write ? Result<void>{} : io_error("no space");
  }
  std::set<std::string> refused;
  bool can_write = true;
};

TEST_F(Faulty, PinThatALifeBeforeSawRefusedDoesNotReachTheToken) {
  const auto latch = std::make_shared<Remembered>();
  const auto open_with = [&](std::string_view pin) {
    return Token::open({kFaultModule, SoftToken::kUri, secret(pin), 60'000, latch});
  };
  ASSERT_TRUE(open_with(SoftToken::kPin));
  EXPECT_TRUE(latch->refused.empty());
  ASSERT_FALSE(open_with("0001"));
  EXPECT_EQ(latch->refused.size(), 1u);
  const int tried = logins();
  for (const std::string_view pin : {std::string_view("0002"), std::string_view(SoftToken::kPin)}) {
    const auto token = open_with(pin);
    ASSERT_FALSE(token);
    EXPECT_EQ(token.error().message, "refused before");
  }
  EXPECT_EQ(logins(), tried);
  latch->refused.clear();  // the operator
  EXPECT_TRUE(open_with(SoftToken::kPin));
}

TEST_F(Faulty, RefusalThatCannotBeWrittenDownIsToldWithTheRefusal) {
  const auto latch = std::make_shared<Remembered>();
  latch->can_write = false;
  const auto token = Token::open({kFaultModule, SoftToken::kUri, secret("0003"), 60'000, latch});
  ASSERT_FALSE(token);
  EXPECT_NE(token.error().message.find("CKR_PIN_INCORRECT"), std::string::npos);
  EXPECT_NE(token.error().message.find("no space"), std::string::npos) << token.error().message;
}

TEST_F(Faulty, LastTryBeforeTheTokenLocksIsLeftToAPerson) {
  for (const CK_FLAGS flag : {CKF_USER_PIN_FINAL_TRY, CKF_USER_PIN_LOCKED}) {
    fault_->token_flags = flag;
    const auto token = open();
    ASSERT_FALSE(token);
    EXPECT_EQ(token.error().code, Code::kIo);
  }
  EXPECT_EQ(logins(), 0);
}

TEST_F(Faulty, TokenThatLetsKeysOutGetsNoKeyMadeOnIt) {
  auto token = std::move(*open());
  fault_->keys_leak = 1;
  for (const Algorithm algorithm : {Algorithm::kEd25519, Algorithm::kEcdsaP256}) {
    const auto key = token->create_key_pair(algorithm, "log");
    ASSERT_FALSE(key);
    EXPECT_EQ(key.error().code, Code::kIo);
    EXPECT_NE(key.error().message.find("throw-away key could be"), std::string::npos);
  }
  fault_->keys_leak = 0;
  EXPECT_TRUE(token->list_keys()->empty());
}

TEST_F(Faulty, OneTokensRecoveryDoesNotDisturbAnother) {
  soft_.add_token("second");
  auto one = std::move(*open());
  auto two = std::move(
      *Token::open({kFaultModule, "pkcs11:token=second", secret(SoftToken::kPin), 60'000}));
  const auto key_one = one->create_key_pair(Algorithm::kEd25519, "log");
  const auto key_two = two->create_key_pair(Algorithm::kEcdsaP256, "log");
  ASSERT_TRUE(key_one && key_two);
  std::atomic<bool> stop = false;
  std::jthread busy([&] {
    while (!stop) {
      const auto signature = two->sign(key_two->key, bytes_of("two"));
      ASSERT_TRUE(signature) << signature.error().message;
    }
  });
  fault_->sign_rv = CKR_DEVICE_ERROR;
  fault_->sign_rv_size = 3;  // the size of "one"; P-256 signs digests of 32 bytes
  for (int i = 0; i < 20; ++i) {
    fault_->sign_rv_times = 1;
    const auto signature = one->sign(key_one->key, bytes_of("one"));
    ASSERT_TRUE(signature) << signature.error().message;
  }
  stop = true;
}

// A slot's number is worth nothing after a restart of the module, or of the device.
TEST_F(Faulty, TokenIsFoundByItsNameWhenItsSlotGetsAnotherNumber) {
  auto token = std::move(*open());
  const auto key = token->create_key_pair(Algorithm::kEd25519, "log");
  ASSERT_TRUE(key);
  fault_->slot_shift = 7;
  fault_->sign_rv = CKR_DEVICE_ERROR;
  fault_->sign_rv_times = 1;
  const auto signature = token->sign(key->key, bytes_of("m"));
  EXPECT_TRUE(signature) << signature.error().message;
  EXPECT_TRUE(token->find_public_key("pkcs11:object=log"));
}

// Libraries crash when they are finalised by a destructor of theirs instead.
TEST_F(Faulty, ModuleIsFinalisedWithTheLastTokenThatUsesIt) {
  soft_.add_token("second");
  auto one = std::move(*open());
  auto two = std::move(
      *Token::open({kFaultModule, "pkcs11:token=second", secret(SoftToken::kPin), 60'000}));
  const int ends_so_far = ends();
  one.reset();
  EXPECT_EQ(ends(), ends_so_far);
  EXPECT_TRUE(two->list_keys());
  two.reset();
  EXPECT_EQ(ends(), ends_so_far + 1);
  EXPECT_EQ(ends(), starts());
}

// SoftHSM takes a fork for a reason to start again (library.reset_on_fork), but in the child only.
TEST_F(Faulty, ChildOfTheProcessTakesNothingFromItsParent) {
  auto token = std::move(*open());
  const auto key = token->create_key_pair(Algorithm::kEd25519, "log");
  ASSERT_TRUE(key);
  const int starts_so_far = starts();
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) ::_exit(0);
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_TRUE(token->sign(key->key, bytes_of("m")));
  EXPECT_EQ(starts(), starts_so_far);
}

}  // namespace
}  // namespace varve::hsm
