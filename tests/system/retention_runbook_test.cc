// Runs docs/operating/retention.md: the commands of its sections against a real server whose days
// pass while it runs. What the log's records then say is what lets a month go, and nothing else.
#include <chrono>
#include <filesystem>
#include <thread>

#include "ledger/base/month.h"
#include "ledger/env/posix.h"
#include "ledger/format/retention.h"
#include "runbook.h"
#include "tests/format/time_authority.h"

namespace varve::system {
namespace {

namespace fs = std::filesystem;

constexpr const char* kRetentionPage = "docs/operating/retention.md";
constexpr const char* kFakeTime = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1";

/// Server and auditor are started by scripts of their names, so that a file says how far their clocks are
/// ahead.
class RetentionRunbook : public Runbook {
 protected:
  static constexpr int kExitInvalid = 10;
  static constexpr int kExitNotFound = 11;
  static constexpr int kExitGone = 18;
  static constexpr int kExitKept = 19;

  RetentionRunbook() : blocks_(blocks_of(kRetentionPage)) {
    if (!fs::exists(kFakeTime)) return;
    varve_.make_certificates(365);  // the auditor's clock goes on too
    configure(site_.config + "retention_days = 30\n");
    days_pass("0");
    fs::create_directory(varve_.path("ahead"));
    for (const std::string program : {"varved", "varve-audit"}) {
      const std::string script = varve_.path("ahead/" + program);
      write_text(script, "#!/bin/sh\nexec env LD_PRELOAD=" + std::string(kFakeTime) +
                             " FAKETIME_NO_CACHE=1 FAKETIME_TIMESTAMP_FILE=" + varve_.path("days") +
                             " " + Installation::program(program) + " \"$@\"\n");
      fs::permissions(script, fs::perms::owner_all);
    }
    search_first(varve_.path("ahead"));
  }
  void SetUp() override {
    if (!fs::exists(kFakeTime)) GTEST_SKIP() << "faketime is not installed";
    begin();
    ceremony();
  }

  /// So many, since the test began. The running server's clocks jump.
  void days_pass(const std::string& days) { write_text(varve_.path("days"), "+" + days + "d\n"); }

  /// A block of the page, as it is typed here: names of files and keys are others.
  [[nodiscard]] std::string typed(const std::string& section, std::size_t number) const {
    std::string commands = blocks_.at("").at(0) + blocks_.at(section).at(number);
    commands = replaced(commands, "--bearer-file /etc/varve/operator-token",
                        "--ca ca.pem --bearer-file operator-token");
    for (const char* person : {"ann", "bob"})
      commands =
          replaced(commands, std::string("/etc/") + person + "/pin", std::string(person) + "-pin");
    commands = replaced(replaced(commands, "2026-11", first_month_), "2027-01", later_month_);
    return replaced(replaced(commands, "/etc/varve/pin", "pin"), "cardiology-2", "cardiology-1");
  }
  Outcome type(const std::string& section, std::size_t number) {
    return shell(typed(section, number));
  }
  std::string must(const Outcome& outcome) {
    EXPECT_EQ(outcome.exit_code, 0) << outcome.output;
    return outcome.output;
  }
  /// Until the server says so of the first month.
  void wait_until_disposed_of() {
    while (must(type("What is in force", 0)).find(", disposed of\n") == std::string::npos)
      std::this_thread::sleep_for(std::chrono::milliseconds(200));
  }
  /// A block about mirrors, of the mirror in this directory.
  Outcome mirror(std::size_t number, const std::string& directory = "mirror") {
    const std::string commands =
        replaced(typed("Mirrors", number), "--bearer-file /etc/varve/auditor-token",
                 "--ca ca.pem --bearer-file " + varve_.token_file("read"));
    return shell(replaced(commands, "cardiology mirror ", "cardiology " + directory + " "));
  }
  Outcome check() {
    return shell(
        "varve-audit check https://audit.example.org:8443/logs/cardiology --ca ca.pem "
        "--bearer-file " +
        varve_.token_file("read") + " --vkey \"$(cat first.vkey)\"\n");
  }
  /// https://tsa.example.org, which answers curl and has the server's time of day.
  void play_authority(const format::TimeAuthority& authority) {
    const std::string curl = varve_.path("ahead/curl");
    write_text(curl,
               "#!/bin/bash\ncase \"$*\" in\n*https://tsa.example.org*) cp query.tsq " +
                   authority.path() + "\n  (cd " + authority.path() + " && faketime -f \"$(cat " +
                   varve_.path("days") +
                   ")\" openssl ts -reply -config tsa.cnf -section tsa -queryfile query.tsq -out "
                   "reply.tsr)\n  cp " +
                   authority.path() + "/reply.tsr . ;;\n*) PATH=${PATH#*:} exec curl --cacert " +
                   varve_.path("ca.pem") + " \"$@\" ;;\nesac\n");
    fs::permissions(curl, fs::perms::owner_all);
  }
  static void expect_said(const std::string& output, const std::string& what) {
    EXPECT_NE(output.find(what), std::string::npos) << output;
  }

