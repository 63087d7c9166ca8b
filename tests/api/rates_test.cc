// Addresses that may not come, and senders that send too much: over HTTP, and at listeners, where nothing may be lost.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "api/access/allowed_addresses.h"
#include "api/server.h"
#include "tests/access/journal_lines.h"
#include "tests/api/listening_site.h"
#include "tests/api/raw_client.h"
#include "tests/api/served_site.h"

namespace varve::api {
namespace {

void set_rules(Access& access, ClientRules clients) {
  AccessRules rules = *access.rules();
  rules.clients = std::move(clients);
  access.replace(std::move(rules));
}

ClientRules byte_a_second_for_clients() {
  ClientRules rules;
  rules.each_client.bytes_per_second = 1;
  return rules;
}

Buffer bytes(std::size_t size) {
  return Buffer(size, std::byte{'x'});
}

// 1,000 bytes are owed at a byte a second: no machine is so slow that they are paid meanwhile.
TEST(HttpRates, AreRefusedWithTheSecondsToWait) {
  Site site;
  set_rules(*site.access, byte_a_second_for_clients());
  EXPECT_EQ(site.post("/logs/open/events", "text/plain", bytes(1'010), "append").status, 201);
  const Response refused = site.post("/logs/open/events", "text/plain", bytes(1), "append");
  EXPECT_EQ(refused.status, 429);
  const std::uint64_t wait_s = std::stoull(header_of(refused, "retry-after"));
  EXPECT_GT(wait_s, 800U);
  EXPECT_LE(wait_s, 1'001U);
  EXPECT_EQ(refused.explanation, "this client sends more in a second than it may");
  EXPECT_EQ(site.post("/logs/open/events", "text/plain", bytes(1), "both").status, 201);
  EXPECT_EQ(site.get("/readyz").status, 200);
  EXPECT_NE(
      site.access->metrics().text().find("varve_http_limited_total{limit=\"client-rate\"} 1\n"),
      std::string::npos);
  set_rules(*site.access, {});
  EXPECT_EQ(site.post("/logs/open/events", "text/plain", bytes(1), "append").status, 201);
}

TEST(HttpRates, OfAnAddressCountWhoeverTheClientIsAndWhateverItAsksFor) {
  Site site;
  ClientRules rules;
  rules.each_address.bytes_per_second = 1;
  set_rules(*site.access, rules);
  EXPECT_EQ(site.post("/logs/open/events", "text/plain", bytes(1'010), "append").status, 201);
  for (const char* token : {"append", "both", "", "wrong"})
    EXPECT_EQ(site.post("/logs/open/events", "text/plain", bytes(1), token).status, 429) << token;
  for (const char* path : {"/no/such/path", "/logs/none/events/0", "/logs/open/events/0"})
    EXPECT_EQ(site.get(path, "wrong").status, 429) << path;
  for (const char* path : {"/healthz", "/readyz", "/metrics", "/logs", "/logs/open/checkpoint"})
    EXPECT_EQ(site.get(path).status, 200) << path;
}

// A body in chunks announces nothing.
TEST(HttpRates, ChargeABodyThatWasNotAnnouncedOnceItHasCome) {
  Site site;
  set_rules(*site.access, byte_a_second_for_clients());
  Caller caller(site.service->traffic(), "192.0.2.1");
  const Needs needs{Rights::kAppendEvents, Share::kAsker};
  ASSERT_FALSE(site.access->identify(caller, needs, site.access->logs()[0], "append"));
  ASSERT_FALSE(site.access->let_in(caller, needs, 0));
  site.access->finished(caller, {"POST", "/", "open", 201, 1'000, 0, 0});
  caller.pass.reset();
  EXPECT_EQ(site.post("/logs/open/events", "text/plain", bytes(1), "append").status, 429);
}

class AllowedAddressesTest : public ServedSite {
 protected:
  std::string ask(const char* from) {
    RawClient peer{server->port(), 60, from};
    peer.send("GET /healthz HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    return peer.read_all();
  }
};

TEST_F(AllowedAddressesTest, AloneAreSpokenToAndAReloadChangesThem) {
  ServerOptions options;
  options.allow = *Networks::parse({"127.0.0.1"});
  start(options);
  EXPECT_TRUE(ask("127.0.0.1").starts_with("HTTP/1.1 200"));
  EXPECT_EQ(ask("127.0.0.2"), "");
  EXPECT_NE(site.access->metrics().text().find("varve_http_limited_total{limit=\"address\"} 1\n"),
            std::string::npos);
  options.allow = *Networks::parse({"127.0.0.2"});
  const auto change = server->prepare_reload(options);
  ASSERT_TRUE(change);
  EXPECT_EQ(ask("127.0.0.2"), "") << "prepared only";
  (*change)();
  EXPECT_TRUE(ask("127.0.0.2").starts_with("HTTP/1.1 200"));
  EXPECT_EQ(ask("127.0.0.1"), "");
}

TEST(AllowedAddressesOfClients, AreLookedAtForEachRequest) {
  Site site;
  ClientRules rules;
  rules.clients["append"].from = *Networks::parse({"192.0.2.0/24"});
  set_rules(*site.access, rules);
  const auto status = [&](const char* from, const char* token) {
    Request request{
        Method::kGet, "/whoami", {{"authorization", std::string("Bearer ") + token}}, {}};
    const auto admission =
        site.service->admit(std::move(request), 0, from, nullptr, *parse_ip(from));
    return admission.refusal ? admission.refusal->status : 200;
  };
  EXPECT_EQ(status("192.0.2.9", "append"), 200);
  EXPECT_EQ(status("198.51.100.9", "append"), 401);
  EXPECT_EQ(status("198.51.100.9", "both"), 200);
}

// One line says how many there were; the packets of a flood are no lines.
TEST(AllowedAddressesLine, IsWrittenOnceAMinute) {
  JournalLines lines;
  Site site({}, Level::kWarning);
  struct MovedClock : env::Clock {
    [[nodiscard]] std::uint64_t now_us() const override { return 0; }
    [[nodiscard]] std::uint64_t steady_ms() const override { return ms; }
    std::uint64_t ms = 5;
  } clock;
  AllowedAddresses allowed("relp:2514", *Networks::parse({"10.0.0.0/8"}), site.service->traffic(),
                           site.journal, clock);
  for (int i = 0; i < 1'000; ++i) EXPECT_FALSE(allowed.let_in(*parse_ip("192.0.2.1")));
  EXPECT_TRUE(allowed.let_in(*parse_ip("10.0.0.1")));
  clock.ms += 60'000;
  EXPECT_FALSE(allowed.let_in(std::nullopt));
  const std::string begin =
      R"({"level":"warning","event":"address_not_allowed","listener":"relp:2514",)";
  EXPECT_EQ(lines.next(), begin + R"("peer":"192.0.2.1","count":1})");
  EXPECT_EQ(lines.next(), begin + R"("peer":"","count":1000})");
}

class ListenerRates : public ListeningSite {};

// The second message waits, and is taken as soon as the rate allows it: it is not lost, and not stored twice.
TEST_F(ListenerRates, HoldASenderBackAndLoseNothing) {
  start(ListenerKind::kSyslogTcp);
  set_rules(*site.access, byte_a_second_for_clients());
  const std::string first = "<13>" + std::string(1'000, 'a');
  RawClient sender{port()};
  sender.send(first + "\n");
  EXPECT_TRUE(becomes([&] { return payloads().size() == 1; }));
  sender.send("<13>second\n");
  EXPECT_TRUE(
      becomes([&] { return metric("varve_syslog_limited_total{limit=\"client-rate\"}") == 1; }));
  EXPECT_EQ(payloads().size(), 1U);
  set_rules(*site.access, {});
  EXPECT_TRUE(becomes([&] { return payloads().size() == 2; }));
  EXPECT_EQ(payloads()[1], "<13>second");
}

TEST_F(ListenerRates, KeepNoMessageFromAServerThatStops) {
  start(ListenerKind::kSyslogTcp);
  set_rules(*site.access, byte_a_second_for_clients());
  RawClient sender{port()};
  sender.send("<13>" + std::string(1'000, 'a') + "\n");
  EXPECT_TRUE(becomes([&] { return payloads().size() == 1; }));
  sender.send("<13>second\n");
  EXPECT_TRUE(
      becomes([&] { return metric("varve_syslog_limited_total{limit=\"client-rate\"}") == 1; }));
  listeners->stop();
  EXPECT_EQ(payloads().size(), 2U);
}

TEST_F(ListenerRates, DatagramsOfOtherAddressesAreThrownAway) {
  ListenerOptions options;
  options.kind = ListenerKind::kSyslogUdp;
  options.allow = *Networks::parse({"192.0.2.0/24"});
  start(options);
  const int fd = ::socket(AF_INET, SOCK_DGRAM, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port());
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const auto send = [&](std::string_view text) {
    ASSERT_GT(::sendto(fd, text.data(), text.size(), 0, reinterpret_cast<const sockaddr*>(&to),
                       sizeof to),
              0);
  };
  send("<13>no");
  EXPECT_TRUE(
      becomes([&] { return metric("varve_syslog_limited_total{limit=\"address\"}") == 1; }));
  served.listeners[0].allow = *Networks::parse({"127.0.0.0/8"});
  ASSERT_TRUE(reload());
  send("<13>yes");
  EXPECT_TRUE(becomes([&] { return messages("syslog-udp", "appended") == 1; }));
  EXPECT_EQ(payloads(), std::vector<std::string>{"<13>yes"});
  ::close(fd);
}

}  // namespace
}  // namespace varve::api
