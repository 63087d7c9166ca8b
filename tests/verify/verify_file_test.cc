// Proof files and receipts, offline, with a key and what was sent.
#include "ledger/verify/verify_file.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "good_log.h"
#include "ledger/format/batch.h"
#include "ledger/format/proof_file.h"
#include "ledger/format/receipt.h"
#include "ledger/verify/open_keys.h"
#include "log_answers.h"

namespace varve::verify {
namespace {

/// One batch of a source and one of the server's, one key.
struct Sent {
  LogBuilder log;
  std::size_t batch_at = 0;
  std::size_t events_at = 0;
  Buffer batch;      // as the source sent it
  std::string body;  // NDJSON as a sender sent it

  Sent() {
    log.register_source(ward());
    batch_at = log.records.size();
    log.batch(ward(), 4);
    events_at = log.records.size();
    log.server_batch(3);
    for (std::size_t i = batch_at; i < events_at; ++i)
      format::append_to_bundle(batch, log.records[i]);
    for (std::size_t i = events_at; i < events_at + 3; ++i) body += payload(i) + "\n";
  }
  [[nodiscard]] std::string payload(std::size_t i) const {
    return std::string(text_of(format::decode_record(log.records[i])->payload));
  }
  [[nodiscard]] std::size_t size() const { return log.records.size(); }
  [[nodiscard]] Trust trust() const { return {log.origin, log.first.verifier, {}}; }
};

TEST(VerifyProofFile, ProvesEveryRecordAndItsPayload) {
  const Sent sent;
  for (std::size_t i = 0; i < sent.size(); ++i) {
    const std::string file = proof_file(sent.log, i, sent.size());
    const auto range = verify_proof_file(file, sent.trust(), {}, bytes_of(sent.payload(i)));
    ASSERT_TRUE(range) << range.error().message;
    EXPECT_EQ(range->first.value, i);
    EXPECT_EQ(verify_proof_file(file, sent.trust(), {}, bytes_of("x")).error().code,
              Code::kCorrupt);
  }
}

TEST(VerifyProofFile, WithAnyByteChangedIsRefused) {
  const Sent sent;
  const std::string file = proof_file(sent.log, 3, sent.size());
  for (std::size_t i = 0; i < file.size(); ++i) {
    std::string bad = file;
    bad[i] = static_cast<char>(bad[i] ^ 1);
    EXPECT_FALSE(verify_proof_file(bad, sent.trust(), {}, {})) << "byte " << i;
  }
}

TEST(VerifyProofFile, WithoutItsRecordNeedsTheRecord) {
  const Sent sent;
  auto file = format::parse_proof_file(proof_file(sent.log, 3, sent.size()));
  file->extra.clear();
  const std::string bare = format::format_proof_file(*file);
  EXPECT_EQ(verify_proof_file(bare, sent.trust(), {}, {}).error().code, Code::kInvalid);
  EXPECT_TRUE(verify_proof_file(bare, sent.trust(), sent.log.records[3], {}));
  EXPECT_EQ(verify_proof_file(bare, sent.trust(), sent.log.records[4], {}).error().code,
            Code::kCorrupt);
}

TEST(VerifyProofFile, ThatCarriesItsRecordTakesNoOther) {
  const Sent sent;
  const std::string whole = proof_file(sent.log, 3, sent.size());
  EXPECT_TRUE(verify_proof_file(whole, sent.trust(), sent.log.records[3], {}));
  const auto other = verify_proof_file(whole, sent.trust(), sent.log.records[4], {});
  ASSERT_FALSE(other);
  EXPECT_NE(other.error().message.find("another record than the file given"), std::string::npos);
}

TEST(VerifyProofFile, IsForOneOriginAndOneKey) {
  const Sent sent;
  const std::string file = proof_file(sent.log, 3, sent.size());
  Trust other = sent.trust();
  other.origin = "audit.example.org/other";
  EXPECT_FALSE(verify_proof_file(file, other, {}, {}));
  other = sent.trust();
  other.key = SigningKey::make(sent.log.origin, "thief").verifier;
  EXPECT_FALSE(verify_proof_file(file, other, {}, {}));
}

TEST(VerifyProofFile, OfALaterKeyNeedsTheKeyHistory) {
  LogBuilder log = good_log();  // its first key is retired at the end
  const std::string file = proof_file(log, 3, log.records.size());
  Trust trust{log.origin, log.first.verifier, {}};
  EXPECT_FALSE(verify_proof_file(file, trust, {}, {}));
  trust.keys = open_keys(text_of(log.files().at("keys")), log.first.verifier)->timeline;
  EXPECT_TRUE(verify_proof_file(file, trust, {}, {}));
}

// Every checkpoint the log ever signed, from its first one to those of its later keys.
TEST(VerifyCheckpoint, OfAnyAgeNeedsTheFirstKeyAndTheHistoryOnly) {
  const LogBuilder log = good_log();
  Trust trust{log.origin, log.first.verifier, {}};
  trust.keys = open_keys(text_of(log.files().at("keys")), log.first.verifier)->timeline;
  for (std::size_t size = 1; size <= log.records.size(); ++size) {
    LogBuilder then = log;
    const auto active = trust.keys->active_at(TreeSize{size});
    std::erase_if(then.active, [&](const SigningKey& key) {
      return std::ranges::find(active, key.verifier) == active.end();
    });
    if (std::ranges::find(active, log.first.verifier) != active.end())
      then.active.push_back(log.first);
    const auto verified = verify_checkpoint(then.checkpoint(size), trust);
    ASSERT_TRUE(verified) << size << ": " << verified.error().message;
    EXPECT_EQ(verified->checkpoint.size.value, size);
    EXPECT_EQ(verified->checkpoint.root, merkle::root_of(leaves_of(log, size)));
    EXPECT_EQ(verified->signers.size(), then.active.size());
  }
}

TEST(VerifyCheckpoint, WithAnyByteChangedIsRefused) {
  const Sent sent;
  const std::string note = sent.log.checkpoint(sent.size());
  ASSERT_TRUE(verify_checkpoint(note, sent.trust()));
  for (std::size_t i = 0; i < note.size(); ++i) {
    std::string bad = note;
    bad[i] = static_cast<char>(bad[i] ^ 1);
    EXPECT_FALSE(verify_checkpoint(bad, sent.trust())) << "byte " << i;
  }
}

TEST(VerifyReceipt, OfASealedBatchNeedsExactlyThatBatch) {
  const Sent sent;
  const std::string receipt = receipt_json(sent.log, sent.batch_at, 5, sent.size(), false);
  const auto range = verify_batch_receipt(receipt, sent.trust(), sent.batch);
  ASSERT_TRUE(range) << range.error().message;
  EXPECT_EQ(range->first.value, sent.batch_at);
  EXPECT_EQ(range->count, 5U);
  for (std::size_t i = 0; i < sent.batch.size(); ++i) {
    Buffer bad = sent.batch;
    bad[i] ^= std::byte{1};
    EXPECT_FALSE(verify_batch_receipt(receipt, sent.trust(), bad)) << "byte " << i;
  }
}

TEST(VerifyReceipt, WithAnyByteChangedIsRefused) {
  const Sent sent;
  const std::string receipt = receipt_json(sent.log, sent.events_at, 3, sent.size(), true);
  ASSERT_TRUE(verify_events_receipt(receipt, sent.trust(), bytes_of(sent.body)));
  for (std::size_t i = 0; i + 1 < receipt.size(); ++i) {  // the newline at the end says nothing
    std::string bad = receipt;
    bad[i] = static_cast<char>(bad[i] ^ 1);
    EXPECT_FALSE(verify_events_receipt(bad, sent.trust(), bytes_of(sent.body))) << "byte " << i;
  }
}

TEST(VerifyReceipt, OfServerSealedEventsTakesTheLinesAsTheyWereSent) {
  const Sent sent;
  const std::string receipt = receipt_json(sent.log, sent.events_at, 3, sent.size(), true);
  const auto verify = [&](const std::string& body) {
    return verify_events_receipt(receipt, sent.trust(), bytes_of(body)).has_value();
  };
  const std::string a = sent.payload(sent.events_at);
  const std::string b = sent.payload(sent.events_at + 1);
  const std::string c = sent.payload(sent.events_at + 2);
  EXPECT_TRUE(verify(a + "\n" + b + "\n" + c + "\n"));
  EXPECT_TRUE(verify(a + "\n" + b + "\n" + c));
  EXPECT_FALSE(verify(a + "\r\n" + b + "\r\n" + c + "\r\n"));
  EXPECT_FALSE(verify(a + "\n\n" + b + "\n" + c + "\n\n"));
  EXPECT_FALSE(verify(a + "\n" + b + "\n"));
  EXPECT_FALSE(verify(a + "\n" + b + "\n" + c + "\n" + c + "\n"));
  EXPECT_FALSE(verify(b + "\n" + a + "\n" + c + "\n"));
  EXPECT_FALSE(verify(a + b + c));
  EXPECT_FALSE(verify(""));
}

TEST(VerifyReceipt, OfOneDocumentTakesItWhole) {
  const Sent sent;
  const std::string receipt = receipt_json(sent.log, sent.events_at, 1, sent.size(), true);
  const std::string document = sent.payload(sent.events_at);
  EXPECT_TRUE(verify_events_receipt(receipt, sent.trust(), bytes_of(document)));
  EXPECT_FALSE(verify_events_receipt(receipt, sent.trust(), bytes_of(document + "x")));
}

// The server itself makes the headers of an event that it seals. They are hashed,
// so each holds; what they make of the event has to be an event of the log's own chain.
TEST(VerifyReceipt, OfServerSealedEventsRefusesWhatIsNotTheNextEventOfItsSender) {
  using format::Kind;
  const auto verdict = [](const std::vector<std::pair<Kind, SourceId>>& heads,
                          const std::vector<std::uint64_t>& numbers,
                          const std::string& sender = "") {
    LogBuilder log;
    std::string body;
    for (std::size_t i = 0; i < heads.size(); ++i) {
      const std::string payload = "{\"n\":" + std::to_string(i) + "}";
      format::Record record{heads[i].first, heads[i].second,  numbers[i], 0, {},
                            "a/b",          bytes_of(payload)};
      log.records.push_back(*format::encode_record(record));
      body += payload + "\n";
    }
    const std::string receipt =
        receipt_json(log, 1, heads.size(), log.records.size(), true, sender);
    const Trust trust{log.origin, log.first.verifier, {}};
    const auto range = verify_events_receipt(receipt, trust, bytes_of(body));
    return range ? std::optional<Code>() : range.error().code;
  };
  const std::pair own{Kind::kEvent, format::kLogItself};
  EXPECT_EQ(verdict({own, own, own}, {7, 8, 9}), std::nullopt);
  for (std::uint8_t kind = 2; kind <= 12; ++kind) {
    const std::pair other{static_cast<Kind>(kind), format::kLogItself};
    EXPECT_EQ(verdict({other, own, own}, {7, 8, 9}), Code::kCorrupt) << +kind;
    EXPECT_EQ(verdict({own, own, other}, {7, 8, 9}), Code::kCorrupt) << +kind;
  }
  const std::pair wards{Kind::kEvent, id_of(ward())};
  EXPECT_EQ(verdict({wards}, {0}), Code::kCorrupt);
  EXPECT_EQ(verdict({own, wards, own}, {7, 8, 9}), Code::kCorrupt);
  for (const std::vector<std::uint64_t>& numbers :
       {std::vector<std::uint64_t>{7, 7, 8}, {7, 9, 10}, {9, 8, 7}, {~std::uint64_t{0}, 1, 2}})
    EXPECT_EQ(verdict({own, own, own}, numbers), Code::kCorrupt) << numbers[1];
  const std::pair clients{Kind::kEvent, id_of(ehr())};
  const std::string name = format::source_name(ehr());
  EXPECT_EQ(verdict({clients, clients}, {3, 4}, name), std::nullopt);
  EXPECT_EQ(verdict({clients, clients}, {3, 4}), Code::kCorrupt) << "it does not say who sent";
  EXPECT_EQ(verdict({clients}, {3}, format::source_name(relay())), Code::kCorrupt);
  EXPECT_EQ(verdict({own}, {3}, name), Code::kCorrupt);
  EXPECT_EQ(verdict({clients, own}, {3, 4}, name), Code::kCorrupt);
}

// Whatever stands in a header behind its own end would be hashed as the beginning of the event, and the
// receipt would hold for an event that nobody sent.
TEST(VerifyReceipt, OfServerSealedEventsRefusesAHeaderThatHoldsAPartOfThePayload) {
  const std::string event = "{\"n\":1}";
  for (const std::string& more : {std::string(), std::string("x"), std::string(60, ' ')}) {
    LogBuilder log;
    std::string payload = more;
    if (!more.empty()) payload.append({'\0', '\0', '\0', static_cast<char>(event.size())});
    const std::size_t behind = payload.size();
    payload += event;
    format::Record record{format::Kind::kEvent, format::kLogItself, 7, 0, {}, "a/b",
                          bytes_of(payload)};
    log.records.push_back(*format::encode_record(record));
    Buffer header = *format::encode_record_header(record);
    append(header, bytes_of(payload).first(behind));
    const auto sealed = format::parse_receipt(receipt_json(log, 1, 1, log.records.size(), true));
    format::Receipt receipt = *sealed;
    receipt.record_headers = {header};
    const Trust trust{log.origin, log.first.verifier, {}};
    const auto range =
        verify_events_receipt(format::format_receipt(receipt), trust, bytes_of(event));
    EXPECT_EQ(range ? std::optional<Code>() : range.error().code,
              more.empty() ? std::optional<Code>() : Code::kCorrupt)
        << behind;
  }
}

TEST(VerifyReceipt, SaysWhichFileTheOtherKindNeeds) {
  const Sent sent;
  const std::string sealed = receipt_json(sent.log, sent.batch_at, 5, sent.size(), false);
  const std::string events = receipt_json(sent.log, sent.events_at, 3, sent.size(), true);
  const auto wrong = verify_events_receipt(sealed, sent.trust(), bytes_of(sent.body));
  EXPECT_NE(wrong.error().message.find("--batch"), std::string::npos);
  const auto other = verify_batch_receipt(events, sent.trust(), sent.batch);
  EXPECT_NE(other.error().message.find("--payload"), std::string::npos);
}

}  // namespace
}  // namespace varve::verify
