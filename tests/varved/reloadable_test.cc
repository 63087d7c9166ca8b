// What a reload takes up: the page, the table in the program and what becomes of a configuration say the same.
#include "tools/varved/reloadable.h"

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <regex>

#include "tests/directories.h"

namespace varve::tools {
namespace {

using Names = std::vector<std::string>;

/// The words in backquotes.
Names quoted_in(const std::string& text) {
  static const std::regex kQuoted("`([^`]+)`");
  Names out;
  for (std::sregex_iterator at(text.begin(), text.end(), kQuoted), end; at != end; ++at)
    out.push_back((*at)[1]);
  return out;
}

/// The cells of the page's table, by the sections of its rows.
std::map<std::string, std::pair<std::string, std::string>> rows_of_page() {
  std::ifstream file(source_file("docs/operating/configuration.md"));
  std::map<std::string, std::pair<std::string, std::string>> out;
  bool inside = false;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("## ")) inside = line == "## Reload";
    if (!inside || !line.starts_with("| `[")) continue;
    const std::size_t second = line.find(" | ") + 3;
    const std::size_t third = line.find(" | ", second) + 3;
    for (const std::string& section : quoted_in(line.substr(0, second)))
      out[section] = {line.substr(second, third - second), line.substr(third)};
  }
  return out;
}

/// Whether a cell says "all" or names the key; "all others" is all that the other cell does not name.
bool says(const std::string& cell, const std::string& other, const std::string& key) {
  const auto names = [&key](const std::string& text) {
    const Names quoted = quoted_in(text);
    return std::ranges::find(quoted, key) != quoted.end();
  };
  return names(cell) || (cell.starts_with("all") && !names(other));
}

TEST(Reloadable, EachKeyIsInOneColumnOfThePageWhichIsThatOfTheProgram) {
  const auto rows = rows_of_page();
  ASSERT_EQ(rows.size(), 9U);
  for (const std::string& key : config_keys()) {
    std::string section = key.substr(0, key.rfind('.'));
    const std::string name = key.substr(key.rfind('.') + 1);
    if (section == "issuer.grant") section = "issuer";
    const bool one = rows.contains("[" + section + "]");
    ASSERT_TRUE(one || rows.contains("[[" + section + "]]")) << key;
    const auto& [taken, waiting] = rows.at(one ? "[" + section + "]" : "[[" + section + "]]");
    EXPECT_EQ(says(taken, waiting, name), is_reloaded(key)) << key;
    EXPECT_NE(says(taken, waiting, name), says(waiting, taken, name)) << key;
  }
  for (const auto& [section, cells] : rows)
    for (const std::string& cell : {cells.first, cells.second})
      for (const std::string& name : quoted_in(cell)) {
        const std::string key = section.substr(section.rfind('[') + 1);
        const std::string whole = key.substr(0, key.find(']')) + "." + name;
        const Names keys = config_keys();
        if (name == "varved" || name.starts_with("[[")) continue;
        EXPECT_NE(std::ranges::find(keys, whole), keys.end()) << whole;
      }
}

const std::string kOneServer = "[server]\nplain_http = true\ndata = \"/d\"\ntokens = \"/t\"\n";
const std::string kOneHsm = "[hsm]\nmodule = \"/m\"\ntoken = \"pkcs11:token=v\"\npin = \"env:P\"\n";
const std::string kOneLog =
    "[[log]]\nname = \"a\"\norigin = \"example.org/a\"\nkey = \"pkcs11:object=a\"\n";
const std::string kRelp =
    "[[listener]]\nkind = \"relp\"\nlisten = \"127.0.0.1:1\"\nlog = \"a\"\nclient = \"w\"\n";

Config parsed(const std::string& text) {
  auto config = parse_config(text, "varved.toml");
  CHECK(config.has_value());
  return std::move(*config);
}

Config reloaded(const std::string& before, const std::string& after) {
  auto config = reloaded_config(parsed(before), parsed(after));
  CHECK(config.has_value());
  return std::move(*config);
}

ChangedKeys changed(const std::string& before, const std::string& after) {
  return changed_keys(*parsed(before).file, *parsed(after).file);
}

TEST(Reloadable, WhatChangedIsNamedKeyByKey) {
  const std::string before = kOneServer + "threads = 2\n" + kOneHsm + kOneLog + kRelp;
  const std::string after = kOneServer + "log_level = \"error\"\nthreads = 3\n" + kOneHsm +
                            kOneLog + "scrub_days = 3\nfirst_vkey = \"/v\"\n" + kRelp +
                            "connections_max = 9\n[[client]]\nname = \"w\"\n";
  const ChangedKeys found = changed(before, after);
  EXPECT_EQ(found.reloaded,
            (Names{"[[client]] w (added)", "[[listener]] relp 127.0.0.1:1 connections_max",
                   "[[log]] a first_vkey", "[server] log_level"}));
  EXPECT_EQ(found.waiting, (Names{"[[log]] a scrub_days", "[server] threads"}));
  EXPECT_TRUE(changed(after, after).reloaded.empty());
  EXPECT_EQ(changed(after, before).waiting, found.waiting);
}

