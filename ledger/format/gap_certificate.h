// A gap certificate: one file that shows, offline, that a source which seals left nothing out between
// two of its events. It holds seals and no events, so it grows with batches.
// docs/format/gap-certificate.md
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/base/result.h"
#include "ledger/base/types.h"
#include "ledger/merkle/proof.h"

namespace varve::format {

inline constexpr std::string_view kGapCertificateTitle = "varve gap certificate v1";
inline constexpr std::size_t kGapCertificateMax = 64u << 20;  // bytes: some 85,000 batches of 1,000

struct GapCertificate {
  struct Entry {
    LeafIndex index;
    Buffer record;  // whole
  };
  std::string source;              // its name
  std::vector<Entry> records;      // its source events, then its seals, as they are in the log
  std::vector<Buffer> heartbeats;  // whole records, each the only event of one of these seals
  merkle::Proof proof;             // merkle::prove_leaves of `records`
  std::string checkpoint;          // a signed note, verbatim
};

std::string format_gap_certificate(const GapCertificate& certificate);
/// Verifies nothing. Errors: kInvalid  not as format_gap_certificate writes it.
Result<GapCertificate> parse_gap_certificate(std::string_view text);

}  // namespace varve::format
