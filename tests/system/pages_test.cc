// Runs pages of docs/ block by block, in the order of the page, against one server. What a page takes for granted (a
// second key, events, a sender's files) comes in front of the block that needs it. A block that is not run is passed
// over with its reason.
#include <algorithm>
#include <filesystem>
#include <sstream>

#include "runbook.h"

namespace varve::system {
namespace {

namespace fs = std::filesystem;

using Edits = std::vector<std::pair<std::string, std::string>>;

/// The shell blocks of a page, in their order.
std::vector<std::string> blocks_in_order(const std::string& page) {
  std::istringstream in(read_text(source_file(page)));
  std::vector<std::string> blocks;
  bool inside = false;
  for (std::string line; std::getline(in, line);) {
    const std::string text = line.substr(std::min(line.find_first_not_of(' '), line.size()));
    if (text.starts_with("```")) {
      if (!inside && text == "```sh") blocks.emplace_back();
      inside = !inside && text == "```sh";
    } else if (inside) {
      blocks.back().append(text).append("\n");
    }
  }
  return blocks;
}

class Pages : public Runbook {
 protected:
  void open(const std::string& page) {
    blocks_ = blocks_in_order(page);
    next_ = 0;
  }
  void TearDown() override { EXPECT_EQ(next_, blocks_.size()) << "of the page is not run"; }

  /// Types the next block between `before` and `after`. Each edit is of something that is there.
  std::string next(const Edits& edits = {}, const std::string& before = "",
                   const std::string& after = "") {
    if (next_ == blocks_.size()) {
      ADD_FAILURE() << "the page has no further block";
      return "";
    }
    std::string commands = blocks_[next_++];
    SCOPED_TRACE("block " + std::to_string(next_) + ": " + commands);
    for (const auto& [from, to] : edits) {
      EXPECT_NE(commands.find(from), std::string::npos) << from;
      commands = replaced(commands, from, to);
    }
    for (const auto& [from, to] : names_) commands = replaced(commands, from, to);
    const Outcome outcome = shell(first_ + before + commands + after);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.output;
    return outcome.output;
  }
  void pass_over(std::size_t blocks, const char* why) {
    RecordProperty("passed_over", why);
    next_ += blocks;
  }
  static void expect_said(const std::string& output, const std::string& what) {
    EXPECT_NE(output.find(what), std::string::npos) << output;
  }

  /// A collector clinic-a/ehr with what it sent, and a request of a client with its receipt.
  void collect_something() {
    write_text(varve_.path("events.ndjson"), "{\"action\":\"read\"}\n{\"action\":\"write\"}\n");
    do_commands(
        "varve-collect init --dir collector --source clinic-a/ehr --origin $origin --url $log_url "
        "--vkey \"$(cat first.vkey)\" --bearer-file " +
        varve_.token_file("append") +
        " --ca ca.pem\n"
        "varve-collect register --dir collector --bearer-file operator-token\n"
        "varve-collect append --dir collector --keep events.ndjson\n"
        "curl -sS --fail --cacert ca.pem --oauth2-bearer \"$(cat append)\" "
        "--header 'Content-Type: application/x-ndjson' --data-binary @events.ndjson "
        "$log_url/events -o receipt.json\n");
  }

