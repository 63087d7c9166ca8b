// Every way a request can fail, in one table: what the client reads (RFC 9457), the HTTP status
// and whether to try again. docs/ERRORS.md shows the same table.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/http.h"
#include "ledger/base/result.h"

namespace varve::api {

enum class ProblemId : std::uint8_t {
  kBadRequest,
  kUnauthorized,
  kForbidden,
  kNotFound,
  kMethodNotAllowed,
  kWriteOnce,
  kNotAcceptable,
  kConflict,
  kOutOfOrder,
  kGone,
  kPrecondition,
  kTooLarge,
  kTargetTooLong,
  kUnsupportedMediaType,
  kExpectation,
  kInvalid,
  kTooManyRequests,
  kHeadersTooLarge,
  kInternal,
  kCorrupt,
  kNotImplemented,
  kStorage,
  kBusy,
  kVersion,
  kFull,
};

struct Problem {
  ProblemId id;
  std::string_view slug;  // the last part of "type"
  int status;
  std::string_view title;
  unsigned retry_after_s;  // 0: repeating the request as it is does not help, or nobody knows when
};

inline constexpr std::array kProblems{
    Problem{ProblemId::kBadRequest, "bad-request", 400, "The request is malformed", 0},
    Problem{ProblemId::kUnauthorized, "unauthorized", 401, "A valid bearer token is needed", 0},
    Problem{ProblemId::kForbidden, "forbidden", 403, "The credential does not allow this", 0},
    Problem{ProblemId::kNotFound, "not-found", 404, "There is no such thing", 0},
    Problem{ProblemId::kMethodNotAllowed, "method-not-allowed", 405,
            "Not a method of this resource", 0},
    Problem{ProblemId::kWriteOnce, "write-once", 405, "The ledger is write-once", 0},
    Problem{ProblemId::kNotAcceptable, "not-acceptable", 406,
            "No representation the client accepts", 0},
    Problem{ProblemId::kConflict, "conflict", 409, "It contradicts what is already written", 0},
    Problem{ProblemId::kOutOfOrder, "out-of-order", 409, "Something before it is missing", 0},
    Problem{ProblemId::kGone, "gone", 410, "Its key was destroyed", 0},
    Problem{ProblemId::kPrecondition, "precondition-failed", 412, "If-Match does not match", 0},
    Problem{ProblemId::kTooLarge, "too-large", 413, "The body or an event in it is too large", 0},
    Problem{ProblemId::kTargetTooLong, "target-too-long", 414, "The target is too long", 0},
    Problem{ProblemId::kUnsupportedMediaType, "unsupported-media-type", 415,
            "Not a media type that is taken here", 0},
    Problem{ProblemId::kExpectation, "expectation-failed", 417, "The expectation cannot be met", 0},
    Problem{ProblemId::kInvalid, "invalid", 422, "The content is not valid", 0},
    Problem{ProblemId::kTooManyRequests, "too-many-requests", 429, "Too many requests at once", 1},
    Problem{ProblemId::kHeadersTooLarge, "headers-too-large", 431, "The header is too large", 0},
    Problem{ProblemId::kInternal, "internal", 500, "The server made a mistake", 0},
    Problem{ProblemId::kCorrupt, "corrupt", 500, "Stored bytes disagree with what was signed", 0},
    Problem{ProblemId::kNotImplemented, "not-implemented", 501, "The server does not do this", 0},
    Problem{ProblemId::kStorage, "storage", 503, "The log cannot store or sign", 30},
    Problem{ProblemId::kBusy, "busy", 503, "Not now", 1},
    Problem{ProblemId::kVersion, "version-not-supported", 505, "Not a version of HTTP for here", 0},
    Problem{ProblemId::kFull, "full", 507, "No space", 60},
};

const Problem& problem_of(ProblemId id);
/// The problem that an error of the ledger is. Of what was sent in a query or a header, kInvalid
/// is kBadRequest; the routes say so themselves.
ProblemId problem_of(Code code);

/// Members besides the standard ones: a name, and its value as JSON.
using Extras = std::vector<std::pair<std::string_view, std::string>>;

/// `detail` says what was wrong and what to do; never payload, never a secret.
Response refuse(ProblemId id, std::string_view detail, const Extras& extras = {});
/// The same, where it is known that repeating the request helps in so many seconds. Not 0.
Response refuse_until(ProblemId id, std::string_view detail, std::uint64_t retry_after_s);
Response refuse(const Error& error, const Extras& extras = {});

}  // namespace varve::api
