// Names of everything in a collector's directory.
//   config                  config.h
//   key, key.next           source_key.h; the second only during a rotation
//   state                   state.h
//   register.note           for the operator
//   keys.json               the log's keys as last proven; log_keys.h
//   lock                    held by the process that works here
//   upgrade.lock            held by the one that lifts receipts, which may do so beside it
//   spool/<batch>.batch     state.h
//   receipts/<batch>.json   as the log sent it; <batch>.leaves: the leaf hashes it is about;
//                           <batch>.consistency: the log's proof that its tree begins with that of
//                           the receipt before, where the receipt does not show that itself
//   receipts/<batch>.json.refused, .consistency.refused   what did not hold: evidence
//   receipts/<batch>.witnessed.json   the same leaves under a checkpoint that witnesses have cosigned;
//                           .witnessed.refused: such a checkpoint of another history than the receipt's
//   receipts/<batch>.json.again   for a batch that the log had acknowledged, and asked for again
//   sent/<batch>.batch      with --keep: as it was sent, for varve-audit verify --batch
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace varve::collect {

inline constexpr const char* kConfigPath = "config";
inline constexpr const char* kKeyPath = "key";
inline constexpr const char* kNextKeyPath = "key.next";
inline constexpr const char* kStatePath = "state";
inline constexpr const char* kRegisterNotePath = "register.note";
inline constexpr const char* kLogKeysPath = "keys.json";
inline constexpr const char* kLockPath = "lock";
inline constexpr const char* kUpgradeLockPath = "upgrade.lock";
inline constexpr const char* kSpoolDirectory = "spool";
inline constexpr const char* kReceiptsDirectory = "receipts";
inline constexpr const char* kSentDirectory = "sent";

// Larger files of these kinds are not read: they are not the collector's. Bytes.
inline constexpr std::size_t kSpooledMax = 256u << 20;
inline constexpr std::size_t kStateMax = 1u << 30;

std::string spool_path(std::uint64_t batch);
std::string sent_path(std::uint64_t batch);
std::string receipt_path(std::uint64_t batch);
std::string leaves_path(std::uint64_t batch);
std::string consistency_path(std::uint64_t batch);
std::string witnessed_path(std::uint64_t batch);
std::string refused_witnessed_path(std::uint64_t batch);

/// The number in a file name like those above. Nothing: it is not of that kind.
std::optional<std::uint64_t> number_in(std::string_view name, std::string_view suffix);

}  // namespace varve::collect
