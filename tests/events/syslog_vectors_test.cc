// The header of RFC 5424, by another implementation's vectors. Of what they call valid only version 1 is read:
// any other version may mean anything.
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/value_to.hpp>

#include "ledger/events/extract.h"
#include "sample_files.h"

namespace varve::events {
namespace {

/// The vectors spell the byte NN as U+00NN.
std::string bytes_of_vector(const std::string& text) {
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const bool is_high = lead == 0xc2 || lead == 0xc3;
    bytes += is_high ? static_cast<char>(static_cast<unsigned char>(text[++i]) + (lead - 0xc2) * 64)
                     : text[i];
  }
  return bytes;
}

bool is_version_1(const std::string& message) {
  const std::size_t end = message.find('>');
  return end != std::string::npos && message.substr(end, 3) == ">1 ";
}

TEST(SyslogVectors, AreReadExactlyWhenTheyAreValidAndOfVersion1) {
  if (samples_directory().empty()) GTEST_SKIP() << "the samples are not beside the project";
  std::size_t valid = 0;
  std::size_t vectors = 0;
  for (const Sample& sample : all_samples()) {
    if (!sample.name.starts_with("rfc5424-vectors/")) continue;
    for (const std::string& line : sample.payloads) {
      const boost::json::value vector = boost::json::parse(line);
      const std::string message =
          bytes_of_vector(boost::json::value_to<std::string>(vector.at("input")));
      const bool expected = vector.at("valid").as_bool() && is_version_1(message);
      const std::string format = extract("", bytes_of(message)).format;
      EXPECT_EQ(format == "syslog" || format.starts_with("syslog+"), expected) << line << format;
      valid += expected ? 1 : 0;
      ++vectors;
    }
  }
  EXPECT_EQ(vectors, 51U);
  EXPECT_EQ(valid, 4U);
}

}  // namespace
}  // namespace varve::events
