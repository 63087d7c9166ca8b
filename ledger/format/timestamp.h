// The `timestamp` record (kind 65): a checkpoint of this log, and the RFC 3161 token over its text, or a witness's
// cosignature of it (cosigned_time.h).
// What an operator carries to a time-stamping authority and back is here too: the query that asks
// for such a token, and the reply that brings it. docs/format/retention.md, "Timestamp"
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "ledger/base/result.h"
#include "ledger/format/checkpoint.h"
#include "ledger/format/time_token.h"

namespace varve::format {

// The payload is this text, without a signature of the log:
//   <origin>                         the text of the checkpoint's note: its signatures are not here,
//   <size>                           because the text alone was stamped
//   <root, base64>
//   (an empty line)
//   <base64 of the token, at most 16 KiB of DER, or of the cosigned time; on one line>
struct Timestamp {
  Checkpoint checkpoint;
  Buffer token;  // verify_time_statement(token, checkpoint_text(checkpoint)) says what it is worth
  bool operator==(const Timestamp&) const = default;
};

std::string timestamp_text(const Timestamp& timestamp);
/// Parses; does not look into the token. Errors: kInvalid  not exactly such a text.
Result<Timestamp> parse_timestamp(std::string_view payload);

/// A TimeStampReq (DER) for the SHA-256 of the checkpoint's text that asks for the certificate too.
/// What a person carries has no nonce: a reply to an earlier query for this checkpoint states a true
/// time as well. A program that compares the time with its own clock gives one.
Buffer time_query(const Checkpoint& checkpoint, std::optional<std::uint64_t> nonce = std::nullopt);
/// The token in a TimeStampResp (DER) whose status is "granted", with modifications or without.
/// Errors: kInvalid  it is none.  kNotFound  the authority refused; with its words, which are a stranger's.
Result<Buffer> token_in_reply(Bytes reply);

}  // namespace varve::format
