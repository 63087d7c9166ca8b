// Vectors of the files that people keep: proofs of a record, receipts, contradictions, gap certificates, trust
// bundles and evidence. What is true is the example of the format's page.
#include <fstream>
#include <sstream>

#include "ledger/base/text.h"
#include "ledger/evidence/check.h"
#include "ledger/format/batch.h"
#include "ledger/verify/contradictions.h"
#include "ledger/verify/gap_check.h"
#include "ledger/verify/trust_bundle.h"
#include "tests/directories.h"
#include "tests/format/documented_log.h"
#include "vectors.h"

namespace varve::evidence {
namespace {

using format::DocumentedLog;

constexpr std::string_view kWard =  // whose log the examples of evidence and of a bundle are of
    "audit.example.org/ward+cb65b66b+ARQpdpv0G59NTxaTXUFd6JPLwElMyO8Z1l4PC/9elhsb";

verify::Trust trust_in(const format::Json& one) {
  const auto key = format::parse_vkey(one.text("vkey").value()).value();
  return {key.name, key, {}};
}

/// The text between ```name and ``` on a page.
std::string example(const std::string& page, const std::string& name) {
  std::ifstream in(source_file("docs/format/" + page));
  std::stringstream text;
  text << in.rdbuf();
  const std::string all = text.str();
  const std::string opening = "```" + name + "\n";
  const std::size_t begin = all.find(opening) + opening.size();
  return all.substr(begin, all.find("```", begin) - begin);
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
  /// Signed by the log's key: another root, or another size.
  [[nodiscard]] std::string signed_text(std::string_view from, std::string_view to) const {
    const std::string text = log.checkpoint.substr(0, log.checkpoint.find("\n\n") + 1);
    return format::signed_note(with(text, from, to), {&log.log_key});
  }
};

bool holds_receipt(const format::Json& one) {
  const std::string json = one.text("receipt").value();
  const Buffer sent = one.base64_bytes("sent").value();
  return verify::verify_batch_receipt(json, trust_in(one), sent).has_value() ||
         verify::verify_events_receipt(json, trust_in(one), sent).has_value();
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
  VectorFile file{"tlog-proof", "proof.md", {}, [](const format::Json& one) {
                    return verify::verify_proof_file(one.text("file").value(), trust_in(one), {},
                                                     {})
                        .has_value();
                  }};
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
  return file;
}

VectorFile receipts() {
  const Kept k;
  const std::string sealed = format::format_receipt(k.log.receipt);
  const std::string one = format::format_receipt(k.log.event_receipt);
  const Buffer event = to_buffer(format::decode_record(k.log.records[2]).value().payload);
  Buffer other_event = event;
  other_event.back() = std::byte{'!'};
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
      k.receipt("another event", "claim", one, other_event),
      k.receipt("a record of a sealing source as an event of a client", "claim",
                format::format_receipt(of_another), event),
      k.receipt("a record of a sealing source as one of the log", "claim", one, event),
      k.receipt("a member that nobody knows", "form", with(sealed, "{", "{\"more\":1,"),
                k.log.batch),
      k.receipt("a member twice", "form", with(sealed, "{", "{\"count\":3,"), k.log.batch),
      k.receipt("a member is missing", "form", with(sealed, "\"count\":3,", ""), k.log.batch),
      k.receipt("a fraction", "form", with(sealed, "\"count\":3", "\"count\":3.0"), k.log.batch),
      k.receipt("something behind it", "form", sealed + "{}", k.log.batch),
  };
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
  VectorFile file{
      "contradiction", "contradiction.md", {}, [](const format::Json& one) {
        return verify::verify_contradiction(one.text("file").value(), trust_in(one)).has_value();
      }};
  file.cases = {
      k.file("two trees, of 3 and of 5 records", "", good),
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
        return verify::verify_gap_certificate(one.text("file").value(), trust_in(one)).has_value();
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

VectorFile bundles() {
  const std::string good = example("bundle.md", "json bundle");
  const auto of = [&](std::string name, std::string fault, const std::string& text) {
    return Kept::file(std::move(name), std::move(fault), text, kWard);
  };
  VectorFile file{"bundle", "bundle.md", {}, [](const format::Json& one) {
                    const format::VerifierKey key = trust_in(one).key;
                    return verify::open_bundle(one.text("file").value(), key).has_value();
                  }};
  file.cases = {
      of("of a log with one record", "", good),
      of("another byte of the record", "claim", with(good, "AQMAAAAA", "AQMAAAAB")),
      of("another signature", "claim", with(good, "y2W2a1+f", "y2W2a1+g")),
      of("no key signs now", "claim",
         with(good, "\"active\":[\"" + std::string(kWard) + "\"]", "\"active\":[]")),
      of("a key event is missing", "claim",
         good.substr(0, good.find("\"events\":[")) + "\"events\":[]}\n"),
      of("another format", "form", with(good, "bundle v1", "bundle v2")),
  };
  return file;
}

VectorFile answers() {
  const std::string good = example("evidence.md", "evidence");
  const std::size_t event = good.find("\nevent ") + 1;
  const auto of = [&](std::string name, std::string fault, const std::string& text) {
    return Kept::file(std::move(name), std::move(fault), text, kWard);
  };
  VectorFile file{"evidence", "evidence.md", {}, [](const format::Json& one) {
                    return verify_evidence(one.text("file").value(), trust_in(one)).has_value();
                  }};
  file.cases = {
      of("who read the record of Patient/7", "", good),
      of("another value is asked for", "claim", with(good, "UGF0aWVudC83", "UGF0aWVudC84")),
      of("an event is left out", "claim",
         std::string(good).erase(event, good.find('\n', event) + 1 - event)),
      of("a row names another record", "claim", with(good, "Js+I= 4\n", "Js+I= 5\n")),
      of("a row is said to be elsewhere", "claim", with(good, "there 3 ", "there 2 ")),
      of("another proof of a token", "claim", with(good, "term dtpW", "term etpW")),
      of("another neighbour", "claim", with(good, "neighbour 0/Yp", "neighbour 0/Yq")),
      of("another hash of the proof", "claim", with(good, "1rWQ", "2rWQ")),
      of("another signature of the log", "claim", with(good, "y2W2axbA", "y2W2axbB")),
      of("another first line", "form", with(good, " v1\n", " v2\n")),
  };
  return file;
}

}  // namespace varve::evidence