TEST(Reloadable, WhitespaceCommentsAndOrderAreNoChange) {
  const ChangedKeys found =
      changed(kOneServer + kOneHsm + kOneLog, kOneHsm +
                                                  "# why\n[server]\ntokens='/t'\nplain_http=true\n"
                                                  "data = \"/d\" # where\n" +
                                                  kOneLog);
  EXPECT_TRUE(found.reloaded.empty());
  EXPECT_TRUE(found.waiting.empty());
}

TEST(Reloadable, ANewListenerAndALogThatIsTakenOutWaitAndANewLogAndANewIssuerDoNot) {
  const std::string more =
      "[[log]]\nname = \"b\"\norigin = \"o\"\nkey = \"k\"\n"
      "[[issuer]]\nissuer = \"https://i\"\naudience = [\"a\"]\nalgorithms = [\"ES256\"]\n"
      "keys = \"/k\"\nsmart_logs = [\"a\"]\n";
  const std::string all = kOneServer + kOneHsm + kOneLog;
  const ChangedKeys found = changed(all + kRelp, all + more);
  EXPECT_EQ(found.reloaded, (Names{"[[issuer]] https://i (added)", "[[log]] b (added)"}));
  EXPECT_EQ(found.waiting, Names{"[[listener]] relp 127.0.0.1:1 (taken out)"});
  EXPECT_EQ(changed(all + more, all).waiting, Names{"[[log]] b (taken out)"});
  const std::string logs = kOneHsm + more.substr(0, more.find("[[issuer]]")) + kOneLog;
  const Config joined = reloaded(all, kOneServer + logs);
  ASSERT_EQ(joined.logs.size(), 2U);
  EXPECT_EQ(joined.logs.back().name, "b") << "behind those that are served";
  EXPECT_EQ(reloaded(kOneServer + logs, all).logs.size(), 2U) << "none leaves";
}

// In between, a server that speaks plain HTTP would have a certificate that it cannot use.
TEST(Reloadable, OnlyAStartLeadsFromPlainHttpToTls) {
  const std::string rest = kOneHsm + kOneLog;
  const std::string secure =
      "[server]\ntls_certificate = \"/c\"\ntls_key = \"/k\"\ndata = \"/d\"\ntokens = \"/t2\"\n";
  const ChangedKeys found = changed(kOneServer + rest, secure + rest);
  EXPECT_EQ(found.reloaded, Names{"[server] tokens"});
  EXPECT_EQ(found.waiting,
            (Names{"[server] plain_http", "[server] tls_certificate", "[server] tls_key"}));
  const Config next = reloaded(kOneServer + rest, secure + rest);
  EXPECT_TRUE(next.server.tls.certificate.empty());
  EXPECT_EQ(next.tokens, "/t2");
}

