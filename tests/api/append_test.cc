// Appending through the API: receipts that a stranger can check, exactly once, every refusal.
#include <gtest/gtest.h>

#include "ledger/base/text.h"
#include "tests/api/site.h"

namespace varve::api {
namespace {

constexpr const char* kEvents = "/logs/open/events";
constexpr const char* kBatches = "/logs/open/batches";
constexpr const char* kNdjson = "application/x-ndjson";
const std::string kBatchType{format::kBatchMediaType};

format::Receipt receipt_of(const Response& response) {
  auto receipt = format::parse_receipt(text_of(response.body));
  if (receipt) return *receipt;
  ADD_FAILURE() << receipt.error().message << body_of(response);
  return {};
}

// Computes the leaves from the record headers and the client's own events, as a client would.
void check_receipt(const Site& site, const Response& response,
                   const std::vector<std::string>& payloads) {
  const format::Receipt receipt = receipt_of(response);
  ASSERT_EQ(receipt.record_headers.size(), payloads.size());
  std::vector<Hash> leaves;
  for (std::size_t i = 0; i < payloads.size(); ++i) {
    Buffer record = receipt.record_headers[i];
    append(record, bytes_of(payloads[i]));
    leaves.push_back(merkle::leaf_hash(record));
  }
  const auto verified = format::verify_receipt(receipt, site.world.options.origin,
                                               std::span{&site.world.first_key.key, 1}, leaves);
  EXPECT_TRUE(verified) << verified.error().message;
}

TEST(PostEvents, AnswersWithAReceiptThatTheClientCanCheck) {
  Site site;
  site.join("append");
  const std::string next = std::to_string(site.world.size().value);
  const Response response = site.post(kEvents, kNdjson, "{\"a\":1}\n{\"b\":2}\r\n", "append");
  ASSERT_EQ(response.status, 201) << body_of(response);
  EXPECT_EQ(header_of(response, "location"), "/logs/open/events/" + next);
  EXPECT_EQ(header_of(response, "cache-control"), "no-store");
  check_receipt(site, response, {"{\"a\":1}", "{\"b\":2}\r"});
}

TEST(PostEvents, TheSameKeyWithTheSameContentGetsTheSameReceipt) {
  Site site;
  const Headers key = {{"idempotency-key", "k-1"}};
  const Response first = site.post(kEvents, kNdjson, "{\"a\":1}\n", "append", key);
  ASSERT_EQ(first.status, 201);
  ASSERT_EQ(site.post(kEvents, kNdjson, "{\"z\":9}\n", "append").status, 201);
  const Response again = site.post(kEvents, kNdjson, "{\"a\":1}\n", "append", key);
  EXPECT_EQ(again.status, 200);
  EXPECT_EQ(body_of(again), body_of(first));
}

TEST(PostEvents, TheSameKeyWithOtherContentIsAConflict) {
  Site site;
  const Headers key = {{"idempotency-key", "k-1"}};
  ASSERT_EQ(site.post(kEvents, kNdjson, "{\"a\":1}\n", "append", key).status, 201);
  EXPECT_EQ(site.post(kEvents, kNdjson, "{\"a\":2}\n", "append", key).status, 409);
  EXPECT_EQ(site.post(kEvents, "application/json", "{\"a\":1}\n", "append", key).status, 409);
}

TEST(PostEvents, AKeyBelongsToOneClientAndOneLog) {
  Site site;
  const Headers key = {{"idempotency-key", "k-1"}};
  ASSERT_EQ(site.post(kEvents, kNdjson, "{\"a\":1}\n", "append", key).status, 201);
  EXPECT_EQ(site.post(kEvents, kNdjson, "{\"a\":2}\n", "both", key).status, 201);
  EXPECT_EQ(site.post("/logs/closed/events", kNdjson, "{\"a\":3}\n", "append", key).status, 201);
}

TEST(PostEvents, WithoutAKeyEachRequestIsNew) {
  Site site;
  const Response first = site.post(kEvents, kNdjson, "{\"a\":1}\n", "append");
  const Response second = site.post(kEvents, kNdjson, "{\"a\":1}\n", "append");
  EXPECT_EQ(second.status, 201);
  EXPECT_NE(receipt_of(first).first_index, receipt_of(second).first_index);
}

TEST(PostEvents, AKeyIsShortAndVisible) {
  Site site;
  const auto status = [&](const std::string& key) {
    return site.post(kEvents, kNdjson, "{}\n", "append", {{"idempotency-key", key}}).status;
  };
  EXPECT_EQ(status("a"), 201);
  EXPECT_EQ(status(std::string(255, 'k')), 201);
  EXPECT_EQ(status(std::string(256, 'k')), 400);
  EXPECT_EQ(status(""), 400);
  EXPECT_EQ(status("a b"), 400);
  EXPECT_EQ(status("\xc3\xa4"), 400);
}

struct TypeCase {
  const char* type;
  const char* body;
  int status;
  const char* stored;  // media type of the record
};

TEST(PostEvents, TakesWholeEventsOfTheTypesItLists) {
  Site site;
  const TypeCase table[] = {
      {"application/json", "{\"a\":1}", 201, "application/json"},
      {"APPLICATION/JSON", " {\"a\":1}\n", 201, "application/json"},
      {"application/json; charset=utf-8", "{}", 201, "application/json; charset=utf-8"},
      {"application/fhir+json; fhirVersion=4.0", "{}", 201,
       "application/fhir+json; fhirVersion=4.0"},
      {"application/fhir+xml", "<AuditEvent/>", 201, "application/fhir+xml"},
      {"application/xml", "<broken", 201, "application/xml"},
      {"text/xml", "<a/>", 201, "text/xml"},
      {"text/plain", "\xff\xfe", 201, "text/plain"},
      {"application/dicom+xml", "<AuditMessage/>", 201, "application/dicom+xml"},
      {"application/json", "{\"a\":1,\"a\":2}", 422, ""},
      {"application/fhir+json", "[]", 422, ""},
      {"application/json", "", 422, ""},
      {"text/plain", "", 422, ""},
      {"application/octet-stream", "x", 415, ""},
      {"text/html", "<p>", 415, ""},
      {"", "{}", 415, ""},
      {"json", "{}", 415, ""},
      {"application/vnd.varve.batch", "x", 415, ""},
  };
  for (const TypeCase& c : table) {
    SCOPED_TRACE(c.type);
    const Response response = site.post(kEvents, c.type, std::string_view{c.body}, "append");
    ASSERT_EQ(response.status, c.status) << body_of(response);
    if (c.status != 201) continue;
    check_receipt(site, response, {c.body});
    const Buffer header = receipt_of(response).record_headers[0];
    EXPECT_NE(text_of(header).find(c.stored), std::string_view::npos);
    const Response payload = site.get(header_of(response, "location") + "/payload", "read");
    EXPECT_EQ(body_of(payload), c.body);
    EXPECT_EQ(header_of(payload, "content-type"), c.stored);
    EXPECT_EQ(header_of(payload, "x-content-type-options"), "nosniff");
    EXPECT_TRUE(header_of(payload, "content-disposition").starts_with("attachment"));
  }
}

TEST(PostEvents, NamesTheLineInTheProblem) {
  Site site;
  const TreeSize before = site.world.size();
  const Response bad = site.post(kEvents, kNdjson, "{}\n{}\n{\"a\":1,\"a\":2}\n", "append");
  EXPECT_EQ(bad.status, 422);
  EXPECT_NE(body_of(bad).find("\"line\":3"), std::string::npos) << body_of(bad);
  const std::string large = "{\"a\":\"" + std::string(70'000, 'x') + "\"}";
  const Response large_line = site.post(kEvents, kNdjson, "{}\n" + large, "append");
  EXPECT_EQ(large_line.status, 413);
  EXPECT_NE(body_of(large_line).find("\"line\":2"), std::string::npos);
  EXPECT_EQ(site.world.size(), before);  // nothing of them was taken
}

TEST(PostEvents, TakesAnEventThatJustFitsARecord) {
  Site site;
  const std::size_t most = format::kRecordMax - format::kRecordFixedSize - 10;  // "text/plain"
  for (const std::size_t size : {most - 1, most, most + 1}) {
    const std::string body(size, 'x');
    EXPECT_EQ(site.post(kEvents, "text/plain", std::string_view{body}, "append").status,
              size > most ? 413 : 201);
  }
}

TEST(PostBatches, AnswersWithTheReceiptOfTheWholeBatch) {
  Site site;
  testing::Source source = site.world.registered("ward7");
  const Buffer bytes = source.seal({"{}", "{\"a\":1}"});
  const auto batch = format::decode_batch(bytes);
  const Response response = site.post(kBatches, kBatchType, bytes, "append");
  ASSERT_EQ(response.status, 201) << body_of(response);
  const format::Receipt receipt = receipt_of(response);
  EXPECT_EQ(receipt.count, 3U);
  EXPECT_TRUE(receipt.record_headers.empty());
  EXPECT_TRUE(format::verify_receipt(receipt, site.world.options.origin,
                                     std::span{&site.world.first_key.key, 1}, batch->leaves));
  const Response again = site.post(kBatches, kBatchType, bytes, "append");
  EXPECT_EQ(again.status, 200);
  EXPECT_EQ(body_of(again), body_of(response));
}

TEST(PostBatches, RefusesWhatBreaksTheChain) {
  Site site;
  site.world.options.reorder_wait_ms = 0;
  testing::Source source = site.world.registered("ward7");
  testing::Source twin = source;
  const Buffer first = source.seal({"{}"});
  ASSERT_EQ(site.post(kBatches, kBatchType, first, "append").status, 201);
  EXPECT_EQ(site.post(kBatches, kBatchType, twin.seal({"{\"other\":1}"}), "append").status, 409);
  static_cast<void>(source.seal({"{}"}));  // number 1 is lost
  const Response early = site.post(kBatches, kBatchType, source.seal({"{}"}), "append");
  EXPECT_EQ(early.status, 409);
  EXPECT_NE(body_of(early).find("/problems/out-of-order"), std::string::npos);
  EXPECT_NE(body_of(early).find("\"expected_sequence\":1"), std::string::npos) << body_of(early);
  testing::Source stranger{"ward8", site.world.options.origin};
  EXPECT_EQ(site.post(kBatches, kBatchType, stranger.seal({"{}"}), "append").status, 404);
  EXPECT_EQ(site.post(kBatches, kBatchType, "rubbish", "append").status, 422);
  EXPECT_EQ(site.post(kBatches, kBatchType, "", "append").status, 422);
  EXPECT_EQ(site.post(kBatches, "text/plain", first, "append").status, 415);
}

// "Not now" and "never" must not be mixed up: a sender repeats the one and keeps the other aside.
TEST(PostEvents, TellsARefusalOfTheLogAsTheWireSays) {
  Site site;
  struct Case {
    Code code;
    int status;
    const char* retry_after;
  };
  for (const Case& c :
       {Case{Code::kBusy, 503, "1"}, Case{Code::kFull, 507, "60"}, Case{Code::kIo, 503, "30"},
        Case{Code::kWorm, 409, ""}, Case{Code::kInvalid, 422, ""}, Case{Code::kCorrupt, 500, ""}}) {
    site.log->refusal = Error{c.code, "as told"};
    const Response response = site.post(kEvents, kNdjson, "{}\n", "append");
    EXPECT_EQ(response.status, c.status);
    EXPECT_EQ(header_of(response, "retry-after"), c.retry_after);
    EXPECT_NE(body_of(response).find("\"detail\":\"as told\""), std::string::npos);
  }
}

TEST(PostEvents, ATokenThatIsGoneIsASituationToRetry) {
  Site site;
  site.world.signer.down = true;
  const Response refused =
      site.post(kEvents, kNdjson, "{}\n", "append", {{"idempotency-key", "k"}});
  EXPECT_EQ(refused.status, 503) << body_of(refused);
  EXPECT_EQ(header_of(refused, "retry-after"), "1");
  EXPECT_EQ(site.get("/logs/open/checkpoint").status, 200);
  EXPECT_EQ(site.get("/readyz").status, 503);
  site.world.signer.down = false;
}

TEST(PostEvents, AskedForAgainAfterTheirDisposalAreGone) {
  Site site;
  const Headers key = {{"idempotency-key", "k"}};
  EXPECT_EQ(site.post("/logs/open/events", "text/plain", "x", "append", key).status, 201);
  site.log->no_receipt = not_found("there is no receipt any more: its key was destroyed");
  const Response again = site.post("/logs/open/events", "text/plain", "x", "append", key);
  EXPECT_EQ(again.status, 410);
  EXPECT_NE(body_of(again).find("/problems/gone"), std::string::npos) << body_of(again);
  EXPECT_EQ(body_of(again).find("gets its receipt"), std::string::npos) << "it does not";
}

TEST(PostControl, KeysAndSourcesAreSignedNotesInPlainText) {
  Site site;
  EXPECT_EQ(site.post("/logs/open/keys", "text/plain", "not a note", "operate").status, 422);
  EXPECT_EQ(site.post("/logs/open/sources", "text/plain", "not a note", "operate").status, 422);
  EXPECT_EQ(site.post("/logs/open/keys", "application/json", "{}", "operate").status, 415);
  EXPECT_EQ(site.post("/logs/open/sources", "application/json", "{}", "operate").status, 415);
  const testing::SoftKey fresh{site.world.options.origin};
  site.world.signer.add(fresh);
  const std::string text =
      format::key_event_text({format::KeyAction::kRotate, site.world.options.origin, fresh.key});
  const std::string rotation = format::format_note(
      {text, {site.world.first_key.note_signature(text), fresh.note_signature(text)}});
  EXPECT_EQ(site.post("/logs/open/keys", "text/plain; charset=utf-8", rotation, "operate").status,
            201);
  EXPECT_EQ(site.post("/logs/open/keys", "text/plain", rotation, "operate").status, 409);
}

// From its revocation on the server signs with the keys that stay; it never lets the last one go.
TEST(PostControl, ARevokedKeySignsNoFurtherCheckpoint) {
  Site site;
  const std::string& origin = site.world.options.origin;
  const testing::SoftKey fresh{origin};
  site.world.signer.add(fresh);
  const auto post = [&](const format::KeyEvent& event, std::vector<const testing::SoftKey*> by) {
    format::Note note{format::key_event_text(event), {}};
    for (const auto* key : by) note.signatures.push_back(key->note_signature(note.text));
    return site.post("/logs/open/keys", "text/plain", format::format_note(note), "operate").status;
  };
  const auto signatures = [&] {
    const Buffer note = site.get("/logs/open/checkpoint").body;
    return format::parse_note(text_of(note))->signatures;
  };
  const format::KeyEvent revoke_first{format::KeyAction::kRevoke, origin, site.world.first_key.key,
                                      TreeSize{1}};
  EXPECT_EQ(post(revoke_first, {&site.world.first_key}), 422) << "it is the only one";
  ASSERT_EQ(post({format::KeyAction::kRotate, origin, fresh.key}, {&site.world.first_key, &fresh}),
            201);
  EXPECT_EQ(signatures().size(), 2u);
  EXPECT_EQ(post(revoke_first, {&fresh}), 201);
  ASSERT_EQ(signatures().size(), 1u);
  EXPECT_EQ(signatures().front().id, fresh.key.id);
  EXPECT_EQ(post(revoke_first, {&fresh}), 409) << "the same again";
}

}  // namespace
}  // namespace varve::api
