// Real messages, valid and malformed, over every protocol: each is stored byte for byte.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "tests/api/listening_site.h"
#include "tests/ingest/syslog_vectors.h"

namespace varve::api {
namespace {

/// The vectors of RFC 5424, and whole messages of health care where there are samples outside of the
/// project.
std::vector<std::string> sample_messages() {
  std::vector<std::string> out;
  for (SyslogVector& vector : syslog_vectors())
    if (!vector.message.empty()) out.push_back(std::move(vector.message));
  const std::filesystem::path outside = source_file("../shared/samples");
  if (!std::filesystem::is_directory(outside)) return out;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(outside)) {
    if (entry.path().extension() != ".syslog" && entry.path().extension() != ".xml") continue;
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string text(std::istreambuf_iterator<char>(file), {});
    out.push_back(entry.path().extension() == ".xml" ? "<85>1 - - - - IHE+DICOM - " + text : text);
  }
  return out;
}

class SyslogSamples : public ListeningSite {
 protected:
  void expect_stored(const std::vector<std::string>& sent) const {
    EXPECT_TRUE(becomes([&] { return payloads().size() >= sent.size(); }));
    EXPECT_EQ(payloads(), sent);
  }
};

TEST_F(SyslogSamples, AreStoredByteForByteWithOctetCounting) {
  start(ListenerKind::kSyslogTcp);
  const auto sent = sample_messages();
  RawClient peer(port());
  for (const std::string& message : sent) peer.send(std::to_string(message.size()) + " " + message);
  peer.finish();
  expect_stored(sent);
}

TEST_F(SyslogSamples, AreStoredByteForByteWithLineFeeds) {
  start(ListenerKind::kSyslogTcp);
  auto sent = sample_messages();
  std::erase_if(sent, [](const std::string& message) {
    return message.find('\n') != std::string::npos || message == "\r";
  });
  sent.insert(sent.begin(), "<13>begins as such a stream does");
  RawClient peer(port());
  for (const std::string& message : sent) peer.send(message + "\n");
  peer.finish();
  expect_stored(sent);
}

TEST_F(SyslogSamples, AreStoredByteForByteOverRelp) {
  start(ListenerKind::kRelp);
  const auto sent = sample_messages();
  RawClient peer(port());
  std::size_t number = 1;
  peer.send("1 open 0\n");
  for (const std::string& message : sent)
    peer.send(std::to_string(++number) + " syslog " + std::to_string(message.size()) + " " +
              message + "\n");
  peer.send(std::to_string(++number) + " close 0\n");
  EXPECT_NE(peer.read_all().find("\n" + std::to_string(number) + " rsp 6 200 OK\n"),
            std::string::npos);
  EXPECT_EQ(payloads(), sent);
}

}  // namespace
}  // namespace varve::api
