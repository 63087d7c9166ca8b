// A table of forms and frames.
#include "api/ingest/syslog_media_type.h"

#include <algorithm>
#include <iterator>

#include "api/ingest/syslog_header.h"

namespace varve::api {
namespace {

constexpr std::string_view kTypes[][2] = {
    {"application/vnd.varve.syslog; form=rfc5424",
     "application/vnd.varve.syslog; form=rfc5424; frame=unfinished"},
    {"application/vnd.varve.syslog; form=rfc3164",
     "application/vnd.varve.syslog; form=rfc3164; frame=unfinished"},
    {"application/vnd.varve.syslog; form=unknown",
     "application/vnd.varve.syslog; form=unknown; frame=unfinished"},
};
static_assert(std::ranges::all_of(kTypes, [](const auto& form) {
  return form[1].size() <= kSyslogMediaTypeMax;
}));

}  // namespace

std::string_view syslog_media_type(std::string_view message, SyslogFrame frame) {
  const auto form = static_cast<std::size_t>(read_syslog_header(message).form);
  return kTypes[form][static_cast<std::size_t>(frame)];
}

}  // namespace varve::api
