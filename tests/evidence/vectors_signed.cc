// Vectors of what is signed: notes, checkpoints, cosigned checkpoints.
#include "ledger/base/text.h"
#include "ledger/format/cosignature.h"
#include "ledger/verify/verify_file.h"
#include "tests/format/documented_log.h"
#include "tests/format/test_cosigner.h"
#include "vectors.h"

namespace varve::evidence {
namespace {

using format::DocumentedLog;
using format::TestKey;

constexpr std::uint64_t kTime = 1'795'256'160;

constexpr std::string_view kP256Key =
    "audit.example.org/"
    "cardiology+32288142+AjBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABD5IFGavJ1DB3AGhgNsMEqmIG5QW"
    "TO79zcA5CCMtFqrXIhcHGjo/IbGWMjx2S3KGTGST4dwN1e7VVs15e/gZOMs=";
constexpr std::string_view kP256Line =
    "— audit.example.org/cardiology "
    "MiiBQjBFAiEA8eoNNePTAWxhAtAXcUFMAvBZlK5NwM4cAA+pX2zZvM0CIGXWj4S+c2FNk+Hs"
    "nwnlUf5nb7y5qrS6+pukQ/tBsR5l\n";

struct Signed {
  DocumentedLog log;
  TestKey other = TestKey::ed25519("audit.example.org/other", 9);
  std::string note = log.checkpoint;
  std::string vkey = format::format_vkey(log.log_key.verifier());
  std::string text = note.substr(0, note.find("\n\n") + 1);

