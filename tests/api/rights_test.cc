// Who may do what: every route and right of the tables, for every role, log, source and kind of identity,
// over the real server.
#include <gtest/gtest.h>
#include <httplib.h>

#include <array>
#include <map>

#include "api/common/json.h"
#include "api/server.h"
#include "ledger/format/hold.h"
#include "ledger/format/retention.h"
#include "tests/access/journal_lines.h"
#include "tests/access/jwt_site.h"
#include "tests/access/replace_tokens.h"
#include "tests/api/made_certificates.h"
#include "tests/api/site.h"

namespace varve::api {
namespace {

struct Expectation {
  std::string roles;       // of which one is needed; empty: anyone may
  bool of_source = false;  // for the source that is asked about, the same role for it is enough
  bool anything = false;   // any role for any part of the log is enough
  bool open = false;       // anyone may, where reads are open
};

const Expectation kAnyRoleIsEnough{"append read proofs operate hold approve breakglass", false,
                                   true, false};
const Expectation kOpenToAll{"append read proofs operate hold approve breakglass", false, true,
                             true};

// Written down a second time on purpose: a change of the table must be meant.
const std::map<Rights, Expectation>& expectations() {
  static const std::map<Rights, Expectation> table = {
      {Rights::kSeeServer, {}},
      {Rights::kSeeItself, kAnyRoleIsEnough},
      {Rights::kSeeOwnReads, kAnyRoleIsEnough},
      {Rights::kSeeProofs, kOpenToAll},
      {Rights::kSeeRetention, {"append read proofs operate hold approve breakglass"}},
      {Rights::kSeeSource, {"append read operate", true}},
      {Rights::kListSources, {"read operate"}},
      {Rights::kReadEvent, {"read", true}},
      {Rights::kSearch, {"read", false, true}},
      {Rights::kReadRecords, {"read"}},
      {Rights::kAppendEvents, {"append"}},
      {Rights::kAppendBatch, {"append", true}},
      {Rights::kRotateSource, {"append", true}},
      {Rights::kRegisterSource, {"operate"}},
      {Rights::kChangeKeys, {"operate"}},
      {Rights::kGiveEvidence, {"operate"}},
      {Rights::kSetPolicy, {"operate approve"}},
      {Rights::kPlaceHold, {"operate hold"}},
      {Rights::kReleaseHold, {"operate approve"}},
      {Rights::kGiveNotice, {"operate"}},
      {Rights::kDispose, {"operate approve"}},
  };
  return table;
}

/// Who asks: roles, on both logs of the site or on another, for all of it or for one source.
struct Person {
  std::string roles;
  std::string places;
  Permission permission;

