// One line for who and when, and one for each way.
#include "tools/audit/report_text.h"

#include "ledger/base/month.h"
#include "tools/audit/answer_json.h"

namespace varve::audit {
namespace {

constexpr std::uint32_t kAnswered = 200;
constexpr std::uint32_t kNothingFound = 204;
constexpr std::uint32_t kKeyDestroyed = 410;
constexpr std::uint32_t kNoRecord = 404;

/// "ward 7 (token) at 192.0.2.7".
std::string reader_text(const format::Reader& reader) {
  std::string text = reader.client.empty() ? "nobody that is known" : reader.client;
  if (!reader.proof.empty()) text.append(" (").append(reader.proof);
  if (!reader.subject.empty()) text.append(", ").append(reader.subject);
  if (!reader.issuer.empty()) text.append(" of ").append(reader.issuer);
  if (!reader.token_id.empty()) text.append(", number ").append(reader.token_id);
  if (!reader.proof.empty()) text.append(")");
  return text.append(" at ").append(reader.address);
}

std::string while_text(std::uint64_t first_us, std::uint64_t last_us) {
  const std::string first = time_text(first_us);
  const std::string last = time_text(last_us);
  return first == last ? first : first + " to " + last;
}

std::string count_text(std::uint64_t count, const char* one, const char* many) {
  return std::to_string(count) + " " + (count == 1 ? one : many);
}

std::string outcome_text(std::uint32_t status) {
  if (status == kAnswered) return "read";
  if (status == kNothingFound) return "searched, and none of them answered:";
  if (status == kKeyDestroyed) return "asked for, and its key is destroyed:";
  if (status == kNoRecord) return "asked for, and not there:";
  return "asked for, and answered with status " + std::to_string(status) + ":";
}

std::string ranges_text(const std::vector<format::IndexRange>& ranges) {
  std::string text;
  for (const format::IndexRange& range : ranges) {
    text.append(text.empty() ? "" : ", ").append(std::to_string(range.first.value));
    if (range.last != range.first) text.append("-").append(std::to_string(range.last.value));
  }
  return text;
}

std::string json_of(const format::Reading& reading) {
  std::string ranges;
  for (const format::IndexRange& range : reading.read) {
    ranges.append(ranges.empty() ? "[" : ",[").append(std::to_string(range.first.value));
    ranges.append(",").append(std::to_string(range.last.value)).append("]");
  }
  return AnswerJson()
      .add("method", reading.method)
      .add("route", reading.route)
      .add("status", std::uint64_t{reading.status})
      .add("requests", reading.requests)
      .raw("records", "[" + ranges + "]")
      .take();
}

std::string members(const AnswerJson& json) {
  const std::string object = json.take();
  return object.substr(1, object.size() - 2);
}

}  // namespace

std::string access_lines(const format::Access& access, std::string_view indent) {
  std::string text(indent);
  text.append(reader_text(access.reader)).append(", ");
  text.append(while_text(access.first_us, access.last_us)).append("\n");
  for (const format::Reading& reading : access.readings) {
    text.append(indent).append("  ").append(outcome_text(reading.status)).append(" ");
    text.append(ranges_text(reading.read)).append(", by ");
    text.append(count_text(reading.requests, "request ", "requests "));
    text.append(reading.method).append(" ").append(reading.route).append("\n");
  }
  return text;
}

std::string refusals_lines(const format::Refusals& refusals, std::string_view indent) {
  std::string text(indent);
  text.append("refused, ").append(while_text(refusals.first_us, refusals.last_us)).append("\n");
  for (const auto& [what, requests] : refusals.refused) {
    text.append(indent).append("  ").append(count_text(requests, "request", "requests"));
    text.append(" of ").append(what.client.empty() ? "nobody that is known" : what.client);
    text.append(" at ").append(what.address).append(", ").append(what.reason).append(": ");
    text.append(what.method).append(" ").append(what.route).append("\n");
  }
  if (refusals.more == 0) return text;
  text.append(indent).append("  ").append(count_text(refusals.more, "request", "requests"));
  return text.append(" more, of others\n");
}

std::string loss_line(const format::Loss& loss) {
  return "the server ended without writing what it still had to: who read events from " +
         time_text(loss.since_us) + " on may be missing; it started again " +
         time_text(loss.until_us) + "\n";
}

std::string explain_report(format::Kind kind, std::string_view payload) {
  const auto none = [kind](const Error& why) {
    return format::kind_name(kind) + " that cannot be read: " + why.message + "\n";
  };
  if (kind == format::Kind::kAccess) {
    const auto access = format::parse_access(payload);
    return access ? access_lines(*access) : none(access.error());
  }
  if (kind == format::Kind::kRefusal) {
    const auto refusals = format::parse_refusals(payload);
    return refusals ? refusals_lines(*refusals) : none(refusals.error());
  }
  const auto loss = format::parse_loss(payload);
  return loss ? loss_line(*loss) : none(loss.error());
}

std::string access_members(const format::Access& access) {
  std::string readings;
  for (const format::Reading& reading : access.readings)
    readings.append(readings.empty() ? "" : ",").append(json_of(reading));
  return members(AnswerJson()
                     .add("client", access.reader.client)
                     .add("proof", access.reader.proof)
                     .add("credential", access.reader.credential)
                     .add("subject", access.reader.subject)
                     .add("issuer", access.reader.issuer)
                     .add("token_id", access.reader.token_id)
                     .add("address", access.reader.address)
                     .add("first_us", access.first_us)
                     .add("last_us", access.last_us)
                     .raw("readings", "[" + readings + "]"));
}

std::string refusals_members(const format::Refusals& refusals) {
  std::string list;
  for (const auto& [what, requests] : refusals.refused)
    list.append(list.empty() ? "" : ",")
        .append(AnswerJson()
                    .add("requests", requests)
                    .add("reason", what.reason)
                    .add("method", what.method)
                    .add("route", what.route)
                    .add("address", what.address)
                    .add("client", what.client)
                    .take());
  return members(AnswerJson()
                     .add("first_us", refusals.first_us)
                     .add("last_us", refusals.last_us)
                     .raw("refused", "[" + list + "]")
                     .add("more", refusals.more));
}

std::string loss_members(const format::Loss& loss) {
  return members(AnswerJson().add("since_us", loss.since_us).add("until_us", loss.until_us));
}

}  // namespace varve::audit
