// Month keys on a real token, and varve-keys kek as an operator runs it.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "ledger/base/month.h"
#include "ledger/env/posix.h"
#include "months.h"
#include "sender.h"

namespace varve::system {

class Kek : public ::testing::Test {
 protected:
  static constexpr int kExitInvalid = 10;
  static constexpr int kExitNotFound = 11;
  static constexpr int kExitWorm = 12;
  static constexpr int kExitCorrupt = 13;
  static constexpr int kExitGone = 18;

  Outcome kek(const std::string& command, const Words& more = {}) {
    return kek_at("data/main", command, more);
  }
  /// Keys of the log main, with what is in another directory.
  Outcome kek_at(const std::string& store, const std::string& command, const Words& more) {
    Words words{Installation::program("varve-keys"), "kek", command};
    for (const std::string& word : varve_.token_words()) words.push_back(word);
    for (const std::string& word : {std::string("--prefix"), std::string("varve/main"),
                                    std::string("--store"), varve_.path(store)})
      words.push_back(word);
    if (command == "destroy") words.insert(words.end(), {"--vkey", varve_.vkey()});
    words.insert(words.end(), more.begin(), more.end());
    return run(words, varve_.variables());
  }
  Outcome audit() {
    return run({Installation::program("varved"), "audit", "--config", varve_.path("varved.toml")},
               varve_.variables());
  }
  void expect_all_there() {
    const Outcome audited = audit();
    EXPECT_EQ(audited.exit_code, 0) << audited.output;
    EXPECT_EQ(audited.output.find("cannot be read"), std::string::npos) << audited.output;
  }
  Outcome check() {
    return run({Installation::program("varve-audit"), "check", varve_.url(), "--vkey",
                varve_.vkey(), "--ca", varve_.path("ca.pem"), "--bearer-file",
                varve_.token_file("read")});
  }
  static void expect_january_gone(const Outcome& outcome) {
    EXPECT_EQ(outcome.exit_code, kExitGone) << outcome.output;
    EXPECT_NE(outcome.output.find(gone_text(5)), std::string::npos) << outcome.output;
  }
  int append_status(const std::string& key) {
    client::HttpClient client = varve_.connect("append");
    const auto response = post_events(client, key, {"{\"key\":\"" + key + "\"}"});
    return response ? response->status : 0;
  }
  /// All that is on it, from a copy of its directory.
  void put_back_the_token(const std::string& backup) {
    std::filesystem::remove_all(varve_.path("softhsm"));
    std::filesystem::copy(varve_.path(backup), varve_.path("softhsm"),
                          std::filesystem::copy_options::recursive);
  }
  /// The month of a log that was made now, as the store calls it.
  static std::string store_month() { return month_text(month_of(env::posix_clock().now_us())); }
  int get_status(const std::string& path) {
    const auto response = varve_.connect("read").get(path);
    return response ? response->status : 0;
  }

  Installation varve_;
};

}  // namespace varve::system
