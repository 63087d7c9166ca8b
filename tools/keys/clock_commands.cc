// Files in, a verdict out: what a token is worth is decided by ledger/format.
#include "tools/keys/clock_commands.h"

#include <algorithm>
#include <cstdio>

#include "ledger/base/month.h"
#include "ledger/base/text.h"
#include "ledger/base/visible.h"
#include "ledger/format/cosigned_time.h"
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
Result<Buffer> token_in(const std::string& path) {
  ASSIGN_OR_RETURN(Buffer answer, tools::read_file(path, kAnswerMax));
  auto token = format::token_in_reply(answer);
  if (token) return token;
  if (token.error().code == Code::kNotFound)
    return std::move(token).error().during("reading " + path);
  return answer;
}

/// Errors: it does not count, or is by none of `authorities`.
Result<format::SignedTime> verify_token(const std::string& path, const format::Timestamp& stamp,
                                        const std::vector<Hash>& authorities) {
  auto said = format::verify_time_token(stamp.token, format::checkpoint_text(stamp.checkpoint));
  if (!said) return std::move(said).error().during("verifying " + path);
  if (std::ranges::find(authorities, said->key) != authorities.end()) return said;
  return invalid(path + " is signed by the key " + hex(said->key.view()) +
                 ", not by the authority's");
}

/// What this witness's line in the note says of the time.
Result<format::Timestamp> cosigned_in(const format::Note& note,
                                      const format::Checkpoint& checkpoint,
                                      const format::CosignerKey& witness) {
  ASSIGN_OR_RETURN(const auto given, format::cosignature_of(note, witness));
  if (given) return format::Timestamp{checkpoint, format::cosigned_time(witness, *given)};
  return invalid("the checkpoint has no cosignature by " + visible(witness.name));
}

template <class Parsed>
Result<std::vector<Parsed>> parse_all(const std::vector<std::string>& words,
                                      Result<Parsed> (*parse)(std::string_view)) {
  std::vector<Parsed> all;
  for (const std::string& word : words) {
    ASSIGN_OR_RETURN(Parsed one, parse(word));
    all.push_back(std::move(one));
  }
  return all;
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
  ASSIGN_OR_RETURN(const auto keys, parse_all(arguments.vkeys, &format::parse_vkey));
  ASSIGN_OR_RETURN(const auto authorities, parse_all(arguments.authority_keys, &decode_hex_hash));
  ASSIGN_OR_RETURN(const format::Note note, read_signed(arguments.checkpoint, keys));
  ASSIGN_OR_RETURN(const format::Checkpoint checkpoint, checkpoint_in(note, arguments.checkpoint));
  ASSIGN_OR_RETURN(const auto witnesses,
                   parse_all(arguments.witnesses, &format::parse_cosigner_vkey));
  if (arguments.answers.empty() && witnesses.empty())
    return invalid("there is nothing to verify: give an authority's answer, or --witness");
  std::vector<format::Timestamp> stamps;
  for (const std::string& path : arguments.answers) {
    ASSIGN_OR_RETURN(Buffer token, token_in(path));
    stamps.push_back({checkpoint, std::move(token)});
    ASSIGN_OR_RETURN(const auto said, verify_token(path, stamps.back(), authorities));
    print_stamp(said, checkpoint, arguments.json);
  }
  for (const format::CosignerKey& witness : witnesses) {
    ASSIGN_OR_RETURN(format::Timestamp stamp, cosigned_in(note, checkpoint, witness));
    ASSIGN_OR_RETURN(const auto said, format::verify_time_statement(
                                          stamp.token, format::checkpoint_text(checkpoint)));
    print_stamp(said, checkpoint, arguments.json);
    stamps.push_back(std::move(stamp));
  }
  if (arguments.server.server.empty()) return {};
  RETURN_IF_ERROR(publish_evidence(arguments.server, stamps));
  if (!arguments.json)
    std::printf("the log %s has taken it as evidence\n", checkpoint.origin.c_str());
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
      *clock.add_subcommand("evidence", "verify authorities' answers, and give them to the log");
  CLI::Option* const files = evidence.add_option(
      "FILE", evidence_.answers, "the reply, or the token in it; of each authority");
  evidence
      .add_option("--checkpoint", evidence_.checkpoint,
                  "the one that was sent: all answers are over it; or a witnessed one")
      ->required();
  CLI::Option* const authorities =
      evidence
          .add_option(
              "--authority-key", evidence_.authority_keys,
              "SHA-256 of an authority's public key (SubjectPublicKeyInfo), in hex; once for each")
          ->allow_extra_args(false);
  files->needs(authorities);
  evidence
      .add_option("--witness", evidence_.witnesses,
                  "vkey of a witness whose cosignature the checkpoint has; once for each")
      ->allow_extra_args(false);
  evidence.add_option("--vkey", evidence_.vkeys, "a public key of the log; once for each")
      ->required()
      ->allow_extra_args(false);
  CLI::Option* const server = server_option(evidence, evidence_.server);
  server->needs(evidence
                    .add_option("--bearer-file", evidence_.server.bearer_file,
                                "file with a bearer token of role operate")
                    ->needs(server));
  json_option(evidence, evidence_.json);
  calls(evidence, evidence_, &check_evidence, outcome);
}

}  // namespace varve::keys
