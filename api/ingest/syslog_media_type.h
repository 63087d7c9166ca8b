// The media type of a record whose payload is a syslog message. It says in which form the message is,
// and whether its frame ended, so that a reader of the log knows what to expect of the bytes.
#pragma once

#include <cstdint>
#include <string_view>

namespace varve::api {

enum class SyslogFrame : std::uint8_t {
  kWhole,
  kUnfinished,  // the connection ended first: the message may be cut
};

/// "application/vnd.varve.syslog; form=rfc5424", or form=rfc3164 or form=unknown; with
/// "; frame=unfinished" behind it. Static text.
std::string_view syslog_media_type(std::string_view message, SyslogFrame frame);

/// The longest of them.
inline constexpr std::size_t kSyslogMediaTypeMax = 62;

}  // namespace varve::api