  const Blocks blocks_;
  const std::string first_month_ = month_text(month_of(env::posix_clock().now_us()));
  const std::string later_month_ =
      month_text(month_of(env::posix_clock().now_us() + 62 * format::kDayUs));
};

TEST_F(RetentionRunbook, FirstPolicyAHoldForALawsuitAndADisposal) {
  const std::string hold = "A hold for a lawsuit";
  const std::string disposal = "Disposal";
  expect_said(must(type("What is in force", 0)), "30 days");
  must(type(hold, 0));
  must(type(hold, 1));
  expect_said(must(type(hold, 2)), "2028-cv-117");
  const Outcome early = type(hold, 3);
  EXPECT_EQ(early.exit_code, kExitInvalid) << early.output;
  expect_said(early.output, "0 approver(s) who count signed, it takes 2");
  do_commands("rm release");

  days_pass("32");
  expect_appended();  // in another month
  EXPECT_EQ(type(disposal, 0).exit_code, kExitNotFound) << "not due";
  days_pass("64");
  expect_appended();
  const Outcome held = type(disposal, 0);
  EXPECT_EQ(held.exit_code, kExitNotFound) << held.output;
  expect_said(held.output, "is due, without a hold");

  must(type(hold, 3));
  expect_said(must(type(disposal, 0)), "would give notice of " + first_month_);
  must(type(disposal, 1));
  must(type(disposal, 2));
  expect_said(must(type("What is in force", 0)), "notice given, not before");
  const Outcome young = type(disposal, 3);
  EXPECT_EQ(young.exit_code, kExitInvalid) << young.output;
  expect_said(young.output, "R26: the notice is too young");
  EXPECT_EQ(check().exit_code, 0);
  days_pass("72");
  must(type(disposal, 3));
  wait_until_disposed_of();
  const Outcome checked = check();
  EXPECT_EQ(checked.exit_code, kExitGone) << checked.output;
  expect_said(checked.output, "events of " + first_month_ + " are gone");
  const Outcome why =
      shell(replaced(typed("What is in force", 1), "--bearer-file /etc/varve/auditor-token",
                     "--ca ca.pem --bearer-file " + varve_.token_file("read")));
  EXPECT_EQ(why.exit_code, kExitGone) << why.output;
  expect_said(why.output, "kept for 30 days by record 1");

  must(type("Longer period", 0));
  must(type("Longer period", 1));
  must(type("Longer period", 2));
  must(type("Longer period", 3));
  days_pass("110");
  expect_appended();
  EXPECT_EQ(shell(replaced(typed(disposal, 0), first_month_, "2099-01")).exit_code, kExitNotFound)
      << "by the longer period nothing is due";
}

// A mirror that has seen it all follows. One that has not keeps its copy until its owner decides.
TEST_F(RetentionRunbook, MirrorsOfALogThatDisposesOfAMonth) {
  const std::string disposal = "Disposal";
  expect_said(must(mirror(0)), "this mirror observes the log from now on");
  days_pass("32");
  expect_appended();
  must(mirror(0));
  days_pass("64");
  expect_appended();
  must(type(disposal, 1));
  must(type(disposal, 2));
  must(mirror(0));
  fs::copy(varve_.path("mirror"), varve_.path("younger"), fs::copy_options::recursive);
  fs::remove(varve_.path("younger/observations"));
  days_pass("72");
  must(type(disposal, 3));
  wait_until_disposed_of();

  const Outcome followed = mirror(0);
  EXPECT_EQ(followed.exit_code, kExitGone) << followed.output;
  expect_said(followed.output, "forgotten here: ");
  const Outcome kept = mirror(0, "younger");
  EXPECT_EQ(kept.exit_code, kExitKept) << kept.output;
  expect_said(kept.output, "the log disposed of " + first_month_ + " in record ");
  expect_said(kept.output, "O5: the disposal was approved by 0 approver(s) whom this mirror knew");
  const Outcome checked = shell("varve-audit check younger --vkey \"$(cat first.vkey)\"\n");
  EXPECT_EQ(checked.exit_code, kExitKept) << checked.output;
  const Outcome decided = mirror(1, "younger");
  EXPECT_EQ(decided.exit_code, kExitGone) << decided.output;
  expect_said(decided.output, "forgotten here: ");
  expect_said(read_text(varve_.path("younger/observations")),
              " decided Ann Smith, privacy officer\n");
}

// While the server lies still, an authority's clock goes on.
TEST_F(RetentionRunbook, EvidenceOfTheTime) {
  const std::string section = "Evidence of the time";
  format::TimeAuthority::Settings settings;
  settings.key += " -days 3650";
  const format::TimeAuthority authority(settings);
  play_authority(authority);
  const auto type_evidence = [&](std::size_t number) {
    return shell("authority=" + authority.key_hash() + "\nfirst=\"$(cat first.vkey)\"\n" +
                 typed(section, number));
  };
  days_pass("32");
  expect_appended();  // approvers count from now on
  must(type_evidence(0));
  must(type("Longer period", 2));
  must(type("Longer period", 3));
  must(type_evidence(1));
  const Outcome early = type_evidence(2);
  EXPECT_EQ(early.exit_code, kExitInvalid) << early.output;
  expect_said(early.output, "R5: evidence is by a source just named");
  days_pass("64");
  expect_appended();

  do_commands("systemctl stop varved");
  days_pass("200");
  do_commands("systemctl start varved");
  expect_appended();
  const std::string then = month_text(month_of(env::posix_clock().now_us() + 200 * format::kDayUs));
  const std::string before = must(type("What is in force", 0));
  EXPECT_EQ(before.find(then), std::string::npos) << before;
  must(type_evidence(1));
  expect_said(must(type_evidence(2)), "by key " + authority.key_hash());
  expect_appended();
  const std::string in_force = must(type("What is in force", 0));
  expect_said(in_force, "tsa.example.org, which counts from ");
  expect_said(in_force, "it is " + then);
  must(check());
}

}  // namespace
}  // namespace varve::system
