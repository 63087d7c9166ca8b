// What a record says of the syslog message in it.
#include "api/ingest/syslog_media_type.h"

#include <gtest/gtest.h>

namespace varve::api {
namespace {

TEST(SyslogMediaType, SaysTheFormAndWhetherTheFrameEnded) {
  const std::string type = "application/vnd.varve.syslog; form=";
  const std::pair<const char*, const char*> forms[] = {
      {"<34>1 2003-10-11T22:14:15.003Z host app - ID47 - text", "rfc5424"},
      {"<34>1 2003-10-11T22:14:15.003Z host app - ID47 - text\n", "rfc5424"},
      {"<34>Oct 11 22:14:15 host su: text", "rfc3164"},
      {"<34>no time at all", "rfc3164"},
      {"no priority", "unknown"},
      {"", "unknown"},
  };
  for (const auto& [message, form] : forms) {
    EXPECT_EQ(syslog_media_type(message, SyslogFrame::kWhole), type + form) << message;
    const std::string_view cut = syslog_media_type(message, SyslogFrame::kUnfinished);
    EXPECT_EQ(cut, type + form + "; frame=unfinished") << message;
    EXPECT_LE(cut.size(), kSyslogMediaTypeMax);
  }
}

}  // namespace
}  // namespace varve::api
