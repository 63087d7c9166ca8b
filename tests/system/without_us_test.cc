// What a log says, verified by implementations that are not ours, as docs/operating/verifying-without-us.md says:
// openssl and a shell, Go's x/mod, and a browser's WebCrypto. pages_test.cc types that page's own commands.
#include <gtest/gtest.h>

#include <filesystem>
#include <iostream>

#include "installation.h"
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

}  // namespace
}  // namespace varve::system
