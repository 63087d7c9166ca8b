// Holds, notices and disposals: what is parsed formats to exactly the same text.
#include "ledger/format/hold.h"

#include "fuzz/samples.h"
#include "fuzz/target.h"
#include "ledger/format/disposal.h"

namespace varve::fuzz {
namespace {

template <class Value>
bool is_spelled_so(const Result<Value>& parsed, std::string (*spell)(const Value&, format::Mode),
                   format::Mode mode, Bytes in) {
  if (parsed) CHECK(spell(*parsed, mode) == text_of(in));
  return parsed.has_value();
}

}  // namespace

bool accepts(Bytes in) {
  const auto text = format::parse_hold_text(text_of(in));
  if (text) CHECK(format::hold_text_text(*text) == text_of(in));
  bool accepted = text.has_value();
  for (const format::Mode mode : {format::Mode::kLocked, format::Mode::kDraft}) {
    const std::string_view t = text_of(in);
    accepted |= is_spelled_so(format::parse_hold(t, mode), format::hold_note_text, mode, in);
    accepted |= is_spelled_so(format::parse_notice(t, mode), format::notice_text, mode, in);
    accepted |= is_spelled_so(format::parse_disposal(t, mode), format::disposal_text, mode, in);
    accepted |= is_spelled_so(format::parse_disposed(t, mode), format::disposed_text, mode, in);
  }
  return accepted;
}

std::vector<Buffer> seeds() {
  using namespace format;  // NOLINT: all of its texts are here
  const Mode locked = Mode::kLocked;
  const std::string origin = "log.example";
  const std::vector<MonthRange> months{{202'611, LeafIndex{0}, LeafIndex{7}},
                                       {202'612, LeafIndex{7}, LeafIndex{9}}};
  Hold hold{origin, HoldAction::kPlace, "a-1", {Scope::What::kMonths, 202'611, 202'612, {}}};
  Hold source = hold;
  source.scope = {Scope::What::kSource, 0, 0, SourceId{7}};
  Hold release{origin, HoldAction::kRelease, "a-1"};
  const Disposed disposed{origin, {}, 202'611, {0, 9}, true, {{KeyEnd::kAway, "pkcs11:a"}}};
  return {buffer_of(hold_note_text(hold, locked)),
          buffer_of(hold_note_text(source, locked)),
          buffer_of(hold_note_text(release, locked)),
          buffer_of(hold_text_text({origin, "a-1", {}, "case", "reason", "contact"})),
          buffer_of(notice_text({origin, {}, months}, locked)),
          buffer_of(notice_text({origin, {}, {{4, LeafIndex{0}, LeafIndex{7}}}}, Mode::kDraft)),
          buffer_of(disposal_text({origin, {}, {}, months, {}, true}, locked)),
          buffer_of(disposed_text(disposed, locked))};
}

}  // namespace varve::fuzz
