// varve-audit compare: whether what two people hold is of one history. Where it is not, the file that it
// writes shows that to anybody.
#include <algorithm>

#include "ledger/base/text.h"
#include "ledger/env/durable.h"
#include "ledger/env/posix.h"
#include "ledger/verify/contradictions.h"
#include "tools/audit/answer_json.h"
#include "tools/audit/ask.h"
#include "tools/common/exit_code.h"
#include "tools/common/files.h"

namespace varve::audit {
namespace {

constexpr std::size_t kFileMax = 64u << 20;  // bytes: a receipt of many events

/// A checkpoint, and where it comes from.
struct Held {
  format::SignedCheckpoint checkpoint;
  std::string from;
  std::string keys;  // that signed it: their ids

  [[nodiscard]] TreeSize size() const { return checkpoint.checkpoint.size; }
  [[nodiscard]] std::string text() const {
    return std::to_string(size().value) + " records, root " +
           base64(checkpoint.checkpoint.root.view()) + ", signed by " + keys + " (" + from + ")";
  }
};

/// Two of them by size.
struct Pair {
  const Held& older;
  const Held& newer;
};

Pair by_size(const Held& a, const Held& b) {
  return a.size() <= b.size() ? Pair{a, b} : Pair{b, a};
}

/// With the signatures that count, and no others: what else a server puts there is nobody's evidence. A note
/// without any may be of another history, whose keys are others.
Result<Held> held_of(const std::string& note, const std::string& from, const verify::Trust& trust) {
  auto verified = verify::verify_checkpoint(note, trust);
  if (!verified && verified.error().code == Code::kCorrupt)
    return not_found(
        verified.error().message +
        ". It was altered, or it is of another history, whose keys are others: try with the "
        "keys of where it was seen (--keys, --bundle)");
  if (!verified) return std::move(verified).error();
  ASSIGN_OR_RETURN(format::Note kept, format::parse_note(note));
  std::erase_if(kept.signatures, [&](const format::NoteSignature& signature) {
    return std::ranges::none_of(verified->signers, [&](const format::VerifierKey& key) {
      return key.id == signature.id && key.name == signature.name;
    });
  });
  Held held{{verified->checkpoint, format::format_note(kept)}, from, {}};
  for (const format::VerifierKey& key : verified->signers)
    held.keys.append(held.keys.empty() ? "" : ", ").append(format::key_id_text(key));
  return held;
}

Result<Held> read_held(const std::string& path, const verify::Trust& trust) {
  const auto open = [&]() -> Result<Held> {
    ASSIGN_OR_RETURN(const Buffer bytes, tools::read_file(path, kFileMax));
    ASSIGN_OR_RETURN(const std::string note, verify::checkpoint_in(text_of(bytes)));
    return held_of(note, path, trust);
  };
  auto held = open();
  if (!held) return std::move(held).error().during("reading " + path);
  return held;
}

/// For trees of one size: nothing is read.
class NoHashes final : public merkle::HashReader {
 public:
  [[nodiscard]] Result<Hash> node(merkle::NodeId) const override {
    return not_found(
        "these are trees of two sizes: name the log's URL, or an export of it, that has the "
        "larger one");
  }
};

Result<std::optional<format::Contradiction>> judge(const Pair& pair,
                                                   const verify::LogSource* source) {
  if (source == nullptr || pair.older.size() == pair.newer.size())
    return verify::contradiction_of(pair.older.checkpoint, pair.newer.checkpoint, NoHashes());
  const merkle::TileHashReader hashes(pair.newer.size(), *source);
  return verify::contradiction_of(pair.older.checkpoint, pair.newer.checkpoint, hashes);
}

/// What was found before is not written over.
Result<void> write_evidence(const std::string& path, const format::Contradiction& found) {
  if (path.empty()) return {};
  const tools::PathParts parts = tools::split_path(path);
  ASSIGN_OR_RETURN(const auto files, env::open_posix(parts.directory));
  ASSIGN_OR_RETURN(const bool is_there, env::exists(*files, parts.name));
  if (is_there) return invalid(path + " is there already: name another file");
  return tools::replace_file(path, bytes_of(format::format_contradiction(found)));
}

Result<Answer> answer_of(const Pair& pair, const format::Contradiction& found,
                         const Request& request) {
  Answer answer;
  answer.exit = tools::exit_code(Code::kCorrupt);
  answer.line = "contradiction: " + pair.older.checkpoint.checkpoint.origin +
                " signed two trees that cannot both be its own:\n" + pair.older.text() + "\n" +
                pair.newer.text();
  AnswerJson json;
  json.add("result", "contradiction")
      .add("origin", pair.older.checkpoint.checkpoint.origin)
      .add("older", pair.older.size().value)
      .add("newer", pair.newer.size().value);
  const auto written = write_evidence(request.out_file, found);
  if (request.out_file.empty()) {
    answer.line += "\nrun it with --out FILE, and keep that file: it is evidence";
  } else if (written) {
    answer.line += "\n" + request.out_file +
                   " shows it to anybody who has the log's first key, and those that joined later: "
                   "varve-audit verify";
    json.add("evidence", request.out_file);
  } else {
    answer.line += "\nit could not be written: " + written.error().message;
  }
  answer.json = json.take();
  return answer;
}

Answer consistent(const Pair& pair) {
  Answer answer;
  answer.line = pair.older.size() == pair.newer.size()
                    ? "consistent: both are of the same tree: "
                    : "consistent: the larger tree begins with the smaller one:\n";
  answer.line += pair.older.text();
  if (pair.older.size() != pair.newer.size()) answer.line += "\n" + pair.newer.text();
  answer.json = AnswerJson()
                    .add("result", "consistent")
                    .add("origin", pair.older.checkpoint.checkpoint.origin)
                    .add("older", pair.older.size().value)
                    .add("newer", pair.newer.size().value)
                    .take();
  return answer;
}

/// The source has another tree than the larger one of both: then one of them contradicts the source's own.
Result<Answer> compare_with_source(const Request& request, const verify::Trust& trust,
                                   const verify::LogSource& source, const Pair& pair,
                                   const Error& why_not) {
  ASSIGN_OR_RETURN(const std::string note, source.checkpoint());
  ASSIGN_OR_RETURN(const Held now, held_of(note, request.where, trust));
  for (const Held* held : {&pair.older, &pair.newer}) {
    const Pair with_source = by_size(*held, now);
    const auto found = judge(with_source, &source);
    if (found && *found) return answer_of(with_source, **found, request);
  }
  return not_found(request.where + " did not show the tree of " + pair.newer.text() + " (" +
                   why_not.message + "), so nothing is known: name where that one was seen");
}

/// The keys that the log has now, where nothing else says which it had.
Result<verify::Trust> trust_by(const Request& request, const verify::LogSource* source) {
  ASSIGN_OR_RETURN(verify::Trust trust, trust_of(request));
  if (trust.keys || source == nullptr) return trust;
  ASSIGN_OR_RETURN(const std::string json, source->keys());
  ASSIGN_OR_RETURN(verify::VerifiedKeys keys, verify::open_keys(json, trust.key));
  trust.keys = std::move(keys.timeline);
  trust.newest = std::move(keys.under.checkpoint);
  return trust;
}

}  // namespace

Result<Answer> run_compare(const Request& request) {
  Opened opened;
  if (!request.where.empty()) {
    ASSIGN_OR_RETURN(opened, open_source(request));
  }
  ASSIGN_OR_RETURN(const verify::Trust trust, trust_by(request, opened.source.get()));
  ASSIGN_OR_RETURN(const Held a, read_held(request.compared[0], trust));
  ASSIGN_OR_RETURN(const Held b, read_held(request.compared[1], trust));
  const Pair pair = by_size(a, b);
  auto found = judge(pair, opened.source.get());
  if (!found && opened.source)
    return compare_with_source(request, trust, *opened.source, pair, found.error());
  if (!found) return std::move(found).error();
  return *found ? answer_of(pair, **found, request) : consistent(pair);
}

}  // namespace varve::audit
