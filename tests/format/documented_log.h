// The small log that docs/format shows: one collector, one batch of two events, five records.
// Made from fixed keys, times and salts, so that it comes out the same every time.
#pragma once

#include <map>
#include <string>

#include "ledger/format/contradiction.h"
#include "ledger/format/gap_certificate.h"
#include "ledger/format/proof_file.h"
#include "ledger/format/receipt.h"
#include "ledger/format/seal.h"
#include "tests/format/test_keys.h"
#include "tests/merkle/memory_tree.h"

namespace varve::format {

struct DocumentedLog {
  DocumentedLog();

  std::string origin = "audit.example.org/cardiology";
  TestKey log_key = TestKey::ed25519(origin, 1);
  TestKey source_key = TestKey::ed25519("ward-7/pacs", 2);
  TestKey ann_key = TestKey::ed25519("ann", 4);
  TestKey bob_key = TestKey::ed25519("bob", 5);
  TestKey next_key = TestKey::ed25519(origin, 3);
  TestKey for_witnesses = TestKey::ed25519(origin, 8);
  std::string key_event;     // the note in record 0
  std::string source_event;  // the note in record 1
  std::string rotation;      // were a second key to join ...
  std::string witness_key;   // ... and a key be named that witnesses know the log by ...
  std::string approvers;     // ... two people to approve of what follows ...
  std::string revocation;    // ... and the first one compromised from the tree of 5 leaves on
  std::vector<Buffer> records;
  std::vector<Hash> leaves;
  Seal seal;                    // record 4, over records 2 and 3
  Buffer batch;                 // records 2 to 4 on the wire
  std::string checkpoint;       // the signed note over all five
  Receipt receipt;              // of the batch
  ProofFile proof_file;         // of record 2
  GapCertificate gaps;          // of the batch
  Contradiction contradiction;  // with a tree of 3 records, the last of them another
  Receipt event_receipt;        // as if record 2 had been sealed by the server

 private:
  void add(const Record& record);
  void add_batch();
  void prove();

  std::uint64_t time_us_ = 1'795'256'100'000'000;  // 2026-11-21T10:15:00Z
};

}  // namespace varve::format
