// What the addresses of authorities have to be before anybody is asked.
#include "tools/varved/time_stamp_config.h"

#include <algorithm>
#include <cctype>
#include <set>

namespace varve::tools {
namespace {

constexpr std::uint64_t kTimeStampDay_s = 86'400;

/// However a host is spelled: it is also what an authority is called, so none is called as another one.
std::string place_of(const std::string& url) {
  std::string place = api::authority_name(url);
  std::ranges::transform(place, place.begin(), [](unsigned char c) { return std::tolower(c); });
  return place;
}

/// Two at one host are one authority: it would count once, however often it is asked.
Result<void> store_urls(std::vector<std::string> urls, TimeStampConfig& time_stamps) {
  if (urls.size() > format::kTokensMax)
    return invalid("timestamp_urls has at most " + std::to_string(format::kTokensMax) +
                   " addresses");
  std::set<std::string> hosts;
  for (const std::string& url : urls)
    if (!hosts.insert(place_of(url)).second)
      return invalid("timestamp_urls names " + api::authority_name(url) + " twice");
  time_stamps.urls = std::move(urls);
  return {};
}

}  // namespace

std::vector<Key> time_stamp_keys(TimeStampConfig& time_stamps) {
  return {texts_key("timestamp_urls", false,
                    [&time_stamps](std::vector<std::string> urls) {
                      return store_urls(std::move(urls), time_stamps);
                    }),
          text_key("timestamp_ca", time_stamps.ca_file),
          number_key("timestamp_interval_s", 60, kTimeStampDay_s, time_stamps.interval_s)};
}

Result<void> check_time_stamps(const TimeStampConfig& time_stamps) {
  for (const std::string& url : time_stamps.urls)
    RETURN_IF_ERROR(api::check_peer({url, time_stamps.ca_file}));
  return {};
}

api::TimeStampOptions time_stamp_options(const TimeStampConfig& time_stamps,
                                         const std::string& name) {
  api::TimeStampOptions options;
  options.log = name;
  for (const std::string& url : time_stamps.urls)
    options.authorities.push_back({url, time_stamps.ca_file});
  options.interval_s = time_stamps.interval_s;
  options.kept_name = stamped_file_name(name);
  return options;
}

std::string stamped_file_name(const std::string& log) {
  return log + "+stamped";
}

}  // namespace varve::tools
