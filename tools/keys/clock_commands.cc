// Files in, a verdict out: what a token is worth is decided by ledger/format.
#include "tools/keys/clock_commands.h"

#include <cstdio>

#include "ledger/base/month.h"
#include "ledger/base/text.h"
#include "ledger/format/json.h"
#include "ledger/format/timestamp.h"
#include "tools/common/files.h"
#include "tools/keys/key_printing.h"

namespace varve::keys {
namespace {

constexpr std::size_t kAnswerMax = 64u << 10;  // bytes; a token is smaller, and says so itself

Result<format::Note> read_note(const std::string& path) {
  ASSIGN_OR_RETURN(const Buffer bytes, tools::read_file(path, format::kNoteMax));
  auto note = format::parse_note(text_of(bytes));
  if (!note) return std::move(note).error().during("reading " + path);
  return note;
}

/// A note that one of the log's keys signed.
Result<format::Note> read_signed(const std::string& path,
                                 const std::vector<format::VerifierKey>& keys) {
  ASSIGN_OR_RETURN(format::Note note, read_note(path));
  if (auto verified = format::verify_note(note, keys); !verified)
    return std::move(verified).error().during("verifying " + path);
  return note;
}

Result<format::Checkpoint> checkpoint_in(const format::Note& note, const std::string& path) {
  auto checkpoint = format::parse_checkpoint_text(note.text);
  if (!checkpoint) return std::move(checkpoint).error().during("reading " + path);
  return checkpoint;
}

/// The answer is a reply, or the token that was in one.
Result<format::SignedTime> verify_answer(const Buffer& answer, std::string_view text) {
  const auto token = format::token_in_reply(answer);
  if (!token && token.error().code == Code::kNotFound) return token.error();
  return format::verify_time_token(token ? *token : answer, text);
}

void print_stamp(const format::SignedTime& said, const format::Checkpoint& checkpoint, bool json) {
  const std::string size = std::to_string(checkpoint.size.value);
  if (json)
    std::printf("{\"key\":\"%s\",\"time_us\":%llu,\"accuracy_us\":%llu,\"size\":%s}\n",
                hex(said.key.view()).c_str(), static_cast<unsigned long long>(said.time_us),
                static_cast<unsigned long long>(said.accuracy_us), size.c_str());
  else
    std::printf("the tree of %s records was there at %s, give or take %llu us\nby key %s\n",
                size.c_str(), time_text(said.time_us).c_str(),
                static_cast<unsigned long long>(said.accuracy_us), hex(said.key.view()).c_str());
}

}  // namespace

Result<void> request_time(const ClockRequestArguments& arguments) {
  ASSIGN_OR_RETURN(const format::Note note, read_note(arguments.checkpoint));
  ASSIGN_OR_RETURN(const format::Checkpoint checkpoint, checkpoint_in(note, arguments.checkpoint));
  RETURN_IF_ERROR(tools::replace_file(arguments.out, format::time_query(checkpoint)));
  print_value(arguments.json, "query", arguments.out);
  return {};
}

Result<void> check_evidence(const ClockEvidenceArguments& arguments) {
  std::vector<format::VerifierKey> keys;
  for (const std::string& vkey : arguments.vkeys) {
    ASSIGN_OR_RETURN(format::VerifierKey key, format::parse_vkey(vkey));
    keys.push_back(std::move(key));
  }
  ASSIGN_OR_RETURN(const format::Note note, read_signed(arguments.checkpoint, keys));
  ASSIGN_OR_RETURN(const format::Checkpoint checkpoint, checkpoint_in(note, arguments.checkpoint));
  ASSIGN_OR_RETURN(const Hash authority, decode_hex_hash(arguments.authority_key));
  ASSIGN_OR_RETURN(const Buffer answer, tools::read_file(arguments.answer, kAnswerMax));
  const auto said = verify_answer(answer, note.text);
  if (!said) return Error(said.error()).during("verifying " + arguments.answer);
  if (said->key != authority)
    return invalid(arguments.answer + " is signed by the key " + hex(said->key.view()) +
                   ", not by the authority's");
  print_stamp(*said, checkpoint, arguments.json);
  return {};
}

void ClockCommandLine::add_to(CLI::App& app, Result<void>& outcome) {
  CLI::App& clock = *app.add_subcommand("clock", "time stamps over a log's checkpoints");
  clock.require_subcommand(1);

  CLI::App& request = *clock.add_subcommand(
      "request", "write the query for a time-stamping authority about a checkpoint");
  request.add_option("CHECKPOINT", request_.checkpoint, "a file with the signed checkpoint")
      ->required();
  request.add_option("--out", request_.out, "the file to write: a TimeStampReq")->required();
  json_option(request, request_.json);
  calls(request, request_, &request_time, outcome);

  CLI::App& evidence =
      *clock.add_subcommand("evidence", "verify the authority's answer, offline: who says when");
  evidence.add_option("FILE", evidence_.answer, "the reply, or the token in it")->required();
  evidence.add_option("--checkpoint", evidence_.checkpoint, "the checkpoint that was sent")
      ->required();
  evidence
      .add_option("--authority-key", evidence_.authority_key,
                  "SHA-256 of the authority's public key (SubjectPublicKeyInfo), in hex")
      ->required();
  evidence.add_option("--vkey", evidence_.vkeys, "a public key of the log; once for each")
      ->required()
      ->allow_extra_args(false);
  json_option(evidence, evidence_.json);
  calls(evidence, evidence_, &check_evidence, outcome);
}

}  // namespace varve::keys
