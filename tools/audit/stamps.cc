// Files in, a few words more in the answer.
#include "tools/audit/stamps.h"

#include "ledger/base/month.h"
#include "ledger/base/text.h"
#include "ledger/format/stamped_checkpoint.h"
#include "ledger/verify/stamped.h"
#include "tools/audit/answer_json.h"
#include "tools/common/files.h"

namespace varve::audit {
namespace {

constexpr std::size_t kConsistencyMax = 64u << 10;
constexpr std::uint64_t kStampSecondUs = 1'000'000;

/// "NAME=HEX". The same key under two names would be two authorities.
Result<std::vector<format::TimeSource>> authorities_of(const Request& request) {
  std::vector<format::TimeSource> authorities;
  for (const std::string& text : request.authorities) {
    const std::size_t sign = text.rfind('=');
    if (sign == 0 || sign == std::string::npos)
      return invalid("--authority is a name, = and the SHA-256 of its public key in hex, not " +
                     text);
    ASSIGN_OR_RETURN(const Hash key, decode_hex_hash(text.substr(sign + 1)));
    for (const format::TimeSource& other : authorities)
      if (other.key == key) return invalid("--authority names one key twice: " + text);
    authorities.push_back({text.substr(0, sign), key});
  }
  return authorities;
}

/// Of a time within a second, the end: it was there *before*.
std::string before_text(std::uint64_t before_us) {
  return time_text((before_us + kStampSecondUs - 1) / kStampSecondUs * kStampSecondUs);
}

}  // namespace

Result<Answer> with_stamps(const Request& request, const format::Checkpoint& tree, Answer answer) {
  if (request.stamped_file.empty()) return answer;
  ASSIGN_OR_RETURN(const auto authorities, authorities_of(request));
  ASSIGN_OR_RETURN(const Buffer text,
                   tools::read_file(request.stamped_file, format::kStampedCheckpointMax));
  Buffer consistency;
  if (!request.stamped_consistency_file.empty()) {
    ASSIGN_OR_RETURN(consistency,
                     tools::read_file(request.stamped_consistency_file, kConsistencyMax));
  }
  auto by = verify::verify_stamped(text_of(text), tree, text_of(consistency), authorities);
  if (!by) return std::move(by).error().during("verifying " + request.stamped_file);
  for (const verify::StampedBy& one : *by)
    answer.line += (&one == &by->front() ? "; there before " : ", before ") +
                   before_text(one.before_us) + " by " + one.authority;
  answer.json.pop_back();
  answer.json +=
      ",\"stamped_by\":" +
      list_json(
          *by,
          [](const verify::StampedBy& one) {
            return AnswerJson().add("name", one.authority).add("before_us", one.before_us).take();
          }) +
      "}";
  return answer;
}

}  // namespace varve::audit
