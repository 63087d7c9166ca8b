// varve-audit gaps: an audit of the whole log, and a certificate of what a source sealed.
#include "tools/audit/ask.h"
#include "tools/audit/gap_text.h"
#include "tools/audit/gone.h"
#include "tools/audit/lib/gap_maker.h"
#include "tools/common/files.h"

namespace varve::audit {
namespace {

/// What can truly be said of the source, where that is no certificate.
Result<void> expect_certifiable(const Request& request, const verify::Intact& intact) {
  const auto id = format::source_id(request.source);
  const auto found = id ? intact.chains.find(*id) : intact.chains.end();
  if (found == intact.chains.end() || found->second.name != request.source)
    return not_found("the log has no source " + request.source +
                     ": varve-audit sources lists them");
  const std::uint64_t events = found->second.end.next_event;
  if (!found->second.key)
    return invalid("no certificate: the log seals for " + request.source +
                   ". The log is intact and numbers the " + std::to_string(events) +
                   " events of this sender without a gap, so it hid none since it took them; "
                   "whether the sender sent more is known to the sender alone");
  if (request.from >= events || (request.to != UINT64_MAX && request.to >= events))
    return not_found("the log has " + std::to_string(events) + " events of " + request.source +
                     ", numbered from 0");
  return {};
}

}  // namespace

Result<Answer> run_gaps(const Request& request) {
  ASSIGN_OR_RETURN(const format::VerifierKey first, first_key(request));
  ASSIGN_OR_RETURN(GapMaker maker, GapMaker::of({request.source, request.from, request.to}));
  ASSIGN_OR_RETURN(const Opened opened, open_source(request));
  const auto certify = [&](const verify::Intact& intact) -> Result<Answer> {
    RETURN_IF_ERROR(expect_certifiable(request, intact));
    ASSIGN_OR_RETURN(const auto made, std::move(maker).make(intact.checkpoint, *opened.source));
    const std::string text = format::format_gap_certificate(made);
    ASSIGN_OR_RETURN(const std::string keys_json, opened.source->keys());
    ASSIGN_OR_RETURN(const verify::VerifiedKeys keys, verify::open_keys(keys_json, first));
    const verify::Trust trust{first.name, first, keys.timeline, keys.under.checkpoint};
    ASSIGN_OR_RETURN(const auto events, verify::verify_gap_certificate(text, trust));
    RETURN_IF_ERROR(tools::replace_file(request.out_file, bytes_of(text)));
    Answer answer = gap_answer(events);
    add_gone(intact.destroyed, answer);
    return answer;
  };
  return audit_source(request, *opened.source, certify,
                      [&](LeafIndex index, Bytes entry) { maker.see(index, entry); });
}

}  // namespace varve::audit
