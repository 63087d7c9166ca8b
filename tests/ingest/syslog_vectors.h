// The RFC 5424 messages of another project: tests/samples/rfc5424-vectors.
#pragma once

#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "ledger/format/json.h"
#include "tests/directories.h"

namespace varve::api {

/// The vectors write a byte that is not ASCII as the character of that number.
inline std::string bytes_of_vector(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x80)
      out.push_back(text[i]);
    else
      out.push_back(
          static_cast<char>((byte & 3) << 6 | (static_cast<unsigned char>(text[++i]) & 0x3f)));
  }
  return out;
}

struct SyslogVector {
  std::string message;
  bool valid = false;
};

inline std::vector<SyslogVector> syslog_vectors() {
  std::ifstream file(source_file("tests/samples/rfc5424-vectors/rfc5424_vectors.ndjson"));
  std::vector<SyslogVector> out;
  for (std::string line; std::getline(file, line);)
    out.push_back({bytes_of_vector(*format::Json::parse(line)->text("input")),
                   line.ends_with("\"valid\": true}")});
  return out;
}

}  // namespace varve::api
