// Headers of syslog messages: what is understood can be put together again from its fields.
#include "api/ingest/syslog_header.h"

#include "fuzz/samples.h"
#include "fuzz/target.h"

namespace varve::fuzz {
namespace {

std::string or_dash(std::string_view field) {
  return field.empty() ? "-" : std::string{field};
}

}  // namespace

bool accepts(Bytes in) {
  const std::string_view message = text_of(in);
  const api::SyslogHeader header = api::read_syslog_header(message);
  CHECK(header.facility < 24 && header.severity < 8);
  CHECK(message.find(header.text) != std::string_view::npos);
  if (header.form == api::SyslogForm::kUnknown) return false;
  const std::string priority = "<" + std::to_string(header.facility * 8 + header.severity) + ">";
  CHECK(message.starts_with(priority));
  if (header.form == api::SyslogForm::kRfc3164) return true;
  std::string again;
  for (const std::string_view field :
       {header.timestamp, header.hostname, header.app_name, header.process_id, header.message_id,
        header.structured_data})
    again += " " + or_dash(field);
  if (!header.text.empty()) again.append(" ").append(header.text);
  CHECK(message.find(again) != std::string_view::npos);
  return true;
}

std::vector<Buffer> seeds() {
  return {
      buffer_of("<34>1 2003-10-11T22:14:15.003Z host su - ID47 - \xef\xbb\xbf'su root' failed\n"),
      buffer_of("<165>1 2003-10-11T22:14:15Z h app 17 - [a@1 x=\"1\" y=\"\\\"\\]\"][b@2]"),
      buffer_of("<13>Nov  9 07:12:33 h sshd[42]: x"),
      buffer_of("<13>text"),
  };
}

}  // namespace varve::fuzz
