// What this machine can do at most, each step alone: the measure for everything else.
#pragma once

#include <string>

#include "ledger/base/result.h"
#include "tools/bench/site.h"

namespace varve::bench {

/// Per second; bytes of a core for those that compute. Events of 300 bytes as they are stored.
struct Ceilings {
  double syncs = 0;               // append of 4 KiB, fdatasync
  double synced_bytes = 0;        // appends of 1 MiB, each with fdatasync
  double hashed_bytes = 0;        // SHA-256 over leaves
  double encrypted_bytes = 0;     // AES-256-GCM over 1 MiB
  double compressed_bytes = 0;    // zstd -1 over 1 MiB of events
  double decompressed_bytes = 0;  // as of the same bytes
  double compression = 0;         // compressed size / size
  double signatures = 0;          // Ed25519 by SoftHSM
  double exchanges = 0;    // HTTP POST of 300 bytes over loopback to a server that does nothing
  double round_trips = 0;  // the same, one connection
};

/// Takes some seconds. Nothing else may be running.
Result<Ceilings> measure_ceilings(const Site& site);
void print(const Ceilings& ceilings);

}  // namespace varve::bench
