// What an operator types, and what he edits.
#include "two_tokens.h"

#include <gtest/gtest.h>

#include <utility>

namespace varve::system {
namespace {

Words place_words(const TokenPlace& place, const std::string& prefix) {
  return {"--" + prefix + "module", place.module,
          "--" + prefix + "token",  place.uri,
          "--" + prefix + "pin",    "file:" + place.pin_file};
}

}  // namespace

TwoTokens::TwoTokens(TokenPlace other, unsigned timeout_ms)
    : own_{kSoftHsm, "pkcs11:token=system", varve_.path("pin"), "ed25519"},
      other_(std::move(other)),
      current_{own_, "first", varve_.vkey()},
      known_{format::parse_vkey(varve_.vkey()).value()} {
  varve_.start();  // chooses the port, which is then in the file
  CHECK(varve_.stop() == 0);
  std::string config = read_text(varve_.path("varved.toml"));
  const std::string limit = "timeout_ms = ";
  const std::size_t own_limit = config.find(limit) + limit.size();
  config.replace(own_limit, config.find('\n', own_limit) - own_limit, std::to_string(timeout_ms));
  config += "\n[[further_hsm]]\nmodule = \"" + other_.module + "\"\ntoken = \"" + other_.uri;
  config += "\"\npin = \"file:" + other_.pin_file + "\"\ntimeout_ms = ";
  config += std::to_string(timeout_ms) + "\n";
  write_text(varve_.path("varved.toml"), config);
}

std::string TwoTokens::plan(const std::string& command, const TokenPlace& place,
                            const Words& more) {
  const std::string event = varve_.path("event-" + std::to_string(planned_++));
  Words words{Installation::program("varve-keys"),
              command,
              "--origin",
              kOrigin,
              "--out",
              event,
              "--timeout-ms",
              std::to_string(kPatienceMs)};
  for (const Words& some : {place_words(place, ""), more})
    words.insert(words.end(), some.begin(), some.end());
  const std::string printed = must_run(words, varve_.variables());
  const std::size_t vkey = printed.find(kOrigin);  // libraries complain before it
  return printed.substr(vkey, printed.find('\n', vkey) - vkey);
}

void TwoTokens::plan_overlap(const TokenPlace& place, const std::string& label) {
  Words more{"--key",        "pkcs11:object=" + current_.label, "--label", label, "--algorithm",
             place.algorithm};
  for (const std::string& word : place_words(place, "new-")) more.push_back(word);
  const std::string vkey = plan("rotate", current_.place, more);
  known_.push_back(format::parse_vkey(vkey).value());
  leaving_ = std::exchange(current_, {place, label, vkey});
}

void TwoTokens::plan_finish() {
  static_cast<void>(plan("retire", current_.place,
                         {"--key", leaving_.vkey, "--signer", "pkcs11:object=" + current_.label}));
}

void TwoTokens::send_next() {
  CHECK(sent_ < planned_);
  must_run({Installation::program("varve-keys"), "send", "--server", varve_.server_url(), "--log",
            "main", "--ca", varve_.path("ca.pem"), "--bearer-file", varve_.token_file("operate"),
            varve_.path("event-" + std::to_string(sent_++))});
}

std::vector<std::uint32_t> TwoTokens::signers() const {
  const auto response = varve_.connect("read").get("/checkpoint");
  const auto note = format::parse_note(response.value().body).value();
  std::vector<std::uint32_t> ids;
  for (const auto& signature : note.signatures) ids.push_back(signature.id);
  return ids;
}

Result<client::HttpResponse> TwoTokens::append(const std::string& key) const {
  client::HttpClient client = varve_.connect("append");
  return post_events(client, key, {"{\"key\":\"" + key + "\"}"});
}

int TwoTokens::append_status(const std::string& key) const {
  const auto response = append(key);
  return response ? response->status : 0;
}

client::HttpResponse TwoTokens::readiness() const {
  client::HttpOptions options;
  options.ca_file = varve_.path("ca.pem");
  options.connect_timeout_ms = options.io_timeout_ms = kPatienceMs;
  auto client = client::HttpClient::open(client::parse_url(varve_.server_url()).value(), options);
  return client->get("/readyz").value();
}

bool TwoTokens::takes(const std::string& key) const {
  return wait_until([&] {
    const int status = append_status(key);
    return status == 201 || status == 200;
  });
}

void TwoTokens::expect_kept(const std::vector<Promise>& promises) const {
  client::HttpClient client = varve_.connect("append");
  for (const Promise& promise : promises) {
    const auto receipt = check_promise(promise, known_);
    EXPECT_TRUE(receipt) << promise.key << ": " << receipt.error().message;
    const auto repeated = post_events(client, promise.key, promise.events);
    ASSERT_TRUE(repeated) << repeated.error().message;
    EXPECT_EQ(repeated->body, promise.receipt) << promise.key;
  }
  const Outcome audit =
      run({Installation::program("varve-audit"), "check", varve_.url(), "--vkey", varve_.vkey(),
           "--ca", varve_.path("ca.pem"), "--bearer-file", varve_.token_file("read")});
  EXPECT_EQ(audit.exit_code, 0) << audit.output;
}

}  // namespace varve::system
