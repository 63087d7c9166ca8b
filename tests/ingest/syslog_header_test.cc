// Headers of syslog messages: the vectors of another project, RFC 5424's own examples, and old forms.
#include "api/ingest/syslog_header.h"

#include <gtest/gtest.h>

#include "syslog_vectors.h"

namespace varve::api {
namespace {

TEST(SyslogHeader, AgreesWithAnotherProjectsVectors) {
  int valid = 0;
  const auto vectors = syslog_vectors();
  for (const SyslogVector& vector : vectors) {
    EXPECT_EQ(read_syslog_header(vector.message).form == SyslogForm::kRfc5424, vector.valid)
        << vector.message;
    valid += vector.valid ? 1 : 0;
  }
  EXPECT_EQ(vectors.size(), 51U);
  EXPECT_EQ(valid, 10);
}

TEST(SyslogHeader, OfRfc5424HasEveryField) {
  const std::string message =
      "<165>1 2003-10-11T22:14:15.003Z host.example app 17 ID47 "
      "[a@1 x=\"1\" y=\"\\\"\\]\\\\\\z\"][b@2] \xef\xbb\xbfText - more\n";
  const SyslogHeader header = read_syslog_header(message);
  EXPECT_EQ(header.form, SyslogForm::kRfc5424);
  EXPECT_EQ(header.facility, 20U);
  EXPECT_EQ(header.severity, 5U);
  EXPECT_EQ(header.timestamp, "2003-10-11T22:14:15.003Z");
  EXPECT_EQ(header.hostname, "host.example");
  EXPECT_EQ(header.app_name, "app");
  EXPECT_EQ(header.process_id, "17");
  EXPECT_EQ(header.message_id, "ID47");
  EXPECT_EQ(header.structured_data, "[a@1 x=\"1\" y=\"\\\"\\]\\\\\\z\"][b@2]");
  EXPECT_EQ(header.text, "\xef\xbb\xbfText - more");
}

// Cut anywhere it is another message, never a wrong field of this one.
TEST(SyslogHeader, CutAnywhereSaysOnlyWhatIsThere) {
  const std::string message =
      "<34>1 2003-10-11T22:14:15.003Z host app 17 ID47 [a@1 x=\"1\"] the text";
  const std::size_t complete = message.find(" the text");
  for (std::size_t cut = 0; cut < message.size(); ++cut) {
    const SyslogHeader header = read_syslog_header(std::string_view{message}.substr(0, cut));
    EXPECT_EQ(header.form == SyslogForm::kRfc5424, cut >= complete) << cut;
    EXPECT_EQ(header.form == SyslogForm::kUnknown, cut < 4) << cut;
    for (const auto& [part, whole] : {std::pair{header.timestamp, "2003-10-11T22:14:15.003Z"},
                                      std::pair{header.hostname, "host"}})
      EXPECT_TRUE(part.empty() || part == whole) << cut;
  }
}

TEST(SyslogHeader, RefusesTimesThatAreNone) {
  const auto is_5424 = [](const std::string& time) {
    return read_syslog_header("<1>1 " + time + " - - - - -").form == SyslogForm::kRfc5424;
  };
  for (const char* good : {"-", "2024-02-29T00:00:00Z", "2000-02-29T23:59:59.999999+14:00",
                           "1985-04-12T19:20:50.52-04:00"})
    EXPECT_TRUE(is_5424(good)) << good;
  for (const char* bad : {"2023-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "2024-04-31T00:00:00Z",
                          "2024-13-01T00:00:00Z", "2024-00-01T00:00:00Z", "2024-01-00T00:00:00Z",
                          "2024-01-01T24:00:00Z", "2024-01-01T00:60:00Z", "2024-01-01T00:00:60Z",
                          "2024-01-01T00:00:00", "2024-01-01T00:00:00.Z", "2024-01-01t00:00:00Z",
                          "2024-01-01T00:00:00.1234567Z", "2024-01-01T00:00:00+24:00",
                          "2024-01-01 00:00:00Z", "24-01-01T00:00:00Z"})
    EXPECT_FALSE(is_5424(bad)) << bad;
}

TEST(SyslogHeader, PriorityIsOneOf192) {
  for (unsigned value = 0; value < 1000; ++value) {
    const std::string message = "<" + std::to_string(value) + ">text";
    const SyslogHeader header = read_syslog_header(message);
    EXPECT_EQ(header.form == SyslogForm::kRfc3164, value <= 191);
    if (value <= 191) {
      EXPECT_EQ(header.facility * 8 + header.severity, value);
    } else {
      EXPECT_EQ(header.text, message);
    }
  }
  for (const char* none : {"", "text", "<", "<>x", "<01>x", "<1x>x", "<0001>x", "<-1>x", "<1"})
    EXPECT_EQ(read_syslog_header(none).form, SyslogForm::kUnknown) << none;
}

TEST(SyslogHeader, OfRfc3164HasWhatIsThere) {
  struct Case {
    const char* message;
    const char* time;
    const char* host;
    const char* tag;
    const char* process;
    const char* text;
  };
  for (const Case& c : {
           Case{"<34>Oct 11 22:14:15 mymachine su: 'su root' failed\n", "Oct 11 22:14:15",
                "mymachine", "su", "", "'su root' failed"},
           Case{"<13>Nov  9 07:12:33 h sshd[42]: x", "Nov  9 07:12:33", "h", "sshd", "42", "x"},
           Case{"<13>2026-11-29T07:12:33.123456+01:00 h app: x", "2026-11-29T07:12:33.123456+01:00",
                "h", "app", "", "x"},
           Case{"<13>Nov 29 07:12:33 app: no host", "Nov 29 07:12:33", "", "app", "", "no host"},
           Case{"<13>Nov 29 07:12:33 h no tag", "Nov 29 07:12:33", "h", "", "", "no tag"},
           Case{"<13>app[7]: no time", "", "", "app", "7", "no time"},
           Case{"<13>Nov 32 07:12:33 h x", "", "", "", "", "Nov 32 07:12:33 h x"},
           Case{"<13>Nov 29 24:12:33 h x", "", "", "", "", "Nov 29 24:12:33 h x"},
           Case{"<13>", "", "", "", "", ""},
           Case{"<13>1 not 5424", "", "", "", "", "1 not 5424"},
       }) {
    const SyslogHeader header = read_syslog_header(c.message);
    EXPECT_EQ(header.form, SyslogForm::kRfc3164) << c.message;
    EXPECT_EQ(header.timestamp, c.time) << c.message;
    EXPECT_EQ(header.hostname, c.host) << c.message;
    EXPECT_EQ(header.app_name, c.tag) << c.message;
    EXPECT_EQ(header.process_id, c.process) << c.message;
    EXPECT_EQ(header.text, c.text) << c.message;
  }
}

}  // namespace
}  // namespace varve::api