TEST(Reloadable, TheConfigurationThatCountsHasWhatWasTakenUpAndKeepsTheRest) {
  const std::string before = kOneServer + kOneHsm + kOneLog + kRelp;
  const Config running = parsed(before);
  const std::string after =
      "[server]\nplain_http = true\ndata = \"/other\"\ntokens = \"/t2\"\n"
      "revoked = \"/r\"\naccess_records = \"before\"\nlog_level = \"error\"\nthreads = 9\n"
      "workers = 9\nallow = [\"::1\"]\nconnections_max = 5\nheader_bytes_max = 2048\n"
      "requests_max = 6\nrequests_per_client_max = 7\nrequests_per_second_per_client = 1\n"
      "requests_per_second_per_address = 2\nbytes_per_second_per_client = 3\n"
      "bytes_per_second_per_address = 4\nbody_bytes_max = 67108864\nbytes_per_second_min = 13\n"
      "idle_timeout_ms = 8\nheader_timeout_ms = 9\nbody_timeout_ms = 10\nwrite_timeout_ms = 11\n"
      "stop_timeout_ms = 12\n"
      "[hsm]\nmodule = \"/m2\"\ntoken = \"pkcs11:token=v\"\npin = \"env:P\"\n" +
      kOneLog + "scrub_days = 1\n" + kRelp + "connections_max = 2\nallow = [\"10.0.0.0/8\"]\n" +
      "[[client]]\nname = \"w\"\nrequests_per_second = 0\n";
  const Config next = reloaded(before, after);
  EXPECT_EQ(next.server.threads, 2U);
  EXPECT_EQ(next.workers, 2U);
  EXPECT_EQ(next.data, "/d");
  EXPECT_EQ(next.hsm.module, "/m");
  EXPECT_EQ(next.reads, running.reads);
  EXPECT_EQ(next.logs[0].options.scrub_period_s, running.logs[0].options.scrub_period_s);
  EXPECT_EQ(next.tokens, "/t2");
  EXPECT_EQ(next.revoked, "/r");
  EXPECT_EQ(next.log_level, api::Level::kError);
  EXPECT_FALSE(next.server.allow.empty());
  EXPECT_EQ(next.server.connections_max, 5U);
  EXPECT_EQ(next.server.header_bytes_max, 2048U);
  EXPECT_EQ(next.server.bytes_per_second_min, 13U);
  EXPECT_EQ(next.server.timeouts.stop.count(), 12);
  EXPECT_EQ(next.limits.requests_max, 6U);
  EXPECT_EQ(next.clients.each_client, (api::RateLimits{1, 3}));
  EXPECT_EQ(next.clients.each_address, (api::RateLimits{2, 4}));
  EXPECT_TRUE(next.clients.clients.contains("w"));
  ASSERT_EQ(next.listeners.size(), 1U);
  EXPECT_EQ(next.listeners[0].connections_max, 2U);
  EXPECT_FALSE(next.listeners[0].allow.empty());
}

const std::string kSecureServer =
    "[server]\ntls_certificate = \"/c\"\ntls_key = \"/k\"\ndata = \"/d\"\ntokens = \"/t\"\n";

std::string listener(const std::string& rest) {
  return "[[listener]]\nkind = \"relp-tls\"\nlisten = \"127.0.0.1:1\"\n" + rest;
}

// Or senders of one network write into the log of another, and any certificate of a CA in one client's name.
TEST(Reloadable, AListenerWithAKeyThatWaitsKeepsItsWholeTable) {
  const std::string rest =
      kSecureServer + kOneHsm + kOneLog + "[[log]]\nname = \"b\"\norigin = \"o\"\nkey = \"k\"\n";
  const std::string first = listener("log = \"a\"\nclient = \"x\"\nallow = [\"10.0.0.0/8\"]\n");
  const std::string others[] = {
      "log = \"b\"\nclient = \"x\"\nallow = [\"192.0.2.0/24\"]\nconnections_max = 7\n",
      "log = \"a\"\nclient = \"y\"\nallow = [\"192.0.2.0/24\"]\n",
      "log = \"a\"\nclient_ca = \"/ca\"\ntls_certificate = \"/c2\"\ntls_key = \"/k2\"\n"};
  for (const std::string& other : others)
    for (const bool back : {false, true}) {
      const std::string before = rest + (back ? listener(other) : first);
      const std::string after = rest + (back ? first : listener(other));
      const api::ListenerOptions was = parsed(before).listeners[0];
      const Config next = reloaded(before, after);
      EXPECT_TRUE(changed(before, after).reloaded.empty()) << other;
      EXPECT_EQ(changed_keys(*next.file, *parsed(before).file).waiting, Names()) << other;
      ASSERT_EQ(next.listeners.size(), 1U);
      const api::ListenerOptions& is = next.listeners[0];
      EXPECT_EQ(is.log, was.log);
      EXPECT_EQ(is.client, was.client);
      EXPECT_EQ(is.tls.client_ca, was.tls.client_ca);
      EXPECT_EQ(is.tls.certificate, was.tls.certificate);
      EXPECT_EQ(is.connections_max, was.connections_max);
      EXPECT_EQ(is.allow.empty(), was.allow.empty());
    }
  const ChangedKeys named = changed(rest + first, rest + listener(others[0]));
  EXPECT_EQ(named.waiting, (Names{"[[listener]] relp-tls 127.0.0.1:1 allow",
                                  "[[listener]] relp-tls 127.0.0.1:1 connections_max",
                                  "[[listener]] relp-tls 127.0.0.1:1 log"}));
}

// What a mistaken file left waiting does not hide what the mended one changes.
TEST(Reloadable, ComparesWithWhatCountsAndNotWithTheLastFile) {
  const std::string rest = kOneServer + kOneHsm + kOneLog;
  const std::string allow = "allow = [\"10.0.0.0/8\"]\n";
  const std::string other =
      "[[listener]]\nkind = \"relp\"\nlisten = \"127.0.0.1:1\"\nlog = \"a\"\n";
  const Config once =
      reloaded(rest + kRelp, rest + other + "client = \"z\"\n" + allow + "connections_max = 5\n");
  EXPECT_TRUE(once.listeners[0].allow.empty());
  const Config mended = parsed(rest + kRelp + allow);
  EXPECT_EQ(changed_keys(*once.file, *mended.file).reloaded,
            Names{"[[listener]] relp 127.0.0.1:1 allow"});
  EXPECT_TRUE(changed_keys(*once.file, *mended.file).waiting.empty());
  EXPECT_FALSE(reloaded_config(once, mended)->listeners[0].allow.empty());
}

