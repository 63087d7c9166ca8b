// Syslog over UDP: each datagram is a message in the log, or is counted as lost.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/api/listening_site.h"

namespace varve::api {
namespace {

class Datagrams : public ListeningSite {
 protected:
  Datagrams() : fd_(::socket(AF_INET, SOCK_DGRAM, 0)) { CHECK(fd_ >= 0); }
  ~Datagrams() override { ::close(fd_); }

  void send(const std::string& message) const {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port());
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ASSERT_EQ(::sendto(fd_, message.data(), message.size(), 0,
                       reinterpret_cast<const sockaddr*>(&address), sizeof address),
              static_cast<ssize_t>(message.size()));
  }

 private:
  const int fd_;
};

TEST_F(Datagrams, AreStoredByteForByte) {
  start(ListenerKind::kSyslogUdp);
  const std::vector<std::string> sent = {
      "<13>1 2026-11-29T10:00:00Z h a - - - one",
      "<13>Oct 11 22:14:15 h su: two\n",
      std::string("nothing\0of syslog\xff", 18),
      "<13>three\n<13>in one datagram",
      std::string(65'000, 'x'),
  };
  for (const std::string& message : sent) {
    send(message);
    send("");  // is no message
  }
  EXPECT_TRUE(becomes([&] { return messages("syslog-udp", "appended") == sent.size(); }));
  EXPECT_EQ(payloads(), sent);
}

TEST_F(Datagrams, LargerThanARecordAreRefusedAndCounted) {
  start(ListenerKind::kSyslogUdp);
  send(std::string(65'507, 'x'));
  send("<13>after");
  EXPECT_TRUE(becomes([&] { return messages("syslog-udp", "appended") == 1; }));
  EXPECT_EQ(messages("syslog-udp", "refused"), 1U);
}

// The log takes nothing while far more arrives than there is room for.
TEST_F(Datagrams, ThatTheKernelDroppedAreCounted) {
  HeldLog held(site);
  start(ListenerKind::kSyslogUdp);
  const std::string message = "<13>1 2026-11-29T10:00:00Z h a - - - " + std::string(2'000, 'x');
  constexpr std::size_t kMany = 4'000;
  send(message);
  ASSERT_TRUE(becomes([&] { return held.keeps() == 1; }));
  for (std::size_t k = 1; k < kMany; ++k) send(message);
  held.release();
  // The kernel tells how many it dropped with the next datagram that it takes.
  std::uint64_t sent = kMany;
  const auto appended = [&] { return messages("syslog-udp", "appended"); };
  const auto all_settled = [&] { return appended() + messages("syslog-udp", "dropped") == sent; };
  for (std::size_t more = 0; more < kMany && !all_settled(); ++more) {
    const std::uint64_t before = appended();
    send(message);
    ++sent;
    ASSERT_TRUE(becomes([&] { return all_settled() || appended() > before; }));
  }
  EXPECT_TRUE(all_settled());
  EXPECT_GT(messages("syslog-udp", "dropped"), 0U);
  EXPECT_EQ(payloads().size(), messages("syslog-udp", "appended"));
}

TEST_F(Datagrams, ThatHaveArrivedWhenTheServerStopsAreStored) {
  start(ListenerKind::kSyslogUdp);
  for (int k = 0; k < 50; ++k) send("<13>" + std::to_string(k));
  listeners->stop();
  EXPECT_EQ(payloads().size(), 50U);
}

}  // namespace
}  // namespace varve::api
