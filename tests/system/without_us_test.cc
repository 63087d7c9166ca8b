// What a log says, verified by implementations that are not ours: openssl and a shell, Go's x/mod, a browser's
// WebCrypto, and @transmute/cose. pages_test.cc types the commands of docs/operating/verifying-without-us.md.
#include <gtest/gtest.h>

#include <filesystem>
#include <iostream>

#include "foreign_sender.h"
#include "ledger/base/text.h"
#include "ledger/format/json.h"
#include "ledger/format/proof_file.h"
#include "ledger/format/record.h"
#include "tests/directories.h"

namespace varve::system {
namespace {

const std::string kVectors = source_file("docs/format/vectors");
constexpr const char* kBrowsers[] = {"chromium-headless-shell", "chromium"};

std::vector<format::Json> cases_of(const std::string& name) {
  const auto file = format::Json::parse(read_text(kVectors + "/" + name + ".json"));
  return file.value().objects("cases").value();
}

/// The event in a proof of its record.
std::string event_in(const std::string& proof) {
  const auto file = format::parse_proof_file(proof);
  return std::string(text_of(format::decode_record(file.value().extra).value().payload));
}

enum class Spellings { kOne, kMore };

/// Each takes a file and a vkey, and prints the event on standard output.
void expect_verdicts_of_vectors(const std::string& program, Spellings spellings) {
  const std::string directory = must_run({"mktemp", "-d"});
  const std::string at = directory.substr(0, directory.find('\n'));
  int judged = 0;
  for (const format::Json& one : cases_of("tlog-proof")) {
    const std::string name = one.text("name").value();
    const std::string verdict = one.text("verdict").value();
    write_text(at + "/proof", one.text("file").value());
    const Outcome outcome = run({"bash", "-c", R"("$0" "$1" "$2" >"$3" 2>/dev/null)", program,
                                 at + "/proof", one.text("vkey").value(), at + "/event"});
    if (verdict == "true") {
      EXPECT_EQ(outcome.exit_code, 0) << program << ": " << name;
      EXPECT_EQ(read_text(at + "/event"), event_in(one.text("file").value())) << program;
    } else if (verdict == "claim" || spellings == Spellings::kOne) {
      EXPECT_NE(outcome.exit_code, 0) << program << ": " << name;
      EXPECT_EQ(read_text(at + "/event"), "") << program << ": " << name;
    }
    ++judged;
  }
  EXPECT_GT(judged, 15);
  std::filesystem::remove_all(at);
}

std::string browser() {
  for (const char* name : kBrowsers)
    if (run({name, "--version"}).exit_code == 0) return name;
  return "";
}

/// Browsers take no certificate whose key is Ed25519.
void make_certificate_for_browsers(const Installation& varve) {
  must_run({"openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-keyout", varve.path("tls.key"), "-out", varve.path("tls.csr"), "-subj",
            "/CN=localhost"});
  must_run({"openssl", "x509", "-req", "-in", varve.path("tls.csr"), "-CA", varve.path("ca.pem"),
            "-CAkey", varve.path("ca.key"), "-CAcreateserial", "-days", "2", "-out",
            varve.path("tls.pem"), "-extfile", varve.path("san")});
}

TEST(WithoutUs, OpensslAndAShellSayWhatEachVectorSays) {
  expect_verdicts_of_vectors(source_file("docs/operating/without-us/verify_proof.sh"),
                             Spellings::kOne);
}

TEST(WithoutUs, GoSaysWhatEachVectorSays) {
  expect_verdicts_of_vectors(built_file("tests/go/verify_proof"), Spellings::kMore);
}

TEST(WithoutUs, ABrowserVerifiesWhatARunningServerSaysAndWhatEachVectorSays) {
  const std::string program = browser();
  if (program.empty()) GTEST_SKIP() << "no Chromium is installed";
  Installation varve;
  make_certificate_for_browsers(varve);
  varve.start();
  const std::string sent = "{\"action\":\"read\"}\n{\"action\":\"print\"}\n";
  const auto appended =
      varve.connect("append").post("/events", "application/x-ndjson", to_buffer(bytes_of(sent)));
  ASSERT_TRUE(appended && appended->status == 201);
  const auto first = format::Json::parse(appended->body).value().number("first_index").value();
  const auto proof = varve.connect("read").get("/proof/inclusion?index=" + std::to_string(first),
                                               {{"Accept", "text/plain"}});
  ASSERT_TRUE(proof && proof->status == 200);
  write_text(varve.path("event.tlog-proof"), proof->body);
  write_text(varve.path("receipt.json"), appended->body);
  write_text(varve.path("sent.ndjson"), sent);
  const std::string profile = varve.path("browser");
  std::filesystem::create_directory(profile);
  const Outcome outcome =
      run({"node", source_file("tests/browser/verify_page.mjs"), program, profile, kVectors,
           varve.vkey(), varve.path("event.tlog-proof"), varve.path("receipt.json"),
           varve.path("sent.ndjson"), "file://" + source_file("api/routes/verify.html"),
           varve.server_url() + "/verify"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.output;
  std::cout << outcome.output;
}

/// A running log, and @transmute/cose, which verifies what it gives as COSE.
class WithCose : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string why;
    directory_ = npm_packages(varve_, "verifiers", why);
    if (directory_.empty()) GTEST_SKIP() << why;
    varve_.start();
  }
  /// The index of an event that is appended now.
  std::uint64_t append() {
    const auto appended = varve_.connect("append").post("/events", "application/json",
                                                        to_buffer(bytes_of("{\"n\":1}")));
    return format::Json::parse(appended.value().body).value().number("first_index").value();
  }
  /// The answer as COSE, once the log has signed a tree that has it.
  std::string receipt(const std::string& path) {
    Result<client::HttpResponse> answer = not_found("");
    EXPECT_TRUE(wait_until([&] {
      answer = varve_.connect("read").get(path, {{"Accept", "application/cose"}});
      return answer && answer->status != 503;
    }));
    EXPECT_EQ(answer->status, 200) << answer->body;
    return answer->body;
  }
  /// Hashes in hex, of what the proof as JSON has under these names.
  Words hashes(const std::string& path, const Words& names) {
    const auto answer = varve_.connect("read").get(path);
    const auto json = format::Json::parse(answer.value().body).value();
    Words found;
    for (const std::string& name : names) found.push_back(hex(json.base64_bytes(name).value()));
    return found;
  }
  Outcome verify(const std::string& kind, const std::string& receipt, const Words& hashes) {
    write_text(varve_.path("keys"), read_keys());
    write_text(varve_.path("receipt"), receipt);
    Words words{"node", directory_ + "/cose.mjs", kind, varve_.path("keys"),
                varve_.path("receipt")};
    words.insert(words.end(), hashes.begin(), hashes.end());
    return run(words);
  }
  std::string read_keys() {
    return must_run({"curl", "-sS", "--fail", "--cacert", varve_.path("ca.pem"),
                     varve_.server_url() + "/.well-known/scitt-keys"});
  }
  void keys_command(Words words) {
    words.insert(words.begin(), Installation::program("varve-keys"));
    for (const std::string& word : varve_.token_words()) words.push_back(word);
    for (const std::string& word :
         Words{"--origin", kOrigin, "--server", varve_.server_url(), "--log", "main",
               "--bearer-file", varve_.token_file("operate"), "--ca", varve_.path("ca.pem")})
      words.push_back(word);
    must_run(words, varve_.variables());
  }
  /// A record that is appended now, and that the tree of before is the beginning of the one with it.
  void expect_verified() {
    const std::uint64_t older = append();  // a tree that ends in front of this record
    const std::uint64_t index = append();
    const std::string at = std::to_string(index);
    const std::string proof = receipt("/proof/inclusion?index=" + at);
    const Words leaf = hashes("/proof/inclusion?index=" + at, {"leaf_hash"});
    const Outcome good = verify("inclusion", proof, leaf);
    EXPECT_EQ(good.exit_code, 0) << good.output;
    expect_every_byte_counts(proof, leaf);
    const std::string grown = receipt("/proof/consistency?from=" + std::to_string(older));
    const std::string newest = varve_.connect("read").get("/checkpoint")->body;
    const std::size_t line = newest.find('\n') + 1;
    const std::string size = newest.substr(line, newest.find('\n', line) - line);
    const Words roots = hashes("/proof/consistency?from=" + std::to_string(older) + "&to=" + size,
                               {"from_root", "to_root"});
    const Outcome extends = verify("consistency", grown, roots);
    EXPECT_EQ(extends.exit_code, 0) << extends.output;
    EXPECT_NE(verify("consistency", grown, {roots[1], roots[1]}).exit_code, 0);
    EXPECT_NE(verify("consistency", grown, {roots[0], roots[0]}).exit_code, 0);
  }
  void expect_every_byte_counts(const std::string& receipt, const Words& leaf) {
    const Outcome outcome = verify("bits", receipt, leaf);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.output;
  }

  Installation varve_;
  std::string directory_;
};

TEST_F(WithCose, ReceiptsVerifyByTheKeySetForBothAlgorithmsAcrossARotation) {
  expect_verified();
  keys_command(
      {"rotate", "--key", "pkcs11:object=first", "--label", "second", "--algorithm", "p256"});
  keys_command({"retire", "--key", "pkcs11:object=first", "--signer", "pkcs11:object=second",
                "--yes", "first"});
  expect_verified();
}

}  // namespace
}  // namespace varve::system