// It still listens where it did, to whom the old list and the old CA were meant for.
TEST(Reloadable, AServerThatWillListenElsewhereKeepsWhoMayComeIn) {
  const std::string rest = kOneHsm + kOneLog;
  const std::string before = kSecureServer +
                             "listen = \"0.0.0.0:1\"\nallow = [\"10.0.0.0/8\"]\n"
                             "client_ca = \"/ca\"\nclient_certificates = \"required\"\n" +
                             rest;
  const std::string after =
      kSecureServer + "listen = \"127.0.0.1:1\"\nlog_level = \"error\"\n" + rest;
  const Config next = reloaded(before, after);
  EXPECT_EQ(next.server.address, "0.0.0.0");
  EXPECT_FALSE(next.server.allow.empty());
  EXPECT_EQ(next.server.tls.client_ca, "/ca");
  EXPECT_EQ(next.server.tls.client_certificates, api::ClientCertificates::kRequired);
  EXPECT_EQ(next.log_level, api::Level::kError);
  EXPECT_EQ(changed(before, after).waiting,
            (Names{"[server] allow", "[server] client_ca", "[server] client_certificates",
                   "[server] listen"}));
  EXPECT_EQ(changed(before, after).reloaded, Names{"[server] log_level"});
  const auto on = [&](const std::string& port, const std::string& more) {
    return kSecureServer + "listen = \"127.0.0.1:" + port + "\"\n" + more + rest;
  };
  const std::string allow = "allow = [\"10.0.0.0/8\"]\n";
  EXPECT_FALSE(reloaded(on("1", allow), on("2", "")).server.allow.empty());
  EXPECT_FALSE(reloaded(on("0", ""), on("2", allow)).server.allow.empty())
      << "the port that the first start chose";
}

// Each file is right by itself: the listener that the new one has no more still runs.
TEST(Reloadable, WhatCountsIsCheckedAsAWhole) {
  const std::string rest = kOneServer + kOneHsm + kOneLog;
  const std::string udp =
      "[[listener]]\nkind = \"syslog-udp\"\nlisten = \"127.0.0.1:1\"\nlog = \"a\"\n"
      "client = \"w\"\nlossy = true\n";
  const auto next = reloaded_config(
      parsed(rest + udp), parsed(rest + "[[client]]\nname = \"w\"\nallow = [\"10.0.0.0/8\"]\n"));
  ASSERT_FALSE(next);
  EXPECT_NE(next.error().message.find("allow is not for the client of a syslog-udp listener"),
            std::string::npos);
}

TEST(ClientTables, NameEveryMistake) {
  const std::string all = kOneServer + kOneHsm + kOneLog;
  const auto message_of = [&](const std::string& more) {
    const auto config = parse_config(all + more, "varved.toml");
    return config ? "accepted" : config.error().message;
  };
  const std::string udp =
      "[[listener]]\nkind = \"syslog-udp\"\nlisten = \"127.0.0.1:1\"\nlog = \"a\"\nclient = "
      "\"w\"\nlossy = true\n";
  const std::pair<std::string, std::string> table[] = {
      {"[[client]]\n", "[[client]] needs the key name"},
      {"[[client]]\nname = \"w\"\n[[client]]\nname = \"w\"\n", "two [[client]] tables are of w"},
      {"[[client]]\nname = \"w\"\nallow = []\n", "allow"},
      {"[[client]]\nname = \"w\"\nallow = [\"10.0.0.1/8\"]\n", "names one address of a network"},
      {"[[client]]\nname = \"w\"\nbytes_per_second = -1\n", "bytes_per_second is a whole number"},
      {"[client]\nname = \"w\"\n", "each client is a table of its own: [[client]]"},
      {udp + "[[client]]\nname = \"w\"\nallow = [\"10.0.0.0/8\"]\n",
       "allow is not for the client of a syslog-udp listener"},
      {udp + "[[client]]\nname = \"w\"\nbytes_per_second = 5\n", "accepted"},
  };
  for (const auto& [text, message] : table)
    EXPECT_NE(message_of(text).find(message), std::string::npos) << message_of(text);
}

}  // namespace
}  // namespace varve::tools
