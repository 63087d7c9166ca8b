// faketime, below the server and the auditor.
#include "retention_runbook.h"

#include <chrono>
#include <filesystem>
#include <thread>

#include "ledger/base/month.h"
#include "ledger/env/posix.h"
#include "ledger/format/retention.h"
#include "tests/directories.h"
#include "tests/moved_clock.h"

namespace varve::system {
namespace {

namespace fs = std::filesystem;

constexpr unsigned kLastingDays = 400;  // the server is a client too, in a drill

std::string month_in(std::uint64_t days) {
  return month_text(month_of(env::posix_clock().now_us() + days * format::kDayUs));
}

}  // namespace

RetentionRunbook::RetentionRunbook()
    : page_(blocks_of("docs/operating/retention.md")),
      first_month_(month_in(0)),
      later_month_(month_in(62)) {
  if (!fs::exists(kMovesClocks)) return;
  varve_.make_certificates(kLastingDays);
  configure(site_.config + "retention_days = 30\n");
  days_pass("0");
  fs::create_directory(varve_.path("ahead"));
  for (const std::string program : {"varved", "varve-audit"}) {
    const std::string script = varve_.path("ahead/" + program);
    write_text(script, "#!/bin/sh\nexec env LD_PRELOAD=" +
                           built_file("tests/system/real_waits.so") + ":" + kMovesClocks +
                           " FAKETIME_NO_CACHE=1 FAKETIME_TIMESTAMP_FILE=" + varve_.path("days") +
                           " " + Installation::program(program) + " \"$@\"\n");
    fs::permissions(script, fs::perms::owner_all);
  }
  search_first(varve_.path("ahead"));
}

void RetentionRunbook::SetUp() {
  if (!fs::exists(kMovesClocks)) GTEST_SKIP() << "faketime is not installed";
  begin();
  ceremony();
}

void RetentionRunbook::disposal() {
  const std::string section = "Disposal";
  for (const char* days : {"32", "64"}) {
    days_pass(days);
    expect_appended();  // each in a month of its own
  }
  must(type(section, 1));
  must(type(section, 2));
  days_pass("72");
  must(type(section, 3));
  wait_until_disposed_of();
  site_.destroyed = first_month_;
  expect_said(must(check()), "events of " + first_month_ + " are gone");
  expect_appended();
}

std::string RetentionRunbook::typed(const std::string& section, std::size_t number) const {
  std::string commands = page_.at("").at(0) + page_.at(section).at(number);
  commands = replaced(commands, "--bearer-file /etc/varve/operator-token",
                      "--ca ca.pem --bearer-file operator-token");
  for (const char* person : {"ann", "bob"})
    commands =
        replaced(commands, std::string("/etc/") + person + "/pin", std::string(person) + "-pin");
  commands = replaced(replaced(commands, "2026-11", first_month_), "2027-01", later_month_);
  return replaced(replaced(commands, "/etc/varve/pin", "pin"), "cardiology-2", "cardiology-1");
}

std::string RetentionRunbook::must(const Outcome& outcome) {
  EXPECT_EQ(outcome.exit_code, 0) << outcome.output;
  return outcome.output;
}

void RetentionRunbook::wait_until_disposed_of() {
  while (must(type("What is in force", 0)).find(", disposed of\n") == std::string::npos)
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
}

Outcome RetentionRunbook::check() {
  return shell(
      "varve-audit check https://audit.example.org:8443/logs/cardiology --ca ca.pem "
      "--bearer-file " +
      varve_.token_file("read") + " --vkey \"$(cat first.vkey)\"\n");
}

Outcome RetentionRunbook::mirror(std::size_t number, const std::string& directory) {
  const std::string commands =
      replaced(typed("Mirrors", number), "--bearer-file /etc/varve/auditor-token",
               "--ca ca.pem --bearer-file " + varve_.token_file("read"));
  return shell(replaced(commands, "cardiology mirror ", "cardiology " + directory + " "));
}

void RetentionRunbook::play_authority(const format::TimeAuthority& authority) {
  const std::string curl = varve_.path("ahead/curl");
  write_text(curl, "#!/bin/bash\ncase \"$*\" in\n*https://tsa.example.org*) cp query.tsq " +
                       authority.path() + "\n  (cd " + authority.path() +
                       " && LD_PRELOAD=" + kMovesClocks + " FAKETIME=$(cat " + varve_.path("days") +
                       ") openssl ts -reply -config tsa.cnf -section tsa -queryfile query.tsq -out "
                       "reply.tsr)\n  cp " +
                       authority.path() +
                       "/reply.tsr . ;;\n*) PATH=${PATH#*:} exec curl --cacert " +
                       varve_.path("ca.pem") + " \"$@\" ;;\nesac\n");
  fs::permissions(curl, fs::perms::owner_all);
}

void RetentionRunbook::expect_said(const std::string& output, const std::string& what) {
  EXPECT_NE(output.find(what), std::string::npos) << output;
}

}  // namespace varve::system