  [[nodiscard]] std::string name() const { return roles + "@" + places; }
};

const std::string kAskedSource = "ward7";  // the source that is asked about
constexpr const char* kAll = "append,read,proofs,operate,hold,approve,breakglass";

Person person(const std::string& roles, const std::string& log, const std::string& source) {
  Permission permission{*parse_roles(roles), {}, {}};
  if (log != "*") permission.logs = {log};
  if (!source.empty()) permission.sources = {source};
  return {roles, log + (source.empty() ? "" : ":" + source), std::move(permission)};
}

std::vector<Person> people() {
  std::vector<Person> out = {person(kAll, "elsewhere", "")};
  for (const char* role : {"append", "read", "proofs", "operate", "hold", "approve", "breakglass"})
    out.push_back(person(role, "*", ""));
  for (const char* role : {"append", "read"})
    for (const std::string& source : {kAskedSource, std::string{"ward8"}})
      out.push_back(person(role, "*", source));
  return out;
}

bool is_allowed(const Expectation& needed, const Person& asker, const std::string& log) {
  if (needed.roles.empty() || (needed.open && log == "open")) return true;
  if (!asker.permission.logs.empty()) return false;
  const bool has = needed.roles.find(asker.roles) != std::string::npos;
  const auto& sources = asker.permission.sources;
  return has && (sources.empty() || needed.anything ||
                 (needed.of_source && sources == std::vector{kAskedSource}));
}

/// One request that needs this right. What the log says of it does not matter.
struct Ask {
  Rights right;
  const Route* route;
  std::string target;  // "{log}" stands in it
  std::string type;
  std::string body;
};

class RightsTable : public MadeCertificates, public JwtSite {
 protected:
  RightsTable() {
    make_client("ward", kForClients);
    options.grants.clear();
    for (const Person& asker : people())
      options.grants.push_back({"scope", asker.name(), asker.permission});
    AccessOptions all;
    const auto logs = site.access->logs();
    all.logs.assign(logs.begin(), logs.end());
    all.issuers = {options};
    access = std::make_unique<Access>(std::move(all), Tokens(), site.journal);
    service = std::make_unique<Service>(*access, env::posix_clock());
    CHECK(site.world.append_control(format::Kind::kSourceEvent, source.register_note()));
    batch = source.seal({"{}"});
    const auto appended = site.world.append(to_buffer(batch));
    CHECK(appended);
    event = std::to_string(appended->first.value);
    ServerOptions listening;
    listening.port = 0;
    listening.tls = {path("server.pem"), path("server.key"), path("ca.pem"),
                     ClientCertificates::kOptional};
    auto started = Server::start(listening, *service);
    CHECK(started);
    server = std::move(*started);
  }
  ~RightsTable() override {
    server->stop();
    site.stop();
    access->stop();
  }

