// The keys of a [[log]] that say which witnesses it asks.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "api/outbound/witnesses.h"
#include "ledger/env/signer.h"
#include "tools/config/table.h"

namespace varve::tools {

struct WitnessConfig {
  static constexpr std::uint64_t kInterval_s = 60;

  std::string policy;   // file, C2SP tlog-policy; empty: no witness is asked
  std::string ca_file;  // PEM; empty: the system's
  std::uint64_t interval_s = kInterval_s;

  [[nodiscard]] bool asks() const { return !policy.empty(); }
  /// No key is there without the policy that it is about.
  [[nodiscard]] bool is_whole() const {
    return asks() || (ca_file.empty() && interval_s == kInterval_s);
  }
};

std::vector<Key> witness_keys(WitnessConfig& witnesses);

/// Reads the policy and the file of CAs, as a start would. Asks no other machine.
/// Errors: kNotFound, kIo, kInvalid  names the file and the line, or the witness.
Result<void> check_witnesses(const WitnessConfig& witnesses, const std::string& origin);
/// Whether none of the witnesses has a key that one of `tokens` signs with. It signs 32 random bytes where one has.
/// Errors: kInvalid  names the witness.  Others as check_witnesses.
Result<void> witnesses_are_elsewhere(const WitnessConfig& witnesses, const std::string& origin,
                                     env::Signer& tokens);
/// Of the log `name`. Errors: as check_witnesses.
Result<api::WitnessOptions> witness_options(const WitnessConfig& witnesses, const std::string& name,
                                            const std::string& origin);
/// How many are asked at once, at most; 0 where check_witnesses() fails.
std::size_t witnesses_asked(const WitnessConfig& witnesses, const std::string& origin);
/// Whether somebody who verifies by the policy takes what the log signs for witnesses now.
bool takes_a_key_of(const format::WitnessPolicy& policy, const rules::KeyHistory& keys);
/// Errors: kInvalid  a witness of the policy has a key of the log, or one that was.
Result<void> witnesses_are_others(const format::WitnessPolicy& policy,
                                  const rules::KeyHistory& keys);

/// In the directory of the data. No log can have such a name.
std::string witnessed_file_name(const std::string& log);
std::string alarms_file_name(const std::string& log);

}  // namespace varve::tools
