// What the header of a syslog message says. It decides nothing about the message: one that is not
// understood is kept like all others, and marked.
#pragma once

#include <cstdint>
#include <string_view>

namespace varve::api {

enum class SyslogForm : std::uint8_t {
  kRfc5424,  // by its grammar, to the last byte of the structured data
  kRfc3164,  // a priority, and a time and host where the old form has them
  kUnknown,  // no priority: all of it is text
};

/// Views into the message; empty where it says nothing ("-"), or where its form has no such field.
struct SyslogHeader {
  SyslogForm form = SyslogForm::kUnknown;
  unsigned facility = 0;  // 0 ... 23
  unsigned severity = 0;  // 0 ... 7
  std::string_view timestamp;
  std::string_view hostname;
  std::string_view app_name;  // of RFC 3164 the tag
  std::string_view process_id;
  std::string_view message_id;
  std::string_view structured_data;
  std::string_view text;  // all that follows; without a line feed at its end
};

/// Source: RFC 5424 section 6, RFC 3164 section 4.1. Of the latter a time may also be one of RFC 3339,
/// as rsyslog forwards it.
SyslogHeader read_syslog_header(std::string_view message);

}  // namespace varve::api
