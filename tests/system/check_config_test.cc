// Configurations that cannot run: `varved check-config` refuses each with its reason, so does a
// start, and neither leaves anything in the data directory.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <csignal>
#include <filesystem>
#include <functional>

#include "installation.h"

namespace varve::system {
namespace {

namespace fs = std::filesystem;

/// A line of the configuration and its replacement.
struct Wrong {
  std::string line;     // begins with this
  std::string instead;  // lines
  std::string message;  // part of what is said
};

class CheckConfig : public ::testing::Test {
 protected:
  void SetUp() override { fs::create_directory(path("empty")); }

  [[nodiscard]] std::string path(const std::string& name) const { return varve_.path(name); }
  [[nodiscard]] static std::string quoted(const std::string& key, const std::string& value) {
    return key + " = \"" + value + "\"\n";
  }
  [[nodiscard]] std::string good() const {
    return "[server]\nlisten = \"127.0.0.1:0\"\n" + quoted("tls_certificate", path("tls.pem")) +
           quoted("tls_key", path("tls.key")) + quoted("data", path("empty")) +
           quoted("tokens", path("access")) + "[hsm]\n" + quoted("module", kSoftHsm) +
           "token = \"pkcs11:token=system\"\n" + quoted("pin", "file:" + path("pin")) +
           "timeout_ms = " + std::to_string(kPatienceMs) + "\n[[log]]\nname = \"main\"\n" +
           quoted("origin", kOrigin) + "key = \"pkcs11:object=first\"\n";
  }
  /// The good one with its line changed; a line of its own at the end where it has no such line.
  [[nodiscard]] std::string with(const Wrong& wrong) const {
    std::string text = good();
    const std::size_t at = text.find("\n" + wrong.line + " = ");
    if (at == std::string::npos) return text + wrong.instead;
    return text.replace(at + 1, text.find('\n', at + 1) - at, wrong.instead);
  }

  [[nodiscard]] Outcome check(const std::string& text, const Words& more = {}) const {
    write_text(path("c.toml"), text);
    Words words{Installation::program("varved"), "check-config", "--config", path("c.toml")};
    words.insert(words.end(), more.begin(), more.end());
    return run(words, varve_.variables());
  }
  /// Exit code 0 when it serves, which ends it.
  [[nodiscard]] Outcome start(const std::string& text) const {
    write_text(path("c.toml"), text);
    write_text(path("c.log"), "");
    Process server({Installation::program("varved"), "--config", path("c.toml")}, path("c.log"),
                   varve_.variables());
    const auto serves = [this] {
      return read_text(path("c.log")).find("\"listening\"") != std::string::npos;
    };
    wait_until([&] { return !server.running() || serves(); });
    const int exit_code = serves() ? 0 : server.wait_ms();
    return {exit_code, read_text(path("c.log"))};
  }
  [[nodiscard]] bool nothing_was_made() const { return fs::is_empty(path("empty")); }

  static void expect_refused(const Outcome& outcome, const std::string& message) {
    EXPECT_GE(outcome.exit_code, 10) << outcome.output;
    EXPECT_LE(outcome.exit_code, 17) << outcome.output;
    EXPECT_NE(outcome.output.find(message), std::string::npos) << outcome.output;
  }

