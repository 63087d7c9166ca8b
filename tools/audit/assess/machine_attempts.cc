// What somebody with a shell on the server's machine would try.
#include <filesystem>

#include "tools/audit/assess/groups.h"
#include "tools/audit/assess/notes.h"
#include "tools/audit/assess/second_server.h"
#include "tools/common/exit_code.h"

namespace varve::audit::assess {
namespace {

constexpr std::uint32_t kEndPatienceMs = 60'000;

constexpr const char* kOneWriter = "one log has one writer";

/// Only where a server has the store, as an audit says, which writes nothing: a first server would sign.
Result<void> expect_in_use(Site& site, const std::string& config) {
  ASSIGN_OR_RETURN(const Answered audited, run(site, {program("varved"), "audit", "--config",
                                                      config, "--log", site.log.name}));
  if (audited.text.find(kOneWriter) != std::string::npos) return {};
  return not_found("no server on this machine has the store " + site.store());
}

/// On the store that is in use: what keeps it out is what is tried. One that listens is killed at once.
Result<Answered> second_server(Site& site) {
  ASSIGN_OR_RETURN(const std::string config, write_config(site, site.config.data, ""));
  RETURN_IF_ERROR(expect_in_use(site, config));
  ASSIGN_OR_RETURN(const Variables variables,
                   tools::variables_of(site.config.hsm, site.config.further_hsms));
  ASSIGN_OR_RETURN(Serving serving, serve(site, config, variables));
  Answered answered{"varved --config " + config, false, tools::kExitOk, ""};
  if (serving.address.empty()) answered.code = serving.child.wait(kEndPatienceMs);
  answered.text = end_of(serving.output);
  return answered;
}

/// The token is asked what it says of the key, and a throw-away key is made and attacked.
Result<Answered> export_key(Site& site) {
  if (site.key.empty())
    return not_found("the configuration names no key on a token: give one with --key");
  ASSIGN_OR_RETURN(const Variables variables,
                   tools::variables_of(site.config.hsm, site.config.further_hsms));
  return run_with(site, keys_words(site, {"attest", "--key", site.key}), variables);
}

}  // namespace

Group machine_group() {
  const std::vector<Clause> kOneHistory = {Clause::kAuditTrail, Clause::kDiscernAltered};
  return {
      "On the server's machine",
      {
          {"second-server",
           "Start a second server on the same store.",
           kOneHistory,
           {Wanted::kRefused, {tools::exit_code(Code::kWorm)}, {kOneWriter}},
           second_server},
          {"export-key",
           "Take a private key out of the token: what the token says of the log's key, and an "
           "attack "
           "on a key that is made for it.",
           {Clause::kAuthorityChecks, Clause::kLimitedAccess},
           {Wanted::kDone, {tools::kExitOk}, {}},
           export_key},
      },
  };
}

}  // namespace varve::audit::assess
