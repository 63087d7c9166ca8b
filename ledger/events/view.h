// What an audit event says, whichever format says it: who did what to whose data, when, where and
// why. Each value is written as docs/format/event-view.md says. An empty value was not said; what
// was said and not understood is a Gap, with its place and a reason.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace varve::events {

/// A code, "system|code", and the words that the sender put beside it.
struct Coded {
  std::string value;
  std::string display;
};

struct Actor {
  std::string id;
  std::vector<std::string> alternative_ids;
  std::string name;
  std::vector<Coded> roles;
  std::string session;
  std::string address;
  std::optional<bool> is_requestor;
};

struct Resource {
  std::string id;
  std::vector<std::string> alternative_ids;
  std::string name;
  std::vector<Coded> types;
  std::vector<std::string> fields;  // "name=value"
};

struct Change {
  std::string field;
  std::optional<std::string> old_value;
  std::optional<std::string> new_value;
};

struct When {
  std::string text;                     // as it was sent
  std::optional<std::int64_t> unix_ns;  // none when the text has no zone, or is no time
};

struct Where {
  std::vector<std::string> services;
  std::vector<std::string> sites;
  std::string request_id;
  std::string address;
  std::string device;
};

/// One event.
struct View {
  std::string id;  // the sender's own
  std::vector<Coded> types;
  std::vector<Actor> who;
  std::vector<Resource> what;
  std::vector<std::string> whom;  // the ids of patients, each once
  std::string action;
  std::string outcome;
  std::string outcome_text;
  When when;
  Where where;
  std::vector<Coded> purposes;
  std::vector<std::string> legal_bases;
  std::vector<std::string> recipients;
  std::vector<Change> changes;
  bool is_emergency = false;  // true when the event says so
  std::string severity;
  std::string message;
};

/// A place in the payload that no field of the view holds, and why.
struct Gap {
  std::string place;
  std::string reason;
};

}  // namespace varve::events