  [[nodiscard]] std::string line() const { return note.substr(text.size() + 1); }
  [[nodiscard]] Case of(std::string name, std::string fault, std::string_view that) const {
    return of(std::move(name), std::move(fault), vkey, that);
  }
  [[nodiscard]] static Case of(std::string name, std::string fault, std::string_view key,
                               std::string_view that) {
    return {
        std::move(name), std::move(fault), {{"vkey", text_field(key)}, {"note", text_field(that)}}};
  }
};

std::string opens(const format::Json& one) {
  const auto key = format::parse_vkey(one.text("vkey").value());
  if (!key) return why(key);
  const auto note = format::parse_note(one.text("note").value());
  return note ? why(format::verify_note(*note, {&*key, 1})) : why(note);
}

std::string is_of_the_log(const format::Json& one) {
  const auto key = format::parse_vkey(one.text("vkey").value());
  return key ? why(verify::verify_checkpoint(one.text("note").value(), {key->name, *key, {}}))
             : why(key);
}

std::string is_cosigned(const format::Json& one) {
  const auto key = format::parse_cosigner_vkey(one.text("witness").value());
  const auto note = format::parse_note(one.text("note").value());
  if (!key || !note) return key ? why(note) : why(key);
  const auto by = format::cosignature_of(*note, *key);
  if (!by) return why(by);
  if (!by->has_value()) return "the witness has not cosigned it";
  return (*by)->time_s == one.number("time").value() ? "" : "it was cosigned at another time";
}

Buffer signature_in(const std::string& line) {
  const std::size_t begin = line.rfind(' ') + 1;
  return decode_base64(line.substr(begin, line.size() - 1 - begin)).value();
}

/// The signature of `line` without the zero that keeps its first number from being negative.
std::string negative_der(const std::string& line) {
  Buffer bytes = signature_in(line);
  for (const std::size_t at : {5U, 7U})
    bytes[at] = static_cast<std::byte>(std::to_integer<int>(bytes[at]) - 1);
  bytes.erase(bytes.begin() + 8);
  return line.substr(0, line.rfind(' ') + 1) + base64(bytes) + "\n";
}

/// The signature of `line` with its second number one byte longer than it need be.
std::string longer_der(const std::string& line) {
  Buffer bytes = signature_in(line);
  const std::size_t second = 4 + 4 + std::to_integer<std::size_t>(bytes[4 + 3]);
  const auto grow = [&](std::size_t at) {
    bytes[at] = static_cast<std::byte>(std::to_integer<int>(bytes[at]) + 1);
  };
  grow(5);
  grow(second + 1);
  bytes.insert(bytes.begin() + static_cast<std::ptrdiff_t>(second) + 2, std::byte{0});
  return line.substr(0, line.rfind(' ') + 1) + base64(bytes) + "\n";
}

std::string repeated(const std::string& line, std::size_t count) {
  std::string lines;
  while (count-- > 0) lines += line;
  return lines;
}

}  // namespace

P256Checkpoint p256_checkpoint() {
  return {std::string(kP256Key), Signed{}.text + "\n" + std::string(kP256Line)};
}

VectorFile notes() {
  const Signed s;
  const P256Checkpoint p256 = p256_checkpoint();
  const std::string both = format::signed_note(s.text, {&s.other, &s.log.log_key});
  const std::string unknown = "— stranger AAAAAAA=\n";
  const std::string stranger = format::signed_note(s.text, {&s.other});
  VectorFile file{"note", "note.md", {}, opens};
  file.cases = {
      s.of("signed with Ed25519", "", s.note),
      Signed::of("signed with ECDSA P-256", "", p256.vkey, p256.note),
      s.of("signed by a key that is not known, too", "", both),
      s.of("a text with empty lines", "", format::signed_note("a\n\nb\n", {&s.log.log_key})),
      s.of("another text", "claim", with(s.note, "\n5\n", "\n6\n")),
      s.of("another text under the first empty line", "claim", with(s.note, "\n\n", "\n\nx\n\n")),
      Signed::of("another text, ECDSA P-256", "claim", p256.vkey,
                 with(p256.note, "\n5\n", "\n6\n")),
      s.of("one bit of the signature is another", "claim", with(s.note, "9mdj6xZ5", "9mdj6xZ4")),
      s.of("signed by a key that is not known alone", "claim", stranger),
      s.of("the key's id under another name", "claim",
           with(s.note, "— audit.example.org/cardiology", "— audit.example.org/ward")),
      s.of("the key's name with another id", "claim", with(s.note, " 9mdj", " 9mdk")),
      s.of("with the key's id under another name, too", "",
           s.note + with(with(s.line(), "9mdj6xZ5", "9mdj6xZ4"), "cardiology", "ward")),
      s.of("64 signatures", "", s.note + repeated(unknown, 63)),
      s.of("65 signatures", "form", s.note + repeated(unknown, 64)),
      s.of("a false signature of the key beside a true one", "form",
           s.note + with(s.line(), "9mdj6xZ5", "9mdj6xZ4")),
      s.of("a false signature of the key in front of a true one", "form",
           with(s.note, "\n\n", "\n\n" + with(s.line(), "9mdj6xZ5", "9mdj6xZ4"))),
      Signed::of("DER with a negative number", "form", p256.vkey,
                 s.text + "\n" + negative_der(std::string(kP256Line))),
      Signed::of("DER with a zero in front", "form", p256.vkey,
                 s.text + "\n" + longer_der(std::string(kP256Line))),
      s.of("a control character in a stranger's name", "form",
           s.note + with(unknown, "stranger", "stranger\x01")),
      Signed::of("the vkey has an id that is not its key's", "claim",
                 with(s.vkey, "f66763eb", "f66763ec"), with(s.note, " 9mdj6xZ5", " 9mdj7BZ5")),
      s.of("no signature", "claim", s.text + "\n"),
      s.of("no empty line", "form", with(s.note, "\n\n", "\n")),
      s.of("no newline at its end", "form", s.note.substr(0, s.note.size() - 1)),
      s.of("CR before each LF", "form", with(s.note, "\n\n", "\r\n\r\n")),
      s.of("a tab in the text, which is signed", "form",
           format::signed_note("a\tb\n", {&s.log.log_key})),
      s.of("a hyphen instead of the dash", "form", with(s.note, "— ", "- ")),
      s.of("base64 without its padding", "form", with(s.note, "fggk=", "fggk")),
      s.of("base64 whose last character has stray bits", "form", with(s.note, "fggk=", "fggl=")),
      s.of("an empty line after the signature", "form", s.note + "\n"),
  };
  return file;
}

VectorFile checkpoints() {
  const Signed s;
  const P256Checkpoint p256 = p256_checkpoint();
  const auto by_log = [&](std::string text) {
    return format::signed_note(std::move(text), {&s.log.log_key});
  };
  VectorFile file{"checkpoint", "checkpoint.md", {}, is_of_the_log};
  const std::string empty = format::checkpoint_text({s.log.origin, {}, merkle::root_of({})});
  file.cases = {
      s.of("of five records", "", s.note),
      Signed::of("of five records, signed with ECDSA P-256", "", p256.vkey, p256.note),
      s.of("of no records", "", by_log(empty)),
      s.of("of 2^63 - 1 records", "", by_log(with(s.text, "\n5\n", "\n9223372036854775807\n"))),
      s.of("another size", "claim", with(s.note, "\n5\n", "\n4\n")),
      s.of("a control character in the root, signed", "form",
           by_log(with(s.text, "elg/", "elg\x7/"))),
      s.of("of another log, signed by this one's key", "claim",
           by_log(with(s.text, "cardiology", "ward"))),
      s.of("a size with a zero in front, signed", "form", by_log(with(s.text, "\n5\n", "\n05\n"))),
      s.of("a size with a sign, signed", "form", by_log(with(s.text, "\n5\n", "\n+5\n"))),
      s.of("a size of 2^64, signed", "form",
           by_log(with(s.text, "\n5\n", "\n18446744073709551616\n"))),
      s.of("a root of 31 bytes, signed", "form",
           by_log(s.log.origin + "\n5\n" + base64(s.log.leaves[0].view().first(31)) + "\n")),
      s.of("a line after the root, signed", "form", by_log(s.text + "extension\n")),
      s.of("no root, signed", "form", by_log(s.log.origin + "\n5\n")),
  };
  return file;
}

VectorFile cosigned() {
  const Signed s;
  const format::TestCosigner north("north.example.org/w", 7);
  const format::TestCosigner south("south.example.org/w", 8);
  const std::string note = s.note + north.answer(s.text, kTime);
  const auto of = [&](std::string name, std::string fault, const std::string& that,
                      const format::TestCosigner& witness) {
    return Case{std::move(name),
                std::move(fault),
                {{"witness", text_field(witness.vkey())},
                 {"time", number_field(kTime)},
                 {"note", text_field(that)}}};
  };
  VectorFile file{"cosignature", "cosignature.md", {}, is_cosigned};
  file.cases = {
      of("by one witness", "", note, north),
      of("by two, the first", "", note + south.answer(s.text, kTime + 1), north),
      of("at another time", "claim", s.note + north.answer(s.text, kTime + 1), north),
      of("of another checkpoint", "claim",
         s.note + north.answer(with(s.text, "\n5\n", "\n4\n"), kTime), north),
      of("by another witness", "claim", note, south),
      of("by nobody", "claim", s.note, north),
      of("with the log's name on the witness's line", "claim",
         with(note, "— north.example.org/w", "— audit.example.org/cardiology"), north),
      of("with the witness's name on the log's line alone", "claim",
         with(s.note, "— audit.example.org/cardiology", "— north.example.org/w"), north),
  };
  return file;
}

}  // namespace varve::evidence
