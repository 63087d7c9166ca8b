// Texts of holds, in one spelling each.
#include "ledger/format/hold.h"

#include "ledger/base/codec.h"
#include "ledger/format/retention_lines.h"

namespace varve::format {
namespace {

constexpr std::string_view kHoldTitle = "varve hold v1";
constexpr std::string_view kHoldTextTitle = "varve hold text v1";

Result<std::string> take_id(std::string_view& text) {
  ASSIGN_OR_RETURN(const std::string_view id, take_value(text, "id "));
  constexpr std::string_view kOf = "abcdefghijklmnopqrstuvwxyz0123456789.-";
  if (id.empty() || id.size() > kHoldIdMax || id.find_first_not_of(kOf) != std::string_view::npos)
    return invalid("the id of a hold is 1 to 64 of a-z, 0-9, point and hyphen");
  return std::string(id);
}

Buffer source_bytes(SourceId source) {
  Buffer bytes;
  ByteWriter(bytes).u64(source.value);
  return bytes;
}

Result<std::string> take_words(std::string_view& text, std::string_view label, std::size_t max) {
  ASSIGN_OR_RETURN(const std::string_view words, take_value(text, label));
  if (words.size() > max || !is_note_text(words))
    return invalid("the line " + std::string(label) + "is too long, or is not text");
  return std::string(words);
}

}  // namespace

std::string scope_text(const Scope& scope, Mode mode) {
  switch (scope.what) {
    case Scope::What::kAll:
      break;
    case Scope::What::kMonths:
      return "months " + key_period_text(scope.first_month, mode) + " " +
             key_period_text(scope.last_month, mode);
    case Scope::What::kSource:
      return "source " + hex(source_bytes(scope.source));
  }
  return "all";
}

Result<Scope> parse_scope(std::string_view whole, Mode mode) {
  Scope scope;
  std::string_view line = whole;
  const std::string_view what = next_word(line);
  if (what == "months") {
    scope.what = Scope::What::kMonths;
    ASSIGN_OR_RETURN(scope.first_month, parse_key_period(next_word(line), mode));
    ASSIGN_OR_RETURN(scope.last_month, parse_key_period(line, mode));
  } else if (what == "source") {
    scope.what = Scope::What::kSource;
    ASSIGN_OR_RETURN(const Buffer id, decode_hex(line));
    if (id.size() != sizeof(std::uint64_t)) return invalid("a source is 16 hex digits");
    scope.source.value = ByteReader(id).u64();
  } else if (whole != "all") {
    return invalid("the scope of a hold is all, months or a source");
  }
  return scope;
}

bool is_hold(std::string_view text) {
  return take_line(text) == kHoldTitle;
}

std::string hold_note_text(const Hold& hold, Mode mode) {
  const bool places = hold.action == HoldAction::kPlace;
  std::string text(kHoldTitle);
  put_line(text, "\norigin ", hold.origin);
  put_line(text, "action ", places ? "place" : "release");
  put_line(text, "id ", hold.id);
  if (!places) {
    put_line(text, "placed ", hex(hold.placed.view()));
    return text;
  }
  put_line(text, "scope ", scope_text(hold.scope, mode));
  put_line(text, "text ", hex(hold.text.view()));
  return text;
}

Result<Hold> parse_hold(std::string_view text, Mode mode) {
  Hold hold;
  ASSIGN_OR_RETURN(hold.origin, take_head(text, kHoldTitle));
  ASSIGN_OR_RETURN(const std::string_view action, take_value(text, "action "));
  if (action != "place" && action != "release") return invalid("a hold is placed or released");
  ASSIGN_OR_RETURN(hold.id, take_id(text));
  if (action == "release") {
    hold.action = HoldAction::kRelease;
    ASSIGN_OR_RETURN(hold.placed, take_hex_hash(text, "placed "));
  } else {
    ASSIGN_OR_RETURN(const std::string_view scope, take_value(text, "scope "));
    ASSIGN_OR_RETURN(hold.scope, parse_scope(scope, mode));
    ASSIGN_OR_RETURN(hold.text, take_hex_hash(text, "text "));
  }
  RETURN_IF_ERROR(ends_here(text));
  return hold;
}

std::string hold_text_text(const HoldText& hold) {
  std::string text(kHoldTextTitle);
  put_line(text, "\norigin ", hold.origin);
  put_line(text, "id ", hold.id);
  put_line(text, "salt ", hex(hold.salt.view()));
  put_line(text, "case ", hold.reference);
  put_line(text, "reason ", hold.reason);
  put_line(text, "contact ", hold.contact);
  return text;
}

Result<HoldText> parse_hold_text(std::string_view text) {
  HoldText hold;
  ASSIGN_OR_RETURN(hold.origin, take_head(text, kHoldTextTitle));
  ASSIGN_OR_RETURN(hold.id, take_id(text));
  ASSIGN_OR_RETURN(hold.salt, take_hex_hash(text, "salt "));
  ASSIGN_OR_RETURN(hold.reference, take_words(text, "case ", kHoldReferenceMax));
  ASSIGN_OR_RETURN(hold.reason, take_words(text, "reason ", kHoldReasonMax));
  ASSIGN_OR_RETURN(hold.contact, take_words(text, "contact ", kHoldReferenceMax));
  RETURN_IF_ERROR(ends_here(text));
  return hold;
}

}  // namespace varve::format
