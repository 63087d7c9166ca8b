// A log as the server offers it, over whichever way in.
#pragma once

#include <string>

namespace varve {
class Log;
namespace env {
class Filesystem;
}
}  // namespace varve

namespace varve::api {

class RootSigner;
class StampedCheckpoints;
class WitnessedCheckpoints;

struct HostedLog {
  std::string name;  // in paths, in the tokens file, in the journal and the metrics
  std::string origin;
  bool open_reads = true;  // checkpoints, hash tiles, proofs and keys need no token
  Log* log = nullptr;
  env::Filesystem* files =
      nullptr;             // its store; null: what is not on record yet ends with the server
  bool has_ended = false;  // it takes no record any more, so nobody's reads are put on record
  const WitnessedCheckpoints* witnessed = nullptr;  // null: no witness is asked
  const StampedCheckpoints* stamped = nullptr;      // null: no time-stamping authority is asked
  RootSigner* roots = nullptr;                      // null: the log has ended, so that no key signs
};

}  // namespace varve::api
