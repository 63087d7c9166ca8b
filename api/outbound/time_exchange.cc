// Each reason for which a reply does not count, in the order in which they are looked at.
#include "api/outbound/time_exchange.h"

#include <algorithm>

#include "ledger/base/text.h"
#include "ledger/base/visible.h"

namespace varve::api {
namespace {

constexpr int kAnswered = 200;
constexpr std::size_t kWhyMax = 300;  // bytes of a stranger's words

/// A stranger's words go to the journal and to /readyz.
TimeAnswer no_stamp(NoStamp reason, std::string why) {
  if (why.size() > kWhyMax) why.resize(kWhyMax);
  return {std::nullopt, reason, visible(why), {}};
}

}  // namespace

std::string authority_name(const std::string& url) {
  const auto parsed = client::parse_url(url);
  return parsed ? parsed->host + ":" + std::to_string(parsed->port) : visible(url);
}

TimeAnswer no_time_reply(const std::string& url, const Error& error) {
  std::string why = error.message;
  if (why.starts_with(url)) why.replace(0, url.size(), authority_name(url));
  return {std::nullopt, NoStamp::kAway, visible(why), {}};
}

TimeAnswer judge_time_reply(const client::HttpResponse& response, const TimeQuestion& asked) {
  if (response.status != kAnswered) {
    TimeAnswer refused =
        no_stamp(NoStamp::kRefused, "the answer is " + std::to_string(response.status) +
                                        ", not 200; redirects are not followed");
    refused.retry_after_s = response.retry_after_s();
    return refused;
  }
  auto token = format::token_in_reply(bytes_of(response.body));
  if (!token)
    return no_stamp(token.error().code == Code::kNotFound ? NoStamp::kRefused : NoStamp::kFalse,
                    token.error().message);
  const auto said = format::verify_time_token(*token, format::checkpoint_text(asked.checkpoint));
  if (!said) return no_stamp(NoStamp::kFalse, "its time stamp: " + said.error().message);
  if (!format::has_nonce(*token, asked.nonce))
    return no_stamp(NoStamp::kFalse, "its time stamp is for another query: the nonce differs");
  if (std::ranges::find(asked.sources, said->key, &format::TimeSource::key) == asked.sources.end())
    return no_stamp(NoStamp::kStranger, "its key is not one that the log's policy names: SHA-256 " +
                                            hex(said->key.view()));
  return {TimeStamp{std::move(*token), *said}, {}, "", {}};
}

std::int64_t clock_offset_us(const format::SignedTime& said, std::uint64_t asked_us,
                             std::uint64_t answered_us) {
  if (said.time_us < asked_us) return -static_cast<std::int64_t>(asked_us - said.time_us);
  if (said.time_us > answered_us) return static_cast<std::int64_t>(said.time_us - answered_us);
  return 0;
}

}  // namespace varve::api
