// SIGHUP at the real server: all that can be taken up is, or nothing, and no sender notices.
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <sstream>

#include "installation.h"
#include "sender.h"

namespace varve::system {
namespace {

std::size_t count_in(const std::string& text, const std::string& part) {
  std::size_t times = 0;
  for (std::size_t at = 0; (at = text.find(part, at)) != std::string::npos; ++at) ++times;
  return times;
}

class Reload : public ::testing::Test {
 protected:
  [[nodiscard]] std::size_t lines(const std::string& event) const {
    return count_in(varve_.server_log(), "\"event\":\"" + event + "\"");
  }
  [[nodiscard]] bool said(const std::string& text) const {
    return varve_.server_log().find(text) != std::string::npos;
  }
  /// The same, once it is written.
  [[nodiscard]] bool comes(const std::string& text) const {
    return wait_until([&] { return said(text); });
  }
  /// SIGHUP, and waits until it was answered so.
  void reload(const std::string& answer = "reloaded") {
    const std::size_t before = lines(answer);
    varve_.server().send(SIGHUP);
    ASSERT_TRUE(wait_until([&] { return lines(answer) > before; })) << varve_.server_log();
  }
  [[nodiscard]] std::string config() const { return read_text(varve_.path("varved.toml")); }
  void configure(const std::string& text) const { write_text(varve_.path("varved.toml"), text); }
  /// Behind the line [server].
  [[nodiscard]] std::string with_server_keys(const std::string& keys) const {
    std::string text = config();
    return text.insert(text.find("[server]\n") + 9, keys);
  }
  [[nodiscard]] std::string get(const std::string& path, const Words& more = {}) const {
    Words words = {
        "curl", "-sS", "-i", "--cacert", varve_.path("ca.pem"), varve_.server_url() + path};
    words.insert(words.end(), more.begin(), more.end());
    return run(words).output;
  }
  [[nodiscard]] std::string bearer(const std::string& role) const {
    const std::string token = read_text(varve_.token_file(role));
    return "Authorization: Bearer " + token.substr(0, token.find('\n'));
  }
  [[nodiscard]] std::string metrics() const { return get("/metrics"); }

