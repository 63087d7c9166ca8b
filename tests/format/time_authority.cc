// Runs openssl in a directory of its own.
#include "tests/format/time_authority.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "ledger/base/check.h"
#include "ledger/base/text.h"
#include "tests/moved_clock.h"

namespace varve::format {

TimeAuthority::TimeAuthority(const Settings& settings) {
  std::string name = std::filesystem::temp_directory_path() / "varve-tsa-XXXXXX";
  CHECK(::mkdtemp(name.data()) != nullptr);
  directory_ = name;
  write("serial", bytes_of("01\n"));
  write(
      "tsa.cnf",
      bytes_of("[req]\ndistinguished_name = name\nprompt = no\n"
               "[name]\nCN = tsa.example.org\n"
               "[certificate]\n" +
               settings.extensions +
               "\n[tsa]\nserial = serial\nsigner_cert = tsa.pem\n"
               "signer_key = tsa.key\ndefault_policy = 1.2.3.4\n"
               "digests = sha1, sha256, sha384, sha512\n"
               "clock_precision_digits = 6\nsigner_digest = " +
               settings.signer_digest + "\ness_cert_id_alg = " + settings.certificate_digest +
               "\n" + (settings.accuracy.empty() ? "" : "accuracy = " + settings.accuracy) + "\n"));
  openssl("req -x509 -config tsa.cnf -extensions certificate -nodes -keyout tsa.key -out tsa.pem " +
              settings.key + (settings.since.empty() ? "" : " -days 20000"),
          settings.since.empty() ? "" : under_clock("@" + settings.since));
}

TimeAuthority::~TimeAuthority() {
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

Buffer TimeAuthority::token(const std::string& text, const std::string& query) const {
  write("text", bytes_of(text));
  openssl("ts -query -data text -no_nonce -out query " + query);
  openssl("ts -reply -config tsa.cnf -section tsa -queryfile query -token_out -out token");
  return file("token");
}

Buffer TimeAuthority::reply(Bytes query, std::int64_t ahead_s) const {
  write("query", query);
  openssl(
      "ts -reply -config tsa.cnf -section tsa -queryfile query -out reply",
      ahead_s == 0 ? "" : under_clock((ahead_s < 0 ? "" : "+") + std::to_string(ahead_s) + "s"));
  return file("reply");
}

void TimeAuthority::openssl(const std::string& arguments, const std::string& under) const {
  const std::string command =
      "cd '" + directory_ + "' && " + under + "openssl " + arguments + " >>log 2>&1 </dev/null";
  if (std::system(command.c_str()) == 0) return;
  const Buffer log = file("log");
  std::fprintf(stderr, "openssl %s\n%.*s", arguments.c_str(), static_cast<int>(log.size()),
               text_of(log).data());
  CHECK(false);
}

Buffer TimeAuthority::file(const std::string& name) const {
  std::ifstream in(directory_ + "/" + name, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(in), {}};
  return to_buffer(bytes_of(bytes));
}

void TimeAuthority::write(const std::string& name, Bytes bytes) const {
  std::ofstream(directory_ + "/" + name, std::ios::binary) << text_of(bytes);
}

std::string TimeAuthority::key_hash() const {
  openssl("pkey -in tsa.key -pubout -outform DER -out spki");
  openssl("dgst -sha256 -binary -out spki.hash spki");
  return hex(file("spki.hash"));
}

}  // namespace varve::format