  Installation varve_;
};

TEST_F(CheckConfig, LooksAtTheFileOfVarveConfigUnlessOneIsGiven) {
  write_text(path("named.toml"), "this is no configuration");
  Variables variables = varve_.variables();
  variables["VARVE_CONFIG"] = path("named.toml");
  const Outcome named = run({Installation::program("varved"), "check-config"}, variables);
  EXPECT_EQ(named.exit_code, 10) << named.output;
  EXPECT_NE(named.output.find("named.toml"), std::string::npos) << named.output;
  EXPECT_EQ(run({Installation::program("varved")}, variables).exit_code, 10) << "it would serve";
  write_text(path("given.toml"), good());
  const Outcome given = run(
      {Installation::program("varved"), "check-config", "--config", path("given.toml")}, variables);
  EXPECT_EQ(given.exit_code, 0) << given.output;
  const Outcome before = run(
      {Installation::program("varved"), "--config", path("given.toml"), "check-config"}, variables);
  EXPECT_EQ(before.exit_code, 2) << before.output;
}

TEST_F(CheckConfig, RefusesWhatAStartRefusesAndNeitherWritesAnything) {
  write_text(path("none"), "");
  write_text(path("open-pin"), varve_.pin());
  ::chmod(path("open-pin").c_str(), 0644);
  write_text(path("windows-pin"), varve_.pin() + "\r\n");
  fs::create_directory_symlink(path("empty"), path("marks-in-data"));
  must_run({"openssl", "pkey", "-in", path("tls.key"), "-aes256", "-passout", "pass:secret", "-out",
            path("locked.key")});
  std::string other_vkey = varve_.vkey();
  other_vkey.replace(0, std::string(kOrigin).size(), "another.example.org/system");
  const std::string further =
      "[[further_hsm]]\n" + quoted("module", kSoftHsm) + "token = \"pkcs11:token=system\"\n";
  const std::vector<Wrong> table = {
      {"data", quoted("data", path("nowhere")), "[server] data: " + path("nowhere")},
      {"data", quoted("data", path("none")), "is not a directory"},
      {"tokens", quoted("tokens", path("nowhere")), "[server] tokens: "},
      {"tokens", quoted("tokens", path("tls.pem")), path("tls.pem") + ": line 1"},
      {"listen", "listen = \"localhost:8443\"\n", "localhost is not an IP address"},
      {"listen", "listen = \"192.0.2.1:0\"\n", "192.0.2.1:0: Cannot assign requested address"},
      {"tls_certificate", quoted("tls_certificate", path("nowhere")), "TLS certificate"},
      {"tls_certificate", quoted("tls_certificate", path("ca.pem")), "is not that of the certif"},
      {"tls_key", quoted("tls_key", path("nowhere")), "TLS key"},
      {"tls_key", quoted("tls_key", path("locked.key")), "TLS key"},
      {"tls_key", "", "go together"},
      {"module", "module = \"libsofthsm2.so\"\n", "[hsm] module: libsofthsm2.so is not an abs"},
      {"module", quoted("module", path("nowhere")), "[hsm] module: " + path("nowhere")},
      {"module", quoted("module", path("empty")), "is not a file"},
      {"token", "token = \"system\"\n", "[hsm] token: not a PKCS#11 URI"},
      {"token", "token = \"pkcs11:\"\n", "names no token"},
      {"token", "token = \"pkcs11:token=system;pin-value=1\"\n", "must not carry a PIN"},
      {"pin", "pin = \"1234\"\n", "[hsm] pin: a PIN is given as"},
      {"pin", quoted("pin", "file:" + path("nowhere")), "[hsm] pin: cannot open"},
      {"pin", quoted("pin", "file:" + path("none")), "is empty"},
      {"pin", quoted("pin", "file:" + path("open-pin")), "open to every user"},
      {"pin", "pin = \"fd:three\"\n", "is not a file descriptor"},
      {"further_hsm", further + "pin = \"4711\"\n", "[[further_hsm]] pin: a PIN is given as"},
      {"origin", "origin = \"audit example\"\n", "[[log]] main origin: \"audit example\""},
      {"origin", "origin = \"a+b\"\n", "is no origin"},
      {"key", "key = \"first\"\n", "[[log]] main key: give the key's PKCS#11 URI"},
      {"key", "key = \"pkcs11:token=system\"\n", "names no key"},
      {"key", quoted("key", other_vkey), "[[log]] main key: "},
      {"kek_prefix", quoted("kek_prefix", std::string(250, 'k')), "the prefix is too long"},
      {"pin", quoted("pin", "file:" + path("windows-pin")), "a carriage return"},
      {"high_water_mark", quoted("high_water_mark", path("nowhere")), path("nowhere")},
      {"high_water_mark", quoted("high_water_mark", path("marks-in-data")),
       "lies in the directory"},
      {"witness_policy", quoted("witness_policy", path("nowhere")),
       "[[log]] main witness_policy: " + path("nowhere")},
      {"witness_policy", quoted("witness_policy", path("none")), "it has no line quorum"},
      {"name", "name = \"../main\"\n", "a log's name is"},
      {"log_level", "[[log]]\nname = \"main\"\norigin = \"o\"\nkey = \"pkcs11:object=first\"\n",
       "two logs are named main"},
  };
  for (const Wrong& wrong : table) {
    SCOPED_TRACE(wrong.instead);
    expect_refused(check(with(wrong)), wrong.message);
    expect_refused(start(with(wrong)), wrong.message);
    EXPECT_TRUE(nothing_was_made());
  }
}

// Plain HTTP replaces two lines.
TEST_F(CheckConfig, RefusesPlainHttpForEverybody) {
  std::string text = with({"tls_key", "plain_http = true\n", ""});
  text.erase(text.find("tls_certificate"), text.find("tls.pem") + 9 - text.find("tls_certificate"));
  EXPECT_EQ(check(text).exit_code, 0) << check(text).output;
  text.replace(text.find("127.0.0.1"), 9, "0.0.0.0");
  expect_refused(check(text), "plain HTTP is for loopback only");
  expect_refused(start(text), "plain HTTP is for loopback only");
  EXPECT_TRUE(nothing_was_made());
}

TEST_F(CheckConfig, SaysEverythingThatIsWrongAndNotTheFirstAlone) {
  std::string text = with({"pin", "pin = \"1234\"\n", ""});
  text.replace(text.find("pkcs11:object=first"), 19, "first");
  text.replace(text.find(path("access")), path("access").size(), path("nowhere"));
  for (const Outcome& outcome : {check(text), start(text)})
    for (const char* part : {"[server] tokens: ", "[hsm] pin: ", "[[log]] main key: "})
      EXPECT_NE(outcome.output.find(part), std::string::npos) << outcome.output;
  EXPECT_EQ(check(text).output.find("1234"), std::string::npos) << "a PIN in a message";
}

TEST_F(CheckConfig, AsksTheTokensOnlyWhenItIsTold) {
  EXPECT_EQ(check(good()).exit_code, 0) << check(good()).output;
  EXPECT_EQ(check(good(), {"--token"}).exit_code, 0) << check(good(), {"--token"}).output;
  const std::string no_key =
      "[[log]]\nname = \"two\"\norigin = \"o\"\nkey = \"pkcs11:object=no\"\n";
  const std::vector<Wrong> table = {
      {"module", quoted("module", path("access")), "cannot load the PKCS#11 module"},
      {"token", "token = \"pkcs11:token=another\"\n", "another"},
      {"key", "key = \"pkcs11:object=second\"\n", "looking for the key of log main"},
      {"log_level", no_key, "looking for the key of log two"},  // the first log is good
  };
  for (const Wrong& wrong : table) {
    SCOPED_TRACE(wrong.instead);
    EXPECT_EQ(check(with(wrong)).exit_code, 0);
    expect_refused(check(with(wrong), {"--token"}), wrong.message);
    expect_refused(start(with(wrong)), wrong.message);
    EXPECT_TRUE(nothing_was_made());
  }
}

TEST_F(CheckConfig, AWrongPinIsTriedOnceAndLeavesItsNoteAlone) {
  varve_.set_pin("wrong-1234");
  EXPECT_EQ(check(good()).exit_code, 0);
  expect_refused(check(good(), {"--token"}), "PIN");
  expect_refused(start(good()), "nobody has said since that it may be tried again");
  for (const auto& entry : fs::directory_iterator(path("empty")))
    EXPECT_TRUE(entry.path().filename().string().starts_with("PIN-REFUSED.")) << entry.path();
}

TEST_F(CheckConfig, AnAddressInUseStopsAStartAndNotACheck) {
  varve_.start();
  const std::string text = read_text(varve_.path("varved.toml"));
  const std::size_t at = text.find("listen");
  const std::string listen = text.substr(at, text.find('\n', at) + 1 - at);
  const std::string taken = with({"listen", listen, ""});
  EXPECT_EQ(check(taken).exit_code, 0) << check(taken).output;
  EXPECT_NE(check(taken).output.find("right when varved runs"), std::string::npos);
  const Outcome second = start(taken);
  EXPECT_EQ(second.exit_code, 15) << second.output;
  EXPECT_TRUE(nothing_was_made());
}

// The one mode for what others could change, the other for what they could read.
TEST_F(CheckConfig, RefusesWhatOthersMayChangeOrASecretThatTheyMayRead) {
  fs::create_directory(path("marks"));
  write_text(path("marks/main.mark"), "");
  fs::create_directory(path("empty/main"));
  write_text(path("empty/main/catalogue"), "");
  fs::copy(kSoftHsm, path("module.so"));
  const std::string text = with({"module", quoted("module", path("module.so")), ""}) +
                           quoted("high_water_mark", path("marks"));
  struct Trusted {
    std::string path;
    unsigned right;
    unsigned wrong;
  };
  const std::vector<Trusted> table = {
      {path("c.toml"), 0644, 0646},          {path("access"), 0644, 0602},
      {path("tls.pem"), 0644, 0646},         {path("tls.key"), 0640, 0644},
      {path("tls.key"), 0600, 0601},         {path("pin"), 0440, 0444},
      {path("module.so"), 0755, 0757},       {path("empty"), 0755, 01777},
      {path("empty/main"), 0700, 0702},      {path("marks"), 0755, 0757},
      {path("marks/main.mark"), 0644, 0646},
  };
  const auto give = [](const std::string& what, unsigned mode) {
    ASSERT_EQ(::chmod(what.c_str(), mode), 0);
  };
  write_text(path("c.toml"), text);
  for (const Trusted& trusted : table) give(trusted.path, trusted.right);
  EXPECT_EQ(check(text).exit_code, 0) << check(text).output;
  for (const Trusted& trusted : table) {
    SCOPED_TRACE(trusted.path);
    give(trusted.path, trusted.wrong);
    expect_refused(check(text), trusted.path);
    expect_refused(start(text), trusted.path);
    give(trusted.path, trusted.right);
  }
  // What others cannot reach they cannot change.
  give(path("empty/main/catalogue"), 0666);
  EXPECT_EQ(check(text).exit_code, 0) << check(text).output;
  give(path("empty/main"), 0755);
  expect_refused(check(text), path("empty/main/catalogue"));
}

TEST_F(CheckConfig, ATokensFileThatOthersMayChangeIsNotTakenWhileItServesEither) {
  varve_.start();
  ASSERT_EQ(::chmod(path("access").c_str(), 0602), 0);
  varve_.server().send(SIGHUP);
  EXPECT_TRUE(wait_until([this] {
    const std::string log = varve_.server_log();
    return log.find("\"reload_refused\"") != std::string::npos &&
           log.find(path("access") + " can be changed by every user") != std::string::npos;
  }));
  EXPECT_EQ(varve_.stop(), 0);
}

TEST_F(CheckConfig, TwoLogsWithTheSameKeysOfMonthsAreRefused) {
  const std::string two =
      "[[log]]\nname = \"two\"\norigin = \"o\"\nkey = \"pkcs11:object=first\"\n"
      "kek_prefix = \"varve/main\"\n";
  expect_refused(check(good() + two), "two logs have the kek_prefix varve/main");
  expect_refused(start(good() + two), "two logs have the kek_prefix varve/main");
  EXPECT_TRUE(nothing_was_made());
}

/// `ulimit -n` before varved.
Words limited(unsigned files) {
  return {"sh", "-c", "ulimit -n " + std::to_string(files) + " && exec \"$0\" \"$@\""};
}

// A connection is a descriptor: what logs and tokens need comes first, and a log line says so.
TEST_F(CheckConfig, DescriptorsThatAreFewLimitTheConnections) {
  write_text(path("c.toml"), good());
  const auto with_limit = [&](unsigned files) {
    Words words = limited(files);
    for (const char* word : {"check-config", "--config"}) words.emplace_back(word);
    words.insert(words.begin() + 3, Installation::program("varved"));
    words.push_back(path("c.toml"));
    return run(words, varve_.variables());
  };
  expect_refused(with_limit(40), "may open 40 files");
  const Outcome few = with_limit(300);
  EXPECT_EQ(few.exit_code, 0) << few.output;
  EXPECT_NE(few.output.find("instead of connections_max = 4096"), std::string::npos) << few.output;
}

// Of a certificate that is about to end (the one here has two days), and of a mark that is not there
// though the log has records.
TEST_F(CheckConfig, SaysWhatStandsInNobodysWayButIsWorthALine) {
  EXPECT_NE(check(good()).output.find(path("tls.pem") + " expires on "), std::string::npos);
  EXPECT_EQ(start(good()).exit_code, 0);
  EXPECT_NE(read_text(path("c.log")).find("\"certificate_ends\""), std::string::npos);
  EXPECT_EQ(read_text(path("c.log")).find("\"mark_missing\""), std::string::npos);
  const auto of_client = [&](const std::string& name) {
    return check(good() + "[[client]]\n" + quoted("name", name)).output;
  };
  EXPECT_NE(of_client("who-apend").find("[[client]] who-apend: no line"), std::string::npos);
  EXPECT_EQ(of_client("who-append").find("[[client]]"), std::string::npos);
  fs::create_directory(path("marks"));
  const std::string marked = good() + quoted("high_water_mark", path("marks"));
  EXPECT_EQ(start(marked).exit_code, 0);
  EXPECT_NE(read_text(path("c.log")).find("\"mark_missing\""), std::string::npos);
}

// A new log keeps its records for as long as the configuration says; of one that exists it changes
// nothing, and who thinks so hears otherwise.
TEST_F(CheckConfig, SaysHowLongALogKeepsItsRecords) {
  const auto started_with = [this](const std::string& days) {
    EXPECT_EQ(start(good() + "retention_days = " + days + "\n").exit_code, 0);
    return read_text(path("c.log"));
  };
  const std::string made = started_with("3653");
  EXPECT_NE(made.find("\"retention_days\":3653"), std::string::npos) << made;
  EXPECT_EQ(made.find("retention_differs"), std::string::npos) << made;
  const std::string shortened = started_with("30");
  EXPECT_NE(shortened.find("\"retention_days\":3653"), std::string::npos) << shortened;
  EXPECT_NE(shortened.find("retention_differs"), std::string::npos) << shortened;
  EXPECT_EQ(start(good()).exit_code, 0);
  EXPECT_EQ(read_text(path("c.log")).find("retention_differs"), std::string::npos);
}

// Of logs that exist the configuration may say nothing, or another mode than their records do.
TEST_F(CheckConfig, RefusesADraftBesideALockedLogByWhatTheirRecordsSay) {
  const std::string two =
      "[[log]]\nname = \"two\"\norigin = \"o\"\nkey = \"pkcs11:object=first\"\n";
  const std::string refused = "log main is a draft and log two is locked";
  ASSERT_EQ(start(good() + "mode = \"draft\"\n").exit_code, 0);
  expect_refused(start(good() + two), refused);
  EXPECT_FALSE(fs::exists(path("empty/two"))) << "the new log was not made";
  const std::string alone = good().substr(0, good().find("[[log]]")) + two;
  ASSERT_EQ(start(alone).exit_code, 0);
  expect_refused(start(good() + two), refused);
  expect_refused(start(alone + good().substr(good().find("[[log]]"))), refused);
}

}  // namespace
}  // namespace varve::system
