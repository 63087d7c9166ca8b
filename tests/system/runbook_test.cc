// Each runbook by itself, and what must not be possible in the middle of it.
#include "runbook.h"

#include <filesystem>

#include "tests/hsm/nss_token.h"

namespace varve::system {
namespace {

namespace fs = std::filesystem;

TEST_F(Runbook, FirstCeremony) {
  begin();
  ceremony();
  site_.approvers = false;  // who knows nothing of them
  const Outcome alone = shell(block("Yearly rotation", 0));
  EXPECT_NE(alone.exit_code, 0) << "nobody approved: " << alone.output;
  EXPECT_EQ(alone.output.find("run it again"), std::string::npos) << "that would not help";
}

TEST_F(Runbook, YearlyRotation) {
  begin();
  yearly_rotation();
  do_commands("systemctl restart varved");
  expect_appended();
}

TEST_F(Runbook, CompromisedKey) {
  begin();
  compromised_key();
  do_commands("systemctl restart varved");
  expect_appended();
}

TEST_F(Runbook, RenewalToAnotherHashFunction) {
  begin();
  renewal();
}

TEST_F(Runbook, LostToken) {
  begin();
  const std::string without = site_.config;
  add_spare_token();
  ASSERT_EQ(append_status("both"), 201);

  do_commands("softhsm2-util --delete-token --token spare");
  do_commands("end_varved -KILL");
  ASSERT_NE(shell("systemctl start varved").exit_code, 0) << "it is still configured";
  configure(without);
  do_commands("systemctl restart varved");
  EXPECT_EQ(append_status("nobody-signs"), 503);
  do_commands("end_varved -KILL");
  do_section("Lost token", 1);  // with a tail that only both could have signed
  EXPECT_TRUE(wait_until(
      [this] { return varve_.server_log().find("tail_not_signed") != std::string::npos; }));
  EXPECT_EQ(append_status("nobody-signs"), 200) << "it was durable";
  EXPECT_EQ(append_status("after"), 201);
}

TEST_F(Runbook, LostTokenThatHasABackup) {
  begin();
  do_commands("systemctl stop varved; cp -a softhsm backup; rm -r softhsm/*");
  EXPECT_NE(shell("systemctl start varved").exit_code, 0);
  do_commands("rm varved.pid; rm -r softhsm; cp -a backup softhsm; systemctl start varved");
  EXPECT_EQ(append_status("after"), 201);
}

TEST_F(Runbook, LostStore) {
  begin();
  lost_store();
}

TEST_F(Runbook, DamagedSegment) {
  begin();
  damaged_segment();
}

TEST_F(Runbook, MoveToAnotherHost) {
  begin();
  move_to_another_host();
}

TEST_F(Runbook, LostTail) {
  begin();
  lost_tail();
}

// To a token of another kind, which fails the probe: its key is made by other means.
TEST_F(Runbook, ChangeOfHsmVendor) {
  using varve::testing::NssToken;
  const NssToken nss;
  nss.make_key("cardiology-2");
  fs::copy_file(nss.pin_file(), varve_.path("new-pin"), fs::copy_options::overwrite_existing);
  begin();
  const std::string section = "Change of HSM vendor";
  const auto there = [](const std::string& commands) {
    return replaced(replaced(commands, "pkcs11:token=new", NssToken::kUri),
                    "/usr/lib/vendor/libpkcs11.so", NssToken::module());
  };
  const std::string with_old = site_.config;
  configure(with_old + further(NssToken::kUri, varve_.path("new-pin"), NssToken::module()));
  do_commands(there(block(section, 0)));
  EXPECT_EQ(append_status("overlap"), 201);
  std::string config = replaced(with_old, "pkcs11:object=cardiology-1", first_vkey());
  config = replaced(config, "pkcs11:token=varve", NssToken::kUri);
  config = replaced(config, kSoftHsm, NssToken::module());
  configure(replaced(config, varve_.path("pin"), varve_.path("new-pin")));
  fs::rename(varve_.path("softhsm"), varve_.path("sold"));
  fs::create_directory(varve_.path("softhsm"));
  const std::string& assignments = block(section, 0);
  const Outcome after =
      shell(there(assignments.substr(0, assignments.find("systemctl")) + block(section, 1)));
  ASSERT_EQ(after.exit_code, 0) << after.output;
  EXPECT_NE(after.output.find("intact: "), std::string::npos) << after.output;
  EXPECT_EQ(append_status("after"), 201);
  fs::remove(varve_.path("softhsm"));
  fs::rename(varve_.path("sold"), varve_.path("softhsm"));
  const std::string list = "varve-keys list $token\n";
  EXPECT_NE(shell(list).output.find("cardiology-1"), std::string::npos);
  do_section(section, 2);
  EXPECT_EQ(shell(list).output.find("cardiology-1"), std::string::npos);
}

}  // namespace
}  // namespace varve::system
