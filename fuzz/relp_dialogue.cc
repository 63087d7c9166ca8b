// RELP's order of commands: the same steps however a stream is cut, and no message before an open, behind
// an end, or under a number that does not follow the one before.
#include "api/ingest/relp_dialogue.h"

#include <algorithm>

#include "fuzz/samples.h"
#include "fuzz/target.h"

namespace varve::fuzz {
namespace {

using Kind = api::RelpStep::Kind;

struct Heard {
  std::string steps;
  bool good = true;  // framed, and no command out of order

  bool operator==(const Heard&) const = default;
};

/// Checks the steps of a stream that comes in pieces, and writes them down.
Heard hear(std::string_view stream, std::size_t piece) {
  api::RelpDialogue dialogue;
  Heard out;
  std::uint32_t last = 0;
  while (!stream.empty()) {
    dialogue.add(stream.substr(0, piece));
    stream.remove_prefix(std::min(piece, stream.size()));
    for (;;) {
      const auto step = dialogue.next();
      out.good = step.has_value() && (step->kind != Kind::kEnd || step->status < api::kRelpRefused);
      if (!step || step->kind == Kind::kMore) break;
      if (step->kind == Kind::kMessage) CHECK(last != 0 && !step->message.empty());
      if (step->kind != Kind::kEnd)
        CHECK(last == 0 || step->number == (last == 999'999'999 ? 1 : last + 1));
      last = step->number;
      out.steps += std::to_string(static_cast<int>(step->kind)) + " " + std::to_string(last) + " " +
                   std::to_string(step->status) + " " + std::string{step->message} + "\n";
      if (step->kind == Kind::kEnd) return out;
    }
    if (!out.good) return out;
  }
  return out;
}

}  // namespace

bool accepts(Bytes in) {
  const std::string_view stream = text_of(in);
  const Heard whole = hear(stream, std::max<std::size_t>(1, stream.size()));
  CHECK(hear(stream, 1) == whole && hear(stream, 5) == whole);
  return whole.good && !whole.steps.empty();
}

std::vector<Buffer> seeds() {
  return {
      buffer_of("1 open 30 relp_version=0\ncommands=syslog\n2 syslog 5 <1>ab\n3 close 0\n"),
      buffer_of("0 hint 0\n999999999 open 0\n1 syslog 6 <1>ab\n\n2 syslog 0\n3 what 1 x\n"),
  };
}

}  // namespace varve::fuzz
