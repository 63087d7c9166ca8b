// A log with one of everything, and an audit of it in one call.
#pragma once

#include <optional>
#include <string>

#include "ledger/verify/log_check.h"
#include "log_builder.h"

namespace varve::verify {

struct Outcome {
  std::optional<Intact> intact;
  std::optional<Finding> finding;
  std::string error;  // what could not be read
  [[nodiscard]] std::string text() const { return finding ? sentence(*finding) : error; }
};

/// Audits from the start, or from a saved state; `since` is an older checkpoint, or empty.
Outcome audit(const Files& files, const format::VerifierKey& first, const std::string& since = "",
              Bytes saved = {});
Outcome audit(const LogBuilder& log);

const SigningKey& ward();
const SigningKey& ward_next();
const SigningKey& lab();
SourceId id_of(const SigningKey& source);
/// Senders for which the log seals: a client, and a listener.
const format::Sender& ehr();
const format::Sender& relay();
SourceId id_of(const format::Sender& sender);

/// Two sources, six batches of theirs and two of the server's; a rotation of everything that
/// rotates. 35 records, as an older version wrote them: nobody sent what the server sealed.
LogBuilder good_log();
inline constexpr std::uint64_t kGoodBatches = 8;
/// The same, and then a client and a listener, and two batches of their events. 45 records.
LogBuilder sender_log();

/// Position of the record of this kind, source and number.
std::size_t find_record(const LogBuilder& log, format::Kind kind, SourceId source,
                        std::uint64_t sequence);

}  // namespace varve::verify
