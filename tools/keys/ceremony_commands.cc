// An approval is one more signature on the event's note.
#include "tools/keys/ceremony_commands.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "ledger/base/visible.h"
#include "ledger/format/disposal.h"
#include "ledger/format/hold.h"
#include "ledger/format/json.h"
#include "ledger/format/renewal.h"
#include "ledger/rules/approver_rules.h"
#include "tools/common/files.h"
#include "tools/keys/key_note.h"
#include "tools/keys/key_printing.h"

namespace varve::keys {
namespace {

bool is_of_retention(const std::string& text) {
  return format::is_policy(text) || format::is_hold(text) || format::is_disposal(text);
}

/// Whether people approve of such a text. Errors: kInvalid.
Result<void> expect_event(const std::string& text) {
  if (format::is_policy(text)) {
    RETURN_IF_ERROR(format::parse_policy(text));
  } else if (format::is_hold(text)) {
    if (!format::parse_hold(text, format::Mode::kDraft))
      RETURN_IF_ERROR(format::parse_hold(text, format::Mode::kLocked));
  } else if (format::is_disposal(text)) {
    if (!format::parse_disposal(text, format::Mode::kDraft))
      RETURN_IF_ERROR(format::parse_disposal(text, format::Mode::kLocked));
  } else {
    RETURN_IF_ERROR(format::parse_key_event(text));
  }
  return {};
}

Result<format::Note> read_event(const std::string& path) {
  ASSIGN_OR_RETURN(const Buffer bytes, tools::read_file(path, format::kNoteMax));
  ASSIGN_OR_RETURN(format::Note note, format::parse_note(text_of(bytes)));
  RETURN_IF_ERROR(expect_event(note.text));
  return note;
}

/// What became of the event: `result` by the key `vkey`, or by nobody in a dry run.
void print_approval(const ApproveArguments& arguments, const format::Note& note, const char* result,
                    const std::string& vkey) {
  const std::size_t signatures = note.signatures.size();
  if (arguments.json) {
    std::printf("{\"text\":%s,\"result\":\"%s\",\"approver\":%s,\"signatures\":%zu}\n",
                format::json_quoted(note.text).c_str(), result,
                vkey.empty() ? "null" : format::json_quoted(vkey).c_str(), signatures);
    return;
  }
  std::printf("%s%s%s: %s has %zu signature%s\n", result, vkey.empty() ? "" : " by ", vkey.c_str(),
              arguments.event.c_str(), signatures, signatures == 1 ? "" : "s");
}

}  // namespace

Result<void> ceremony(const CeremonyArguments& arguments) {
  format::KeyEvent event{format::KeyAction::kApprovers, arguments.origin, {}};
  event.approvals = arguments.approvals;
  for (const std::string& vkey : arguments.approvers) {
    ASSIGN_OR_RETURN(auto approver, format::parse_vkey(vkey));
    event.approvers.push_back(std::move(approver));
  }
  ASSIGN_OR_RETURN(const auto token, open_token(arguments.token));
  ASSIGN_OR_RETURN(event.key, find_key(*token, arguments.key, arguments.origin));
  RETURN_IF_ERROR(
      format::parse_key_event(format::key_event_text(event)));  // its rules, before signing
  RETURN_IF_ERROR(rules::approvers_are_others(event));
  ASSIGN_OR_RETURN(const std::string note, sign_key_event(*token, event, std::array{event.key}));
  RETURN_IF_ERROR(tools::replace_file(arguments.out, bytes_of(note)));
  print_value(arguments.json, "event", arguments.out);
  return {};
}

Result<void> approve(const ApproveArguments& arguments) {
  ASSIGN_OR_RETURN(format::Note note, read_event(arguments.event));
  if (!arguments.json) std::fputs(visible_lines(note.text).c_str(), stdout);
  if (arguments.dry_run) {
    print_approval(arguments, note, "not approved", "");
    return {};
  }
  ASSIGN_OR_RETURN(const auto token, open_token(arguments.token));
  ASSIGN_OR_RETURN(const auto key, find_key(*token, arguments.key, arguments.name));
  const std::string vkey = format::format_vkey(key);
  const bool done = std::ranges::any_of(note.signatures, [&](const format::NoteSignature& s) {
    return s.id == key.id && s.name == key.name;
  });
  if (done) {
    print_approval(arguments, note, "approved before", vkey);
    return {};
  }
  ASSIGN_OR_RETURN(Buffer signature, token->sign(key.key, bytes_of(note.text)));
  note.signatures.push_back({key.name, key.id, std::move(signature)});
  RETURN_IF_ERROR(tools::replace_file(arguments.event, bytes_of(format::format_note(note))));
  print_approval(arguments, note, "approved", vkey);
  return {};
}

Result<void> renew(const RenewArguments& arguments) {
  RETURN_IF_ERROR(check_destination(arguments.to));
  ASSIGN_OR_RETURN(const Buffer bytes, tools::read_file(arguments.statement, format::kNoteMax));
  ASSIGN_OR_RETURN(const format::Renewal renewal, format::parse_renewal(text_of(bytes)));
  if (renewal.origin != arguments.origin)
    return invalid("the renewal is of " + renewal.origin + ", not of " + arguments.origin);
  const std::string text(text_of(bytes));
  if (arguments.json)
    print_value(true, "text", text);
  else
    std::fputs(visible_lines(text).c_str(), stdout);
  ASSIGN_OR_RETURN(const auto token, open_token(arguments.token));
  ASSIGN_OR_RETURN(const auto key, find_key(*token, arguments.key, arguments.origin));
  ASSIGN_OR_RETURN(const std::string note, sign_text(*token, text, std::array{key}));
  return publish(arguments.to, note);
}

Result<void> send_event(const SendArguments& arguments) {
  ASSIGN_OR_RETURN(const format::Note note, read_event(arguments.event));
  const std::string whole = format::format_note(note);
  RETURN_IF_ERROR(is_of_retention(note.text) ? publish_retention(arguments.to, whole, "")
                                             : publish(arguments.to, whole));
  print_value(arguments.json, "sent", note.text);
  return {};
}

}  // namespace varve::keys
