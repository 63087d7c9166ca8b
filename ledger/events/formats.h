// One reader a format. Each is given what it reads and adds events and gaps. Private to this folder.
#pragma once

#include "ledger/events/tree.h"

namespace varve::events {

// A JSON or XML document, already parsed.
void read_fhir(Node& audit_event, Extraction& out);
void read_atna(Node& audit_message, Extraction& out);
void read_cloudtrail(Node& record, Extraction& out);
void read_ecs(Node& document, Extraction& out);
void read_ocsf(Node& event, Extraction& out);
void read_otlp(Node& request, Extraction& out);
void read_plain_json(Node& object, Extraction& out);

// Lines of text.
void read_auditd(std::string_view lines, Extraction& out);
void read_pgaudit(std::string_view lines, Extraction& out);
void read_cef(std::string_view line, Extraction& out);

/// An envelope around any of the others. False: these bytes are no syslog message.
bool read_syslog(std::string_view message, Extraction& out);
/// What extract() does, without an envelope. False: no format was recognised.
bool read_body(std::string_view body, Extraction& out);

}  // namespace varve::events