  /// The next block follows logs/today.ndjson: until a line that is added then has its receipt, besides the
  /// heartbeat's, and SIGTERM ends it in order.
  void follow_until_taken() {
    next({{"varve-collect follow", "until_taken varve-collect follow"}}, R"sh(
until_taken() {
  local before=$(ls collector/receipts/*.json | wc -l)
  echo '{"added":true}' >>logs/today.ndjson
  "$@" &
  local follower=$!
  until [ "$(ls collector/receipts/*.json | wc -l)" -ge $((before + 2)) ]; do
    kill -0 $follower || return 1
    sleep 0.05
  done
  kill -TERM $follower
  wait $follower
}
)sh");
  }

  std::string first_ =
      "export CURL_CA_BUNDLE=ca.pem\nfirst=$(cat first.vkey)\nVKEY=$first\nurl=$log_url\n";
  Edits names_;  // as files are called here

 private:
  std::vector<std::string> blocks_;
  std::size_t next_ = 0;
};

constexpr const char* kExample =
    "audit.example.org/cardiology+f72c13ef+ATYUmKMRroJLNGdnC9SSX/I395O7CIgTeByAgxfwNIEx";

// With a certificate of an authority that the machine knows.
TEST_F(Pages, ReadMe) {
  begin();
  fs::create_directory(varve_.path("logs"));
  write_text(varve_.path("logs/today.ndjson"), "{\"a\":1}\n");
  write_text(varve_.path("events.ndjson"), "{\"a\":2}\n");
  first_ += "export SSL_CERT_FILE=ca.pem\nTOKEN=$(cat append)\n";
  open("README.md");
  names_ = {{"/srv/varve/varved.toml", "varved.toml"},
            {"/var/lib/varve-collect", "collector"},
            {"https://varve.example.org:8443/logs/cardiology", "$log_url"},
            {"/etc/varve/append.token", "append"},
            {"/etc/varve/operate.token", "operate"},
            {"/var/log/ehr-audit", "logs"},
            {"read.token", "read"}};
  pass_over(2, "the quickstart and tools/test.sh are run as they are, by ctest and in CI");
  pass_over(1, "first_server_test.cc makes an installation and starts it");
  expect_said(next(), "clinic-a");
  expect_said(next({}, "systemctl stop varved\n"), "intact: ");
  do_commands("systemctl start varved");
  next();
  next();
  expect_said(next(), "1 batch sent");
  follow_until_taken();
  expect_said(next(), "of one history");
  write_text(varve_.path("receipt.json"), next({{"curl --fail", "curl --silent --fail"}}));
  next();
  expect_said(next(), "intact: ");
  expect_said(next(), "intact: ");
  varve_.wait_for_reads();
  next();
  expect_said(next(), "verified: ");
}

TEST_F(Pages, OfAuditors) {
  begin();
  collect_something();
  open("docs/operating/auditing.md");
  names_ = {{"read.token", varve_.token_file("read")},
            {"https://varve.example.org:8443/logs/cardiology", "$log_url"}};
  const std::string event = "$(jq .first_index receipt.json)";
  next({{kExample, "$(cat first.vkey)"}});
  next();
  next({}, "curl -sS -o mine.checkpoint $url/checkpoint\nvarve-audit proof $url " + event +
               " --vkey $first --out theirs.tlog-proof --ca ca.pem --bearer-file read-token\n");
  pass_over(1, "a log that contradicts itself: tests/audit/compare_test.cc has one");
  expect_said(next(), "intact: ");
  expect_said(next(), "intact: ");
  expect_said(next(), "intact: ");
  next();
  expect_said(next(), "clinic-a/ehr");
  varve_.wait_for_reads();
  expect_said(next(), "who-read");
  next({{"ward-7/printer", "clinic-a/ehr"}});
  next({{" 6 --vkey $first --out payload", " " + event + " --vkey $first --out payload"},
        {"--index 7", "--index " + event},
        {"803354891f53a9677a1c408f54f0ba7a857f43918af5f51ada4ddb234fa575dc",
         "$(od -An -tx1 -N32 collector/receipts/000000000000.leaves | tr -d ' \\n')"},
        {"$url 6 --vkey $first --out 6.tlog-proof",
         "$url " + event + " --vkey $first --out 6.tlog-proof"}});
  expect_said(next(), "verified: ");
  next();
  next({}, "cp 6.tlog-proof 5.tlog-proof; cp 6.tlog-proof old.tlog-proof\n");
  next();
  expect_said(next({{"index=6", "index=" + event}}), "verified: record ");
  next();
  yearly_rotation();
  next({{"from=1447", "from=$(sed -n '/^audit/{n;p;q}' old.tlog-proof)"},
        {"to=400855", "to=$(jq -r .checkpoint cardiology.bundle | sed -n 2p)"}});
  next({}, "varve-audit proof $url " + event +
               " --vkey $first --out 5.tlog-proof --ca ca.pem --bearer-file read-token\n"
               "varve-keys backup-public $server --vkey $first --out cardiology.bundle\n");
}

TEST_F(Pages, OfCollectors) {
  begin();
  fs::create_directory(varve_.path("logs"));
  write_text(varve_.path("logs/today.ndjson"), "{\"a\":1}\n{\"a\":2}\n");
  write_text(varve_.path("logs/2026-10.ndjson"), "{\"a\":3}\n");
  open("docs/operating/collecting.md");
  names_ = {{"/var/lib/varve-collect", "collector"},
            {"audit.example.org/main", "$origin"},
            {"https://varve.example.org:8443/logs/main", "$log_url"},
            {"/etc/varve/append.token", varve_.token_file("append")},
            {"/etc/varve/operate.token", "operator-token"},
            {"/etc/varve/ca.pem", "ca.pem"},
            {"/var/log/ehr-audit", "logs"}};
  expect_said(next(), "an operator registers this source");
  next();
  expect_said(next(), "2 files (2 with nothing new): 0 events spooled");
  next({}, "gzip logs/2026-10.ndjson\n");
  follow_until_taken();
  expect_said(next({}, "rm logs/*.gz; echo '{\"a\":4}' >>logs/today.ndjson\n"), "0 waiting");
  expect_said(next(), "receipts verified, of one history");
  pass_over(1, "of a log with a witness: witness_runbook_test.cc types it");
  next();
}

TEST_F(Pages, OfOfficers) {
  begin();
  write_text(varve_.path("event"),
             R"({"resourceType":"AuditEvent","action":"R","recorded":"2026-04-01T10:00:00Z",)"
             R"("agent":[{"who":{"display":"meier"},"requestor":true}],"entity":[{"what":)"
             R"({"reference":"Patient/4711"},"type":{"system":)"
             R"("http://terminology.hl7.org/CodeSystem/audit-entity-type","code":"1"},"role":)"
             R"({"system":"http://terminology.hl7.org/CodeSystem/object-role","code":"1"}}]})");
  do_commands(
      "curl -sS --fail --cacert ca.pem --oauth2-bearer \"$(cat append)\" "
      "--header 'Content-Type: application/fhir+json' --data-binary @event "
      "$log_url/events\n");
  write_text(varve_.path("patient"), "Patient/4711\n");
  write_text(varve_.path("actor"), "meier\n");
  open("docs/operating/questions.md");
  names_ = {{"read.token", varve_.token_file("read")},
            {"https://varve.example.org:8443/logs/cardiology", "$log_url"}};
  next({{kExample, "$(cat first.vkey)"}});
  expect_said(next(), "meier");
  expect_said(next(), "the server's word, about ");
  const std::string taken = next();
  expect_said(taken, "no event answers");
  expect_said(taken, "Patient/4711");
  pass_over(2, "an index is made by the hour: tests/audit and tests/varved have logs with some");
  next();
  next();
}

TEST_F(Pages, OfVerifyingWithoutUs) {
  begin();
  collect_something();
  open("docs/operating/verifying-without-us.md");
  const std::string event = "$(jq .first_index receipt.json)";
  names_ = {{kExample, "$(cat first.vkey)"},
            {"read.token", varve_.token_file("read")},
            {"index=6", "index=" + event},
            {"docs/operating/without-us", source_file("docs/operating/without-us")},
            {"GO111MODULE=off", "GOCACHE=" + built_file("go-cache") + " GO111MODULE=off"},
            {"https://varve.example.org:8443/logs/cardiology", "$log_url"},
            {"https://varve.example.org:8443", "${log_url%/logs/*}"}};
  next();
  expect_said(next(), "{\"action\":\"");
  expect_said(next(), "{\"action\":\"");
  next({}, "", "cmp verify.html " + source_file("api/routes/verify.html") + "\n");
  next({}, "",
       "[ \"$(od -An -tx1 -N1 6.cose)\" = ' d2' ]\n"
       "curl -sS --fail --cacert ca.pem ${log_url%/logs/*}/metrics | "
       "grep -q '^varve_log_cose_signatures_total{log=\"main\"} 1$'\n");
}

TEST_F(Pages, OfRecovery) {
  begin();
  open("docs/operating/recovery.md");
  names_ = {{"/etc/varve/varved.toml", "varved.toml"},
            {"read.token", varve_.token_file("read")},
            {"/mnt/backup/cardiology", "backup"},
            {"/srv/mirror/cardiology", "mirror"}};
  expect_said(next({}, "systemctl stop varved; cp -a data/main backup\n"), "intact: ");
  next();
  do_commands("systemctl start varved");
  expect_appended();
  next();
  expect_said(next(), "intact: ");
  pass_over(1, "a month that a log disposed of: retention_runbook_test.cc");
  next({}, "systemctl stop varved; chattr -R -f -i data || true; rm -r data/main\n");
  pass_over(1, "the same: disposal_pairs_test.cc");
  do_commands("systemctl start varved");
  expect_appended();
}

TEST_F(Pages, OfTheConfiguration) {
  begin();
  open("docs/operating/configuration.md");
  names_ = {{"/etc/varve/varved.toml", "varved.toml"}};
  expect_said(next(), "is right: 1 log");
  expect_said(next(), "who-append");
  next({}, "", R"sh(
for try in $(seq 6000); do
  if curl -s --fail -o /dev/null "${log_url%/*}/ward-7/checkpoint"; then exit 0; fi
  sleep 0.01
done
exit 1
)sh");
}

/// Every request of the page gets the status that it is about.
TEST_F(Pages, OfTheApi) {
  begin();
  collect_something();
  const std::string made =
      must_run({Installation::program("varved"), "token", "api", "append,read", "main"});
  std::istringstream lines(made);
  std::vector<std::string> words;
  for (std::string line; std::getline(lines, line);) words.push_back(line);
  write_text(varve_.path("token"), words.at(1) + "\n");
  write_text(varve_.path("access"), read_text(varve_.path("access")) + words.at(4) + "\n");
  do_commands("systemctl restart varved");
  const std::vector<std::string> all = blocks_in_order("docs/API.md");
  first_ += "curl() { command curl --fail-with-body \"$@\"; }\n" +
            replaced(all.at(0), "https://audit.example.org:8443", varve_.server_url());
  open("docs/API.md");
  next();
  next();
  next();
  next({{"@batch", "@collector/sent/000000000000.batch"}});
  expect_said(next(), "clinic-a/ehr");
  for (int block = 0; block < 6; ++block) next();
  for (int search = 0; search < 2; ++search) expect_said(next(), R"("code":"incomplete")");
  for (int block = 0; block < 2; ++block) next();
  expect_said(next(), "{\"waiting\":");
  next();
  next({{"curl -sS \"$L/checkpoint/witnessed\"",
         "curl -sS \"$L/checkpoint/witnessed\" || [ $? = 22 ]"}});  // it asks no witness
  next({{"curl -sS \"$L/checkpoint/stamped\"",
         "curl -sS \"$L/checkpoint/stamped\" || [ $? = 22 ]"}});  // nor an authority
  for (int block = 0; block < 12; ++block) next();
}

}  // namespace
}  // namespace varve::system
