// The server as varved puts it together: a PKCS#11 token, a disk, a log and sockets, asked by
// another HTTP implementation.
#include "tools/varved/log_site.h"

#include <gtest/gtest.h>
#include <httplib.h>

#include <algorithm>
#include <filesystem>
#include <future>

#include "api/server.h"
#include "tests/hsm/nss_token.h"
#include "tests/hsm/soft_token.h"
#include "tests/varved/append_one.h"
#include "tools/varved/open_tokens.h"

namespace varve::tools {
namespace {

class World : public ::testing::Test {
 protected:
  World() : directory(soft.directory() / "data") {
    std::filesystem::create_directory(directory);
    config.name = "ward";
    config.key = "pkcs11:object=ward-1";
    config.options.origin = "audit.example.org/ward";
    config.options.kek_prefix = "varve/ward";
    config.options.reserve_bytes = 0;
  }
  ~World() override {
    const std::string unlock = "chattr -R -f -i " + directory.string() + " 2>/dev/null; true";
    EXPECT_EQ(std::system(unlock.c_str()), 0);
  }
  [[nodiscard]] Config all(HsmConfig hsm) const {
    Config whole;
    whole.data = directory.string();
    whole.hsm = std::move(hsm);
    return whole;
  }
  [[nodiscard]] HsmConfig hsm_config() const {
    return {testing::kSoftHsm, testing::SoftToken::kUri, "file:" + soft.pin_file().string(),
            60'000};
  }

  testing::SoftToken soft;
  std::filesystem::path directory;
  LogConfig config;
};

TEST_F(World, AKeyOfEitherKindSignsWhatIsAppendedOverHttp) {
  const auto token = open_tokens(all(hsm_config()));
  ASSERT_TRUE(token) << token.error().message;
  for (const auto algorithm : {format::Algorithm::kEd25519, format::Algorithm::kEcdsaP256}) {
    const std::string name = "ward" + std::to_string(static_cast<int>(algorithm));
    ASSERT_TRUE((*token)->first().create_key_pair(algorithm, name));
    config.name = name;
    config.key = "pkcs11:object=" + name;
    auto site = prepare_site(config, directory.string(), **token);
    ASSERT_TRUE(site) << site.error().message;
    const auto log = Log::open(site->options, environment_of(*site, **token));
    ASSERT_TRUE(log) << log.error().message;
    api::Journal journal{api::Level::kError};
    api::AccessOptions options;
    options.logs = {{"ward", site->options.origin, true, log->get()}};
    const auto tokens = api::Tokens::parse(*api::token_line("t", "t", "append", "*"));
    api::Access access{std::move(options), *tokens, journal};
    api::Service service{access, env::posix_clock()};
    api::ServerOptions server_options;
    server_options.port = 0;
    const auto server = api::Server::start(server_options, service);
    ASSERT_TRUE(server);
    httplib::Client client("127.0.0.1", (*server)->port());
    client.set_bearer_token_auth("t");
    client.set_read_timeout(60);
    const auto posted = client.Post("/logs/ward/events", "{}\n", "application/x-ndjson");
    ASSERT_TRUE(posted && posted->status == 201) << (posted ? posted->body : "no answer");
    const auto receipt = format::parse_receipt(posted->body);
    ASSERT_TRUE(receipt);
    Buffer record = receipt->record_headers.at(0);
    append(record, bytes_of("{}"));
    const Hash leaf = merkle::leaf_hash(record);
    EXPECT_TRUE(format::verify_receipt(*receipt, site->options.origin,
                                       std::span{&site->options.first_key, 1},
                                       std::span{&leaf, 1}));
    (*server)->stop();
    (*log)->stop();
    access.stop();
  }
}

TEST_F(World, MakesTheDirectoryOfALogForItsOwnerOnly) {
  const auto token = open_tokens(all(hsm_config()));
  ASSERT_TRUE(token);
  ASSERT_TRUE((*token)->first().create_key_pair(format::Algorithm::kEd25519, "ward-1"));
  for (int twice = 0; twice < 2; ++twice)
    ASSERT_TRUE(prepare_site(config, directory.string(), **token));
  const auto permissions = std::filesystem::status(directory / "ward").permissions();
  EXPECT_EQ(permissions, std::filesystem::perms::owner_all);
}

TEST_F(World, KeepsAMarkThatRefusesAnOlderCopyOfTheStore) {
  const auto token = open_tokens(all(hsm_config()));
  ASSERT_TRUE(token);
  ASSERT_TRUE((*token)->first().create_key_pair(format::Algorithm::kEd25519, "ward-1"));
  config.marks = (soft.directory() / "marks").string();
  EXPECT_EQ(prepare_site(config, directory.string(), **token).error().code, Code::kNotFound);
  std::filesystem::create_directory(config.marks);
  auto site = prepare_site(config, directory.string(), **token);
  ASSERT_TRUE(site) << site.error().message;
  const auto open = [&] { return Log::open(site->options, environment_of(*site, **token)); };
  ASSERT_TRUE(open());
  std::filesystem::copy(directory / "ward", directory / "old",
                        std::filesystem::copy_options::recursive);
  std::string sizes;
  {
    const auto log = open();
    ASSERT_TRUE(log) << log.error().message;
    sizes = "covers " + size_text(**log) + " records, the mark says ";
    ASSERT_TRUE(append_one(**log));
    sizes += size_text(**log);
  }
  EXPECT_TRUE(std::filesystem::exists(std::filesystem::path(config.marks) / "ward.mark"));
  std::filesystem::rename(directory / "ward", directory / "newest");
  std::filesystem::rename(directory / "old", directory / "ward");
  site = prepare_site(config, directory.string(), **token);
  ASSERT_TRUE(site);
  const auto older = open();
  ASSERT_FALSE(older);
  EXPECT_EQ(older.error().code, Code::kCorrupt);
  EXPECT_NE(older.error().message.find(sizes), std::string::npos) << older.error().message;
}

// The first key is needed where a new log is made. Over the years it leaves, and then an emptied
// store is still refused, and because of its mark, whatever `key` says; what restores it needs the
// vkey alone.
TEST_F(World, AsksForTheFirstKeyOnlyWhereThereIsNeitherAStoreNorAMark) {
  const auto tokens = open_tokens(all(hsm_config()));
  ASSERT_TRUE(tokens);
  hsm::Token& token = (*tokens)->first();
  ASSERT_TRUE(token.create_key_pair(format::Algorithm::kEd25519, "ward-1"));
  config.marks = (soft.directory() / "marks").string();
  std::filesystem::create_directory(config.marks);
  std::string vkey;
  std::string mark_says;
  {
    auto site = prepare_site(config, directory.string(), **tokens);
    ASSERT_TRUE(site) << site.error().message;
    EXPECT_TRUE(site->options.first_statement);
    vkey = format::format_vkey(site->options.first_key);
    const auto log = Log::open(site->options, environment_of(*site, **tokens));
    ASSERT_TRUE(log) << log.error().message;
    mark_says = "mark says " + size_text(**log) + " records";
  }
  ASSERT_EQ(*token.destroy_keys(hsm::KeyUse::kSign, "ward-1"), 2U);
  ASSERT_TRUE(token.create_key_pair(format::Algorithm::kEd25519, "ward-2"));
  const auto opened = [&](const std::string& key) -> Result<void> {
    config.key = key;
    ASSIGN_OR_RETURN(LogSite site, prepare_site(config, directory.string(), **tokens));
    ASSIGN_OR_RETURN(const auto log, Log::open(site.options, environment_of(site, **tokens)));
    return {};
  };
  const auto with_store = opened(vkey);
  EXPECT_TRUE(with_store) << with_store.error().message;
  std::filesystem::rename(directory / "ward", directory / "lost");
  for (const std::string& key :
       {vkey, std::string("pkcs11:object=ward-2"), std::string("pkcs11:object=ward-1")}) {
    const auto emptied = opened(key);
    ASSERT_FALSE(emptied) << key;
    EXPECT_EQ(emptied.error().code, Code::kCorrupt) << emptied.error().message;
    EXPECT_NE(emptied.error().message.find(mark_says), std::string::npos)
        << emptied.error().message;
  }
  config.marks.clear();
  const auto anew = opened(vkey);
  EXPECT_EQ(anew.error().code, Code::kNotFound) << anew.error().message;
  EXPECT_NE(anew.error().message.find("the log is new"), std::string::npos) << anew.error().message;
}

TEST_F(World, KnowsWhichKeysOfAMonthItsTokensHave) {
  const auto tokens = open_tokens(all(hsm_config()));
  ASSERT_TRUE(tokens);
  ASSERT_TRUE((*tokens)->first().create_key_pair(format::Algorithm::kEd25519, "ward-1"));
  const auto site = prepare_site(config, directory.string(), **tokens);
  ASSERT_TRUE(site) << site.error().message;
  const Buffer data_key(32);
  for (const char* label : {"varve/ward/2026-01", "varve/ward/2026-01.2", "varve/ward/2026-010",
                            "varve/ward/2026-02", "varve/ward2/2026-01"})
    ASSERT_TRUE((*tokens)->wrap(label, data_key)) << label;
  const upkeep::KeysOfMonth keys = keys_of_month(*site, **tokens);
  auto january = *keys({202'601});
  std::ranges::sort(january);
  EXPECT_EQ(january, (std::vector<std::string>{"varve/ward/2026-01", "varve/ward/2026-01.2"}));
  EXPECT_EQ(*keys({202'602}), std::vector<std::string>{"varve/ward/2026-02"});
  EXPECT_TRUE(keys({202'603})->empty());
}

TEST_F(World, SaysWhatIsMissing) {
  HsmConfig wrong = hsm_config();
  wrong.token = "pkcs11:token=another";
  EXPECT_EQ(open_tokens(all(wrong)).error().code, Code::kNotFound);
  wrong = hsm_config();
  wrong.pin = "file:/nowhere/pin";
  EXPECT_FALSE(open_tokens(all(wrong)));
  const auto token = open_tokens(all(hsm_config()));
  ASSERT_TRUE(token);
  const auto no_key = prepare_site(config, directory.string(), **token);
  ASSERT_FALSE(no_key);
  EXPECT_EQ(no_key.error().code, Code::kNotFound);
  EXPECT_NE(no_key.error().message.find("ward"), std::string::npos);
  EXPECT_NE(no_key.error().message.find("give its vkey"), std::string::npos)
      << no_key.error().message;
  EXPECT_FALSE(prepare_site(config, "/nowhere", **token));
}

// The log moves from SoftHSM to NSS, a token of another kind, while it runs; then the first token
// is gone, and it opens with the second alone.
TEST_F(World, MovesALogToATokenOfAnotherKind) {
  varve::testing::NssToken nss;
  nss.make_key("ward-2");
  Config both = all(hsm_config());
  HsmConfig second;
  second.module = varve::testing::NssToken::module();
  second.token = varve::testing::NssToken::kUri;
  second.pin = "file:" + nss.pin_file().string();
  both.further_hsms = {second};
  std::string vkey;
  TreeSize size;
  {
    const auto tokens = open_tokens(both);
    ASSERT_TRUE(tokens) << tokens.error().message;
    ASSERT_TRUE((*tokens)->first().create_key_pair(format::Algorithm::kEd25519, "ward-1"));
    auto site = prepare_site(config, directory.string(), **tokens);
    ASSERT_TRUE(site) << site.error().message;
    const format::VerifierKey first = site->options.first_key;
    vkey = format::format_vkey(first);
    const auto log = Log::open(site->options, environment_of(*site, **tokens));
    ASSERT_TRUE(log) << log.error().message;
    const auto found = (*tokens)->find_public_key("pkcs11:object=ward-2");
    ASSERT_TRUE(found) << found.error().message;
    const auto next = format::make_verifier_key(first.name, found->algorithm, found->key);
    const auto append = [&](const format::KeyEvent& event,
                            std::vector<format::VerifierKey> signers) {
      format::Note note{format::key_event_text(event), {}};
      for (const auto& key : signers) {
        const auto signature = (*tokens)->sign(key.key, bytes_of(note.text));
        ASSERT_TRUE(signature) << signature.error().message;
        note.signatures.push_back({key.name, key.id, *signature});
      }
      std::promise<Result<Appended>> done;
      (*log)->append_control(format::Kind::kKeyEvent, format::format_note(note),
                             [&](Result<Appended> result) { done.set_value(std::move(result)); });
      const auto appended = done.get_future().get();
      ASSERT_TRUE(appended) << appended.error().message;
    };
    append({format::KeyAction::kRotate, first.name, *next}, {first, *next});
    EXPECT_EQ(format::parse_note((*log)->latest()->note)->signatures.size(), 2u);
    append({format::KeyAction::kRetire, first.name, first}, {*next});
    EXPECT_EQ(format::parse_note((*log)->latest()->note)->signatures.front().id, next->id);
    size = (*log)->latest()->checkpoint.size;
    (*log)->stop();
  }
  Config moved = all(second);
  moved.further_hsms = {hsm_config()};  // months from before are locked up there
  config.key = vkey;
  const auto tokens = open_tokens(moved);
  ASSERT_TRUE(tokens) << tokens.error().message;
  auto site = prepare_site(config, directory.string(), **tokens);
  ASSERT_TRUE(site) << site.error().message;
  const auto log = Log::open(site->options, environment_of(*site, **tokens));
  ASSERT_TRUE(log) << log.error().message;
  EXPECT_EQ((*log)->latest()->checkpoint.size, size);
  (*log)->stop();
  config.key = "ward-1";
  EXPECT_FALSE(prepare_site(config, directory.string(), **tokens));
}

}  // namespace
}  // namespace varve::tools