  Installation varve_;
};

// Each is answered before the next, so fifty are taken up, under appends that are all kept.
TEST_F(Reload, UnderAppendsLosesNothingAndClosesNothing) {
  varve_.start();
  Senders senders(varve_, 2, "reload");
  ASSERT_TRUE(wait_until([&] { return senders.promises() > 0; }));
  const std::size_t opened = count_in(metrics(), "varve_reload_refused 0\n");
  EXPECT_EQ(opened, 1U);
  const std::string as_it_was = config();
  for (int i = 0; i < 50; ++i) {
    configure(as_it_was);
    configure(with_server_keys("requests_max = " + std::to_string(2'000 + i) + "\n"));
    reload();
  }
  EXPECT_EQ(count_in(varve_.server_log(), "\"changed\":\"[server] requests_max\""), 50U);
  const std::size_t before = senders.promises();
  ASSERT_TRUE(wait_until([&] { return senders.promises() > before; }));
  senders.stop();
  EXPECT_TRUE(senders.refusals().empty());
  const std::vector<format::VerifierKey> known = {*format::parse_vkey(varve_.vkey())};
  for (const Promise& promise : senders.all())
    EXPECT_TRUE(check_promise(promise, known)) << promise.key;
  must_run({Installation::program("varve-audit"), "check", varve_.url(), "--vkey", varve_.vkey(),
            "--ca", varve_.path("ca.pem"), "--bearer-file", varve_.token_file("read")});
  EXPECT_EQ(varve_.stop(), 0);
}

// The first start chose the port that the file has since then: that waits, too.
TEST_F(Reload, TakesUpLimitsAndNamesWhatWaitsForAStart) {
  varve_.start();
  EXPECT_NE(get("/healthz").find("Strict-Transport-Security: max-age=31536000\r\n"),
            std::string::npos);
  const std::string good = config();
  configure(with_server_keys("log_level = \"debug\"\nworkers = 3\nallow = [\"127.0.0.0/8\"]\n") +
            "[[client]]\nname = \"who-append\"\nbytes_per_second = 1\n");
  reload();
  EXPECT_TRUE(
      comes("\"changed\":\"[[client]] who-append (added), [server] allow, [server] "
            "log_level\""))
      << varve_.server_log();
  EXPECT_TRUE(
      comes("takes these up when it starts the next time: [server] listen, [server] "
            "workers\""))
      << varve_.server_log();
  EXPECT_NE(get("/healthz").find(" 200 "), std::string::npos);
  const Words append = {"-H",
                        bearer("append"),
                        "-H",
                        "Content-Type: text/plain",
                        "--data-binary",
                        std::string(1'000, 'x')};
  EXPECT_NE(get("/logs/main/events", append).find(" 201 "), std::string::npos);
  const std::string refused = get("/logs/main/events", append);
  EXPECT_NE(refused.find(" 429 "), std::string::npos) << refused;
  EXPECT_NE(refused.find("retry-after: 9"), std::string::npos) << refused;

  configure(good);
  reload();
  EXPECT_TRUE(comes("when it starts the next time: [server] listen\"")) << varve_.server_log();
  EXPECT_NE(get("/logs/main/events", append).find(" 201 "), std::string::npos);
  configure(with_server_keys("allow = [\"192.0.2.0/24\"]\n"));
  reload();
  EXPECT_EQ(get("/healthz").find(" 200 "), std::string::npos);
  EXPECT_TRUE(comes("\"address_not_allowed\""));
  EXPECT_EQ(varve_.stop(), 0);
}

TEST_F(Reload, ChangesNothingWhereAnythingIsWrong) {
  varve_.start();
  client::HttpClient kept = varve_.connect("append");
  ASSERT_TRUE(post_events(kept, "one", {"{}"}));
  const std::string good = config();
  const std::string key = read_text(varve_.path("tls.key"));
  const std::string access = read_text(varve_.path("access"));
  must_run({"openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out",
            varve_.path("tls.key")});
  write_text(varve_.path("access"), "# nobody\n");
  configure(with_server_keys("log_level = \"error\"\n"));
  reload("reload_refused");
  EXPECT_TRUE(comes("is not that of the certificate")) << varve_.server_log();
  EXPECT_NE(metrics().find("varve_reload_refused 1\n"), std::string::npos);
  EXPECT_NE(get("/whoami", {"-H", bearer("append")}).find(" 200 "), std::string::npos);

  write_text(varve_.path("tls.key"), key);
  configure(good + "[[log]]\nname = \"../x\"\n");
  reload("reload_refused");
  EXPECT_NE(get("/whoami", {"-H", bearer("append")}).find(" 200 "), std::string::npos);
  EXPECT_EQ(lines("reloaded"), 0U);

  configure(good);
  reload();
  EXPECT_NE(metrics().find("varve_reload_refused 0\n"), std::string::npos);
  const auto refused = post_events(kept, "two", {"{}"});
  ASSERT_TRUE(refused) << "the connection is still open: " << refused.error().message;
  EXPECT_EQ(refused->status, 401);
  write_text(varve_.path("access"), access);
  reload();
  EXPECT_EQ(post_events(kept, "two", {"{}"})->status, 201);
  EXPECT_EQ(varve_.stop(), 0);
}

/// The table of a log whose key is made, if `makes_key`.
class NewLog : public Reload {
 protected:
  [[nodiscard]] std::string log(const std::string& name, bool makes_key) const {
    Words words = {Installation::program("varve-keys"), "create"};
    for (const std::string& word : varve_.token_words()) words.push_back(word);
    for (const std::string& word :
         {std::string("--label"), name, std::string("--origin"), "audit.example.org/" + name})
      words.push_back(word);
    if (makes_key) must_run(words, varve_.variables());
    return "\n[[log]]\nname = \"" + name + "\"\norigin = \"audit.example.org/" + name +
           "\"\nkey = \"pkcs11:object=" + name + "\"\n";
  }
  /// A bearer token of a new line of the tokens file.
  [[nodiscard]] std::string grant(const std::string& roles, const std::string& on) const {
    const std::string made =
        must_run({Installation::program("varved"), "token", "of-" + on, roles, on});
    std::istringstream in(made);
    std::vector<std::string> lines;
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    write_text(varve_.path("access"), read_text(varve_.path("access")) + lines.at(4) + "\n");
    return "Authorization: Bearer " + lines.at(1);
  }
  [[nodiscard]] bool answers(const std::string& path, int status, const Words& more = {}) const {
    return get(path, more).find(" " + std::to_string(status) + " ") != std::string::npos;
  }
  [[nodiscard]] static Words append_by(const std::string& bearer) {
    return {"-H", bearer, "-H", "Content-Type: text/plain", "--data-binary", "x"};
  }
};

TEST_F(NewLog, JoinsAServerUnderAppendsAndIsThereAfterAStart) {
  varve_.start();
  Senders senders(varve_, 1, "join");
  ASSERT_TRUE(wait_until([&] { return senders.promises() > 0; }));
  const std::string bearer_of_new = grant("append", "second");
  configure(config() + log("second", true));
  reload();
  EXPECT_TRUE(comes("\"changed\":\"[[log]] second (added)\"")) << varve_.server_log();
  EXPECT_TRUE(comes("\"event\":\"grants_recorded\",\"log\":\"second\"")) << varve_.server_log();
  EXPECT_TRUE(answers("/logs/second/checkpoint", 200));
  EXPECT_TRUE(answers("/logs/second/events", 201, append_by(bearer_of_new)));
  EXPECT_TRUE(answers("/logs/main/events", 403, append_by(bearer_of_new)));
  EXPECT_NE(metrics().find("varve_log_tree_size{log=\"second\"}"), std::string::npos) << metrics();
  const std::size_t before = senders.promises();
  ASSERT_TRUE(wait_until([&] { return senders.promises() > before; }));
  senders.stop();
  EXPECT_TRUE(senders.refusals().empty());
  reload();
  EXPECT_TRUE(comes("when it starts the next time: [server] listen\"")) << varve_.server_log();
  EXPECT_EQ(varve_.stop(), 0);
  varve_.start();
  EXPECT_TRUE(answers("/logs/second/events", 201, append_by(bearer_of_new)));
  EXPECT_EQ(varve_.stop(), 0);
}

TEST_F(NewLog, ThatDoesNotOpenKeepsOtherNewOnesOutAndNobodyInWhoseAccessEnds) {
  varve_.start();
  const std::string good = config();
  const std::string bearer_of_new = grant("append", "second");
  const std::string second = log("second", true);
  const std::string of_main = grant("append", "main");
  reload();
  EXPECT_TRUE(answers("/logs/main/events", 201, append_by(of_main)));
  const std::string granted = read_text(varve_.path("access"));
  write_text(varve_.path("access"), granted.substr(0, granted.rfind("of-main ")));
  configure(good + second + log("third", false));
  reload("log_not_opened");
  EXPECT_TRUE(comes("no public key pkcs11:object=third")) << varve_.server_log();
  EXPECT_TRUE(answers("/logs/second/checkpoint", 404));
  EXPECT_TRUE(answers("/logs/main/events", 401, append_by(of_main)));
  EXPECT_TRUE(answers("/logs/main/events", 403, append_by(bearer_of_new)));
  EXPECT_NE(metrics().find("varve_reload_refused 1\n"), std::string::npos);
  EXPECT_FALSE(said("(added)")) << varve_.server_log();
  EXPECT_FALSE(std::filesystem::exists(varve_.path("data/second")));

  write_text(varve_.path("data/third"), "in the way\n");  // seen when it is opened
  configure(good + second + log("third", true));
  reload("log_not_opened");
  EXPECT_TRUE(answers("/logs/second/checkpoint", 404));
  std::filesystem::remove(varve_.path("data/third"));
  reload();
  EXPECT_TRUE(comes("\"changed\":\"[[log]] second (added), [[log]] third (added)\""));
  EXPECT_NE(metrics().find("varve_reload_refused 0\n"), std::string::npos);
  EXPECT_TRUE(answers("/logs/second/events", 201, append_by(bearer_of_new)));
  EXPECT_TRUE(answers("/logs/third/checkpoint", 200));
  EXPECT_EQ(varve_.stop(), 0);
}

// The old one goes on where it is shown already.
TEST_F(Reload, ShowsTheNewCertificateToWhoeverConnectsNext) {
  varve_.start();
  client::HttpClient kept = varve_.connect("append");
  ASSERT_TRUE(post_events(kept, "one", {"{}"}));
  const auto shown = [this] {
    const std::string target = varve_.server_url().substr(std::string("https://").size());
    return run({"sh", "-c",
                "openssl s_client -connect " + target +
                    " </dev/null 2>/dev/null | openssl x509 -noout -fingerprint"})
        .output;
  };
  const std::string before = shown();
  varve_.make_certificates(20);
  EXPECT_EQ(shown(), before);
  reload();
  EXPECT_NE(shown(), before);
  EXPECT_NE(shown().find("Fingerprint="), std::string::npos);
  EXPECT_TRUE(comes("\"certificate_ends\"")) << varve_.server_log();
  EXPECT_EQ(post_events(kept, "two", {"{}"})->status, 201);
  EXPECT_EQ(varve_.stop(), 0);
}

}  // namespace
}  // namespace varve::system
