// Vectors of the files that people keep: proofs of a record, receipts, contradictions, gap certificates. What is true
// is the example of the format's page.
#include "ledger/base/text.h"
#include "ledger/format/batch.h"
#include "ledger/format/checkpoint.h"
#include "ledger/verify/contradictions.h"
#include "ledger/verify/gap_check.h"
#include "tests/format/documented_log.h"
#include "vectors.h"

namespace varve::evidence {
namespace {

using format::DocumentedLog;

verify::Trust trust_in(const format::Json& one) {
  const auto key = format::parse_vkey(one.text("vkey").value()).value();
  return {key.name, key, {}};
}

struct Kept {
  DocumentedLog log;
  std::string vkey = format::format_vkey(log.log_key.verifier());

  [[nodiscard]] Case file(std::string name, std::string fault, const std::string& text) const {
    return file(std::move(name), std::move(fault), text, vkey);
  }
  [[nodiscard]] static Case file(std::string name, std::string fault, const std::string& text,
                                 std::string_view key) {
    return {
        std::move(name), std::move(fault), {{"vkey", text_field(key)}, {"file", text_field(text)}}};
  }
  [[nodiscard]] Case receipt(std::string name, std::string fault, const std::string& json,
                             Bytes sent) const {
    return {
        std::move(name),
        std::move(fault),
        {{"vkey", text_field(vkey)}, {"receipt", text_field(json)}, {"sent", bytes_field(sent)}}};
  }
  /// Of a log of these records alone, all of which the server made. Its proof is empty.
  [[nodiscard]] format::Receipt of_server(const std::vector<Buffer>& records,
                                          const std::string& sender) const {
    const std::vector<Bytes> views(records.begin(), records.end());
    const TreeSize size{records.size()};
    const Hash root = merkle::root_of(merkle::leaf_hashes(views));
    format::Receipt receipt{
        {},
        size.value,
        size,
        root,
        format::signed_note(format::checkpoint_text({log.origin, size, root}), {&log.log_key}),
        {},
        {}};
    for (const Buffer& record : records)
      receipt.record_headers.push_back(
          *format::encode_record_header(*format::decode_record(record)));
    receipt.sender = sender;
    return receipt;
  }
  /// Signed by the log's key: another root, or another size.
  [[nodiscard]] std::string signed_text(std::string_view from, std::string_view to) const {
    const std::string text = log.checkpoint.substr(0, log.checkpoint.find("\n\n") + 1);
    return format::signed_note(with(text, from, to), {&log.log_key});
  }
};

constexpr std::string_view kClient = "client/ehr";

/// A record that the server made.
Buffer made(std::string_view payload, std::uint64_t number, format::Kind kind,
            std::string_view sender = kClient) {
  return *format::encode_record({kind,
                                 format::source_id(sender).value(),
                                 number,
                                 1'795'256'102'000'000,
                                 {},
                                 "application/json",
                                 bytes_of(payload)});
}

constexpr std::string_view kRead = R"({"action":"read","user":"dr-ito"})";
constexpr std::string_view kPrint = R"({"action":"print","user":"dr-ito"})";

/// Of events that the server sealed, what else it may have made of them.
std::vector<Case> server_receipts(const Kept& k) {
  const Buffer event = to_buffer(bytes_of(kRead));
  const Buffer lines = to_buffer(bytes_of(std::string(kRead) + "\n" + std::string(kPrint) + "\n"));
  Buffer more_lines = lines;
  append(more_lines, event);
  Buffer other_lines = lines;
  other_lines[2] = std::byte{'X'};
  const auto text = [&](const std::vector<Buffer>& records, std::string_view sender = kClient) {
    return format::format_receipt(k.of_server(records, std::string(sender)));
  };
  const format::Kind kind = format::Kind::kEvent;
  const std::string both = text({made(kRead, 7, kind), made(kPrint, 8, kind)});
  std::string longer = R"({"action":"delete","user":"dr-ito"})";
  longer.append({'\n', '\0', '\0', '\0', static_cast<char>(kRead.size())});
  format::Receipt lying = k.of_server({made(longer + std::string(kRead), 7, kind)}, "client/ehr");
  append(lying.record_headers[0], bytes_of(longer));
  return {
      k.receipt("of two events of a client", "", both, lines),
      k.receipt("of two events of a client, without a newline behind the last", "", both,
                to_buffer(Bytes{lines}.first(lines.size() - 1))),
      k.receipt("of one event of a listener", "",
                text({made(kRead, 0, kind, "listener/ward-7_3a")}, "listener/ward-7_3a"), event),
      k.receipt("a record header that holds the beginning of the payload", "claim",
                format::format_receipt(lying), event),
      k.receipt("another event", "claim", both, other_lines),
      k.receipt("events that are not numbered one by one", "claim",
                text({made(kRead, 7, kind), made(kPrint, 9, kind)}), lines),
      k.receipt("a control record as an event", "claim",
                text({made(kRead, 7, format::Kind::kKeyEvent)}), event),
      k.receipt("an event of another client than it names", "claim",
                text({made(kRead, 7, kind)}, "client/lab"), event),
      k.receipt("two events with nothing between them", "claim", both,
                to_buffer(bytes_of(std::string(kRead) + std::string(kPrint)))),
      k.receipt("two events with another character between them", "claim", both,
                to_buffer(bytes_of(std::string(kRead) + " " + std::string(kPrint)))),
      k.receipt("an event more than it is for", "claim", text({made(kRead, 7, kind)}), lines),
      k.receipt("an event more than the two that it is for", "claim", both, more_lines),
      k.receipt("an event fewer than it is for", "claim", both, event),
      k.receipt("a sender whose name is none", "form", with(both, "client/ehr", "client/EHR"),
                lines),
  };
}

/// Batches in the log, with a seal that is of something else.
std::vector<Case> batch_receipts(const Kept& k) {
  const auto of = [&](const std::string& name, const std::string& fault,
                      const std::function<void(format::Seal&)>& change) {
    const std::string source = "ward-7/pacs";
    std::vector<Buffer> records = {made(kRead, 4, format::Kind::kEvent, source),
                                   made(kPrint, 5, format::Kind::kEvent, source)};
    format::Seal seal = k.log.seal;
    seal.first_sequence = 4;
    seal.root =
        merkle::root_of(std::vector{merkle::leaf_hash(records[0]), merkle::leaf_hash(records[1])});
    change(seal);
    records.push_back(format::encode_seal(seal).value());
    format::Receipt receipt = k.of_server(records, "");
    receipt.record_headers.clear();
    Buffer batch;
    for (const Buffer& record : records) format::append_to_bundle(batch, record);
    return k.receipt(name, fault, format::format_receipt(receipt), batch);
  };
  return {
      of("of another batch", "", [](format::Seal&) {}),
      of("a seal that counts more events", "claim", [](format::Seal& seal) { seal.count = 3; }),
      of("a seal of another source", "claim", [](format::Seal& seal) { ++seal.source.value; }),
      of("a seal of other numbers", "claim", [](format::Seal& seal) { --seal.first_sequence; }),
      of("a seal of other events", "claim",
         [&](format::Seal& seal) { seal.root = k.log.leaves[2]; }),
  };
}

std::string holds_receipt(const format::Json& one) {
  const std::string json = one.text("receipt").value();
  const Buffer sent = one.base64_bytes("sent").value();
  if (json.find("record_headers") == std::string::npos)
    return why(verify::verify_batch_receipt(json, trust_in(one), sent));
  return why(verify::verify_events_receipt(json, trust_in(one), sent));
}

/// As varve-audit does: that it is proven, and that it is a record.
std::string holds_proof(const format::Json& one) {
  if (const auto key = format::parse_vkey(one.text("vkey").value()); !key) return why(key);
  const auto range = verify::verify_proof_file(one.text("file").value(), trust_in(one), {}, {});
  return range ? why(format::decode_record(range->records.front())) : why(range);
}

/// The last `from` of it, if that is what has to be changed.
std::string with_last(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.rfind(from);
  return text.replace(at, from.size(), to);
}

}  // namespace

VectorFile proof_files() {
  const Kept k;
  const P256Checkpoint p256 = p256_checkpoint();
  const std::string good = format::format_proof_file(k.log.proof_file);
  const auto with_checkpoint = [&](std::string checkpoint) {
    format::ProofFile file = k.log.proof_file;
    file.checkpoint = std::move(checkpoint);
    return format::format_proof_file(file);
  };
  format::ProofFile other = k.log.proof_file;
  other.extra = k.log.records[3];
  const std::string hash = base64(k.log.proof_file.proof[1].view()) + "\n";
  VectorFile file{"tlog-proof", "proof.md", {}, holds_proof};
  file.cases = {
      k.file("of record 2", "", good),
      Kept::file("of record 2, signed with ECDSA P-256", "", with_checkpoint(p256.note), p256.vkey),
      Kept::file("another size, signed with ECDSA P-256", "claim",
                 with_checkpoint(with(p256.note, "\n5\n", "\n6\n")), p256.vkey),
      k.file("a byte of the event is another", "claim", with(good, "eyJhY3Rp", "eyJhY3Rq")),
      k.file("of another record", "claim", format::format_proof_file(other)),
      k.file("at another place", "claim", with(good, "\nindex 2\n", "\nindex 3\n")),
      k.file("behind the end of the tree", "claim", with(good, "\nindex 2\n", "\nindex 5\n")),
      k.file("a hash is another", "claim", with(good, "I5y5", "J5y5")),
      k.file("a hash is missing", "claim", with(good, hash, "")),
      k.file("a hash too many", "claim", with(good, hash, hash + hash)),
      k.file("the root is another", "claim", with(good, "elg/P8aC", "elg/P8aD")),
      k.file("the root is another, signed", "claim",
             with_checkpoint(k.signed_text("elg/P8aC", "elg/P8aD"))),
      k.file("the size is another, signed", "claim",
             with_checkpoint(k.signed_text("\n5\n", "\n3\n"))),
      k.file("the signature is another", "claim", with(good, "9mdj6xZ5", "9mdj6xZ4")),
      k.file("of another log", "claim", with(good, "cardiology\n5", "ward\n5")),
      k.file(
          "signed by another key of that name", "claim",
          with_checkpoint(format::signed_note(
              k.log.checkpoint.substr(0, k.log.checkpoint.find("\n\n") + 1), {&k.log.next_key}))),
      k.file("another first line", "form", with(good, "@v1", "@v2")),
      k.file("an index with a zero in front", "form", with(good, "index 2", "index 02")),
      k.file("a line after the root, signed", "form",
             with_checkpoint(k.signed_text("\n5\n", "\n5\nx\n"))),
      k.file("CR before an LF", "form", with(good, "index 2\n", "index 2\r\n")),
      k.file("base64 whose last character has stray bits", "form", with(good, "thOQ=", "thOR=")),
  };
  for (Case& more : proof_files_of_other_paths()) file.cases.push_back(std::move(more));
  return file;
}

VectorFile receipts() {
  const Kept k;
  const std::string sealed = format::format_receipt(k.log.receipt);
  const std::string one = format::format_receipt(k.log.event_receipt);
  const Buffer event = to_buffer(format::decode_record(k.log.records[2]).value().payload);
  Buffer other_batch = k.log.batch;
  other_batch[60] ^= std::byte{1};
  Buffer shorter;
  for (std::size_t i = 3; i < 5; ++i) format::append_to_bundle(shorter, k.log.records[i]);
  format::Receipt of_another = k.log.event_receipt;
  of_another.sender = "client/ehr";
  VectorFile file{"receipt", "receipt.md", {}, holds_receipt};
  file.cases = {
      k.receipt("of a sealed batch", "", sealed, k.log.batch),
      k.receipt("of a sealed batch, with its members in another order, and with spaces", "",
                "{ \"count\": 3," + with(with(sealed, "{", ""), "\"count\":3,", ""), k.log.batch),
      k.receipt("a byte of the batch is another", "claim", sealed, other_batch),
      k.receipt("the batch lacks an event", "claim", sealed, shorter),
      k.receipt("other records of the tree", "claim",
                with(sealed, "\"first_index\":2", "\"first_index\":1"), k.log.batch),
      k.receipt("another count", "claim", with(sealed, "\"count\":3", "\"count\":2"), k.log.batch),
      k.receipt("another size than the checkpoint's", "claim",
                with(sealed, "\"tree_size\":5", "\"tree_size\":6"), k.log.batch),
      k.receipt("another root than the checkpoint's", "claim", with(sealed, "elg/P8aC", "elg/P8aD"),
                k.log.batch),
      k.receipt("another hash of the proof", "claim", with(sealed, "pEWs", "qEWs"), k.log.batch),
      k.receipt("no proof", "claim",
                with(sealed, "\"pEWszzqGAKTl1btgis1tTwuibQhwrJeFmWWKx0wPGpc=\"", ""), k.log.batch),
      k.receipt("another signature", "claim", with(sealed, "9mdj6xZ5", "9mdj6xZ4"), k.log.batch),
      k.receipt("a record of a sealing source as an event of a client", "claim",
                format::format_receipt(of_another), event),
      k.receipt("a record of a sealing source as one of the log", "claim", one, event),
      k.receipt("a member that nobody knows", "form", with(sealed, "{", "{\"more\":1,"),
                k.log.batch),
      k.receipt("a member twice", "form", with(sealed, "{", "{\"count\":3,"), k.log.batch),
      k.receipt("a member is missing", "form", with(sealed, "\"count\":3,", ""), k.log.batch),
      k.receipt("a fraction", "form", with(sealed, "\"count\":3", "\"count\":3.0"), k.log.batch),
      k.receipt("something behind it", "form", sealed + "{}", k.log.batch),
      k.receipt("a sealed batch with a sender", "claim",
                with(sealed, "]}", "],\"sender\":\"client/ehr\"}"), k.log.batch),
  };
  for (const auto& more : {server_receipts(k), batch_receipts(k)})
    file.cases.insert(file.cases.end(), more.begin(), more.end());
  return file;
}

VectorFile contradictions() {
  const Kept k;
  const std::string good = format::format_contradiction(k.log.contradiction);
  format::Contradiction same = k.log.contradiction;
  const std::vector<Hash> first(k.log.leaves.begin(), k.log.leaves.begin() + 3);
  same.older = format::signed_note(
      format::checkpoint_text({k.log.origin, TreeSize{3}, merkle::root_of(first)}),
      {&k.log.log_key});
  const Hash first_root = merkle::root_of(k.log.leaves);
  const Hash other_root = k.log.leaves[0];
  const std::string other_note = format::signed_note(
      format::checkpoint_text({k.log.origin, TreeSize{5}, other_root}), {&k.log.log_key});
  const auto of = [&](const Hash& root, const std::string& older) {
    return format::format_contradiction({root, {}, older, k.log.checkpoint});
  };
  const auto hashes = [&](std::size_t count) {
    std::string lines;
    while (count-- > 0) lines += base64(other_root.view()) + "\n";
    return lines;
  };
  VectorFile file{
      "contradiction", "contradiction.md", {}, [](const format::Json& one) {
        return why(verify::verify_contradiction(one.text("file").value(), trust_in(one)));
      }};
  file.cases = {
      k.file("two trees, of 3 and of 5 records", "", good),
      k.file("two trees of 5 records", "", of(first_root, other_note)),
      k.file("two trees of 5 records, and the root of the older one", "claim",
             of(other_root, other_note)),
      k.file("one tree of 5 records", "claim", of(first_root, k.log.checkpoint)),
      k.file("the newer checkpoint in front", "claim",
             with(with(good, k.log.contradiction.older + "\n", ""), k.log.checkpoint,
                  k.log.checkpoint + "\n" + k.log.contradiction.older)),
      k.file("65 hashes", "form", with(good, "\nFqGF", "\n" + hashes(61) + "FqGF")),
      k.file("one history", "claim", format::format_contradiction(same)),
      k.file("another root than the proof's", "claim", with(good, "root D5IH", "root E5IH")),
      k.file("another hash of the proof", "claim", with(good, "FqGF", "GqGF")),
      k.file("the older checkpoint is signed by nobody", "claim",
             with(good, "9mdj6yFe", "9mdj6yFf")),
      k.file("the newer checkpoint is signed by nobody", "claim",
             with_last(good, "9mdj6xZ5", "9mdj6xZ4")),
      k.file("another first line", "form", with(good, " v1\n", " v2\n")),
  };
  return file;
}

VectorFile gap_certificates() {
  const Kept k;
  const std::string good = format::format_gap_certificate(k.log.gaps);
  format::GapCertificate without = k.log.gaps;
  without.records.erase(without.records.begin());
  VectorFile file{
      "gap-certificate", "gap-certificate.md", {}, [](const format::Json& one) {
        return why(verify::verify_gap_certificate(one.text("file").value(), trust_in(one)));
      }};
  file.cases = {
      k.file("of one batch", "", good),
      k.file("of another source", "claim", with(good, "ward-7/pacs\n", "ward-8/pacs\n")),
      k.file("at another place", "claim", with(good, "record 4 ", "record 3 ")),
      k.file("a record is missing", "claim", format::format_gap_certificate(without)),
      k.file("another hash of the proof", "claim", with(good, "bQgp", "cQgp")),
      k.file("another signature of the log", "claim", with(good, "9mdj6xZ5", "9mdj6xZ4")),
      k.file("another first line", "form", with(good, " v1\n", " v2\n")),
  };
  return file;
}

}  // namespace varve::evidence
