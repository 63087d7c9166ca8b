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

class ServedRates : public ServedSite {};

// Else whoever breaks off each body sends as much as he likes: cut short, or ended by something that is no chunk.
TEST_F(ServedRates, ChargeABodyInChunksThatIsBrokenOff) {
  start();
  set_rules(*site.access, byte_a_second_for_clients());
  for (const auto& [client, end] : {std::pair<std::string, std::string>{"append", ""},
                                    std::pair<std::string, std::string>{"both", "\r\nz\r\n"}}) {
    RawClient peer{server->port()};
    peer.send("POST /logs/open/events HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer " + client +
              "\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n7d0\r\n" +
              std::string(end.empty() ? 1'990 : 2'000, 'x') + end);
    peer.finish();
    EXPECT_EQ(peer.read_all().find(" 429 "), std::string::npos);
    EXPECT_EQ(site.post("/logs/open/events", "text/plain", bytes(1), client).status, 429) << client;
  }
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

// A checkpoint without a credential is everybody's; with one, somebody may be trying them.
TEST(HttpRates, OfAnAddressCountEachTryOfACredential) {
  Site site;
  ClientRules rules;
  rules.each_address.bytes_per_second = 1;
  set_rules(*site.access, rules);
  EXPECT_EQ(site.post("/logs/open/events", "text/plain", bytes(1'010), "append").status, 201);
  EXPECT_EQ(site.get("/logs/open/checkpoint").status, 200);
  EXPECT_EQ(site.get("/logs/open/checkpoint", "wrong").status, 429);
  EXPECT_EQ(site.get("/logs/closed/checkpoint", "wrong").status, 429);
  EXPECT_EQ(site.get("/healthz", "wrong").status, 200);
}

// A client that owes is told so before its request is looked at further.
TEST(HttpRates, OfAClientCountARequestThatWouldBeRefusedForItsBody) {
  Site site;
  set_rules(*site.access, byte_a_second_for_clients());
  const Headers zipped = {{"content-encoding", "gzip"}};
  const auto post = [&] {
    return site.post("/logs/open/events", "text/plain", bytes(1), "append", zipped).status;
  };
  EXPECT_EQ(post(), 415);
  EXPECT_EQ(site.post("/logs/open/events", "text/plain", bytes(1'010), "append").status, 201);
  EXPECT_EQ(post(), 429);
}

class ListenerRates : public ListeningSite {
 protected:
  static constexpr Needs kAppends{Rights::kAppendEvents, Share::kAsker};

  /// As a sender of the listener.
  Caller ward() {
    Caller caller(site.service->traffic(), "192.0.2.1");
    caller.client = "ward-7";
    return caller;
  }
  void be_held_back(RawClient& sender) {
    sender.send("<13>" + std::string(1'000, 'a') + "\n");
    EXPECT_TRUE(becomes([&] { return payloads().size() == 1; }));
    sender.send("<13>second\n");
    EXPECT_TRUE(
        becomes([&] { return metric("varve_syslog_limited_total{limit=\"client-rate\"}") == 1; }));
  }
};

// Charged twice, the wait would be of about 2,000 seconds.
TEST_F(ListenerRates, ChargeEachByteOnce) {
  start(ListenerKind::kSyslogTcp);
  set_rules(*site.access, byte_a_second_for_clients());
  RawClient sender{port()};
  sender.send("<13>" + std::string(1'000, 'a') + "\n");
  EXPECT_TRUE(becomes([&] { return messages("syslog-tcp", "appended") == 1; }));
  const std::optional<TooFast> wait = site.access->pause_before(ward(), 1);
  ASSERT_TRUE(wait);
  EXPECT_GT(wait->wait_ms, 500'000U);
  EXPECT_LE(wait->wait_ms, 1'010'000U);
}

// Its sender would be cut off in the middle, for what it had sent before.
TEST_F(ListenerRates, LeaveHalfAMessageItsShare) {
  set_rules(*site.access, byte_a_second_for_clients());
  Caller sender = ward();
  EXPECT_FALSE(site.access->pause_before(sender, 1'010));
  EXPECT_TRUE(site.access->pause_before(sender, 1));
  EXPECT_TRUE(site.access->take_turn(sender, kAppends));
  EXPECT_FALSE(site.access->let_in(sender, kAppends, 0));
  EXPECT_FALSE(site.access->hold(sender, 1'000));
}

TEST_F(ListenerRates, LeaveHalfOfThePlacesToOtherAddresses) {
  ListenerOptions options;
  options.kind = ListenerKind::kSyslogTcp;
  options.connections_max = 2;
  start(options);
  set_rules(*site.access, byte_a_second_for_clients());
  RawClient sender{port()};
  be_held_back(sender);
  RawClient another{port()};
  EXPECT_EQ(another.read_all(), "") << "it is closed";
  RawClient neighbour{port(), 60, "127.0.0.2"};
  neighbour.send("<13>third\n");
  EXPECT_TRUE(
      becomes([&] { return metric("varve_syslog_limited_total{limit=\"client-rate\"}") == 2; }));
  set_rules(*site.access, {});
  EXPECT_TRUE(becomes([&] { return payloads().size() == 3; }));
}

// It was not answered, so its sender sends it again, and it would be there twice.
TEST_F(ListenerRates, LeaveOutWhatWaitsOnARelpConnectionThatEnded) {
  start(ListenerKind::kRelp);
  set_rules(*site.access, byte_a_second_for_clients());
  const auto limited = [&] { return metric("varve_relp_limited_total{limit=\"client-rate\"}"); };
  {
    RawClient sender{port()};
    sender.send("1 open 30 relp_version=0\ncommands=syslog\n");
    sender.send("2 syslog 1004 <13>" + std::string(1'000, 'a') + "\n");
    EXPECT_TRUE(becomes([&] { return payloads().size() == 1; }));
    sender.send("3 syslog 10 <13>second\n");
    EXPECT_TRUE(becomes([&] { return limited() == 1; }));
  }
  EXPECT_TRUE(becomes([&] { return messages("relp", "unconfirmed") == 1; }));
  set_rules(*site.access, {});
  RawClient again{port()};
  again.send("1 open 30 relp_version=0\ncommands=syslog\n2 syslog 10 <13>second\n");
  EXPECT_TRUE(becomes([&] { return messages("relp", "appended") == 2; }));
  EXPECT_EQ(payloads().size(), 2U);
}

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