  /// Notes that parse; nobody has signed them.
  [[nodiscard]] std::string note_of(const std::string& text) const {
    return format::format_note({text, {site.world.first_key.note_signature("another text")}});
  }
  [[nodiscard]] std::string source_note(format::SourceAction action) const {
    return note_of(format::source_event_text({action, site.world.options.origin, source.key.key}));
  }
  [[nodiscard]] std::string hold_note(format::HoldAction action) const {
    format::Hold hold{site.world.options.origin, action, "a"};
    JsonWriter json;
    json.begin_object().key("note");
    json.text(note_of(format::hold_note_text(hold, format::Mode::kLocked)));
    return json.end_object().take();
  }
  [[nodiscard]] std::string notice() const {
    const format::Notice notice{site.world.options.origin, {}, {{202'601, {0}, {1}}}};
    JsonWriter json;
    json.begin_object().key("note").text(format::notice_text(notice, format::Mode::kLocked));
    return json.end_object().take();
  }
  [[nodiscard]] std::string disposal_note() const {
    const format::Disposal disposal{site.world.options.origin, {}, {},
                                    {{202'601, {0}, {1}}},     {}, false};
    JsonWriter json;
    json.begin_object().key("note");
    json.text(note_of(format::disposal_text(disposal, format::Mode::kLocked)));
    return json.end_object().take();
  }
  [[nodiscard]] std::string policy_note() const {
    JsonWriter json;
    json.begin_object().key("note");
    json.text(note_of(format::policy_text(site.world.log->view().retention->policy())));
    return json.end_object().take();
  }

  [[nodiscard]] Ask ask_for(const Route& route, Rights right) const {
    Ask out{right, &route, std::string{route.pattern}, "text/plain", ""};
    const std::string& item = right == Rights::kSeeSource ? kAskedSource : event;
    for (const auto& [part, value] : {std::pair<std::string, std::string>{"{item}", item},
                                      {"entries/{rest}", "entries/000"},
                                      {"{rest}", "0/000"}})
      if (const std::size_t at = out.target.find(part); at != std::string::npos)
        out.target.replace(at, part.size(), value);
    if (right == Rights::kAppendBatch) {
      out.type = format::kBatchMediaType;
      out.body = text_of(batch);
    }
    if (right == Rights::kRegisterSource) out.body = source_note(format::SourceAction::kRegister);
    if (right == Rights::kRotateSource) out.body = source_note(format::SourceAction::kRotate);
    if (right == Rights::kSetPolicy) out.body = policy_note();
    if (right == Rights::kPlaceHold) out.body = hold_note(format::HoldAction::kPlace);
    if (right == Rights::kReleaseHold) out.body = hold_note(format::HoldAction::kRelease);
    if (right == Rights::kGiveNotice) out.body = notice();
    if (right == Rights::kDispose) out.body = disposal_note();
    if (out.body.starts_with("{")) out.type = "application/json";
    return out;
  }
  /// One for each right that a route of the table may need.
  [[nodiscard]] std::vector<Ask> asks() const {
    std::vector<Ask> out;
    for (const Route& route : routes())
      for (const RightRow& row : all_rights())
        if (intersects(row.right, route.rights)) out.push_back(ask_for(route, row.right));
    return out;
  }

  [[nodiscard]] std::string jwt_of(const Person& asker) const {
    const std::uint64_t now_s = env::posix_clock().now_us() / 1'000'000;
    return token({{"scope", in_quotes(asker.name())},
                  {"iat", std::to_string(now_s)},
                  {"exp", std::to_string(now_s + 300)}});
  }
  /// A connection of that person, and what the server is told of it.
  [[nodiscard]] std::unique_ptr<httplib::SSLClient> connect(const Person& asker,
                                                            Proof proof) const {
    const bool shows = proof == Proof::kCertificate;
    auto client = connect(shows ? path("ward.pem") : "", shows ? path("ward.key") : "");
    std::string lines;
    if (shows)
      lines = "x " + asker.roles + " " + asker.places + " cert-subject:CN=ward,O=Example\n";
    if (proof == Proof::kToken) lines = *token_line("t", "x", asker.roles, asker.places) + "\n";
    replace_tokens(*access, *Tokens::parse(lines));
    if (proof == Proof::kToken) client->set_bearer_token_auth("t");
    if (proof == Proof::kJwt) client->set_bearer_token_auth(jwt_of(asker));
    return client;
  }
  [[nodiscard]] std::unique_ptr<httplib::SSLClient> connect(const std::string& certificate,
                                                            const std::string& key) const {
    auto client =
        std::make_unique<httplib::SSLClient>("127.0.0.1", server->port(), certificate, key);
    client->set_ca_cert_path(path("server.pem").c_str());
    client->set_keep_alive(true);
    client->set_tcp_nodelay(true);
    client->set_read_timeout(60);
    return client;
  }
  static int status_of(httplib::SSLClient& client, const Ask& ask, const std::string& log) {
    std::string target = ask.target;
    if (const std::size_t at = target.find("{log}"); at != std::string::npos)
      target.replace(at, 5, log);
    const auto answer = ask.route->method == Method::kGet ? client.Get(target)
                                                          : client.Post(target, ask.body, ask.type);
    return answer ? answer->status : 0;
  }

  Site site;
  testing::Source source{kAskedSource, site.world.options.origin};
  Buffer batch;
  std::string event;  // of the source, its index
  std::unique_ptr<Access> access;
  std::unique_ptr<Service> service;
  std::unique_ptr<Server> server;
};

TEST(RightsOfRoutes, AreRowsOfTheTableAndEachRowIsUsed) {
  Rights used = Rights::kNone;
  for (const Route& route : routes()) {
    const bool has_row = std::ranges::any_of(
        all_rights(), [&](const RightRow& row) { return intersects(row.right, route.rights); });
    EXPECT_TRUE(has_row) << route.pattern;
    used = used | route.rights;
  }
  EXPECT_EQ(all_rights().size(), expectations().size());
  for (const RightRow& row : all_rights()) {
    EXPECT_TRUE(intersects(row.right, used)) << row.to;
    EXPECT_TRUE(expectations().contains(row.right)) << row.to;
  }
}

TEST_F(RightsTable, IsAsWrittenForEveryRouteRoleLogSourceAndKindOfIdentity) {
  const std::vector<Ask> all = asks();
  for (const Person& asker : people())
    for (const Proof proof : kProofs) {
      const auto client = connect(asker, proof);
      for (const Ask& ask : all)
        for (const std::string log : {"open", "closed"}) {
          const int status = status_of(*client, ask, log);
          const bool is_itself = ask.right == Rights::kSeeItself;  // on whichever log
          const bool allowed = is_itself || is_allowed(expectations().at(ask.right), asker, log);
          EXPECT_EQ(status != 403, allowed) << asker.name() << " by " << proof_name(proof) << ": "
                                            << ask.target << " on " << log << ": " << status;
          EXPECT_TRUE(status != 0 && status != 401) << ask.target << ": " << status;
        }
    }
}

TEST_F(RightsTable, GivesNobodyWhatTakesACredential) {
  const auto nobody = connect("", "");
  const auto stranger = connect("", "");
  stranger->set_bearer_token_auth("unknown");
  for (const Ask& ask : asks())
    for (const std::string log : {"open", "closed"}) {
      const Expectation& needed = expectations().at(ask.right);
      const bool everyone = needed.roles.empty() || (needed.open && log == "open");
      EXPECT_EQ(status_of(*nobody, ask, log) != 401, everyone) << ask.target << " on " << log;
      EXPECT_EQ(status_of(*stranger, ask, log) != 401, needed.roles.empty())
          << ask.target << " on " << log;
    }
}

// Whoever may read one source gets its records alone within the proofs that anybody may fetch.
TEST_F(RightsTable, ProofsHoldTheRecordOnlyForWhoMayReadIt) {
  for (const auto& [source_name, tells] :
       {std::pair{kAskedSource, true}, {std::string{"ward8"}, false}}) {
    const auto client = connect(person("read", "*", source_name), Proof::kToken);
    const auto proof =
        client->Get("/logs/closed/proof/inclusion?index=" + event, {{"Accept", "text/plain"}});
    ASSERT_TRUE(proof);
    EXPECT_EQ(proof->status, 200);
    EXPECT_EQ(proof->body.find("\nextra ") != std::string::npos, tells) << proof->body;
    const auto own =
        client->Get("/logs/closed/proof/inclusion?index=0", {{"Accept", "text/plain"}});
    EXPECT_EQ(own->body.find("\nextra "), std::string::npos) << "the log's own record";
  }
}

TEST(Denial, IsExplainedToTheOperatorAndNotToTheCaller) {
  JournalLines lines;
  Site site{{}, Level::kWarning};
  replace_tokens(*site.access,
                 *Tokens::parse(*token_line("t", "clinic-a", "append,read", "open:ward7") + "\n" +
                                *token_line("t", "clinic-a", "proofs", "*")));
  const Response response = site.post("/logs/open/events", "text/plain", "secret", "t");
  EXPECT_EQ(response.status, 403);
  EXPECT_EQ(header_of(response, "www-authenticate"),
            "Bearer realm=\"varve\", error=\"insufficient_scope\"");
  for (const char* word : {"append", "proofs", "open", "ward7", "clinic-a", "role"})
    EXPECT_EQ(body_of(response).find(word), std::string::npos) << word << body_of(response);
  EXPECT_EQ(lines.next(), R"({"level":"warning","event":"request_denied","log":"open",)"
                          R"("client":"clinic-a","peer":"127.0.0.1","source":"","message":)"
                          R"("to append events takes append; the client has proofs, for ward7 )"
                          R"(append, read"})");
  EXPECT_EQ(site.get("/logs/open/events/0", "t").status, 403);
  EXPECT_NE(lines.next().find("to read an event takes read for its source"), std::string::npos);
}

}  // namespace
}  // namespace varve::api
