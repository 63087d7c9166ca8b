// Each section of docs/operating/retention.md. What the log's records say while days pass is what lets a month go,
// and nothing else.
#include "retention_runbook.h"

#include <filesystem>

#include "ledger/base/month.h"
#include "ledger/env/posix.h"
#include "ledger/format/retention.h"

namespace varve::system {
namespace {

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
  std::filesystem::copy(varve_.path("mirror"), varve_.path("younger"),
                        std::filesystem::copy_options::recursive);
  std::filesystem::remove(varve_.path("younger/observations"));
  days_pass("72");
  must(type(disposal, 3));
  wait_until_disposed_of();

  const Outcome followed = mirror(0);
  EXPECT_EQ(followed.exit_code, kExitGone) << followed.output;
  expect_said(followed.output, "forgotten here: ");
  const Outcome kept = mirror(0, "younger");
  EXPECT_EQ(kept.exit_code, kExitKept) << kept.output;
  expect_said(kept.output, "the log disposed of " + first_month_ + " in record ");
  expect_said(kept.output, "O4: the disposal was approved by 0 approver(s) whom this mirror knew");
  const Outcome checked = shell("varve-audit check younger --vkey \"$(cat first.vkey)\"\n");
  EXPECT_EQ(checked.exit_code, kExitKept) << checked.output;
  must(shell(replaced(typed("Mirrors", 2), "mirror/keep", "younger/keep")));
  const Outcome on_purpose = mirror(0, "younger");
  EXPECT_EQ(on_purpose.exit_code, kExitKept)
      << "somebody has to look at O4, whoever keeps the month";
  expect_said(on_purpose.output, "its file keep says that Ann Smith, privacy officer");
  std::filesystem::remove(varve_.path("younger/keep"));
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
