// Work the list off, or drop it.
#include "tools/audit/exchange.h"

#include <algorithm>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <vector>

#include "ledger/format/batch.h"
#include "ledger/format/observations.h"
#include "ledger/format/record.h"
#include "ledger/format/tombstone.h"
#include "ledger/merkle/tile.h"
#include "tools/audit/answer_json.h"
#include "tools/audit/keeping.h"
#include "tools/audit/lib/directory_source.h"
#include "tools/audit/observing.h"
#include "tools/common/mirror.h"

namespace varve::audit {
namespace {

/// Nothing: there is no list.
Result<std::optional<std::vector<std::string>>> listed(const env::Filesystem& mirror) {
  const auto list = read_file_of(mirror, tools::kExchangeList);
  if (!list && list.error().code == Code::kNotFound)
    return std::optional<std::vector<std::string>>();
  if (!list) return list.error();
  std::vector<std::string> paths;
  for (std::string_view rest = text_of(*list); !rest.empty();) {
    const std::string path(rest.substr(0, rest.find('\n')));
    rest.remove_prefix(std::min(rest.size(), path.size() + 1));
    if (path != kObservations &&
        (!path.starts_with("tile/entries/") || path.find("..") != std::string::npos))
      return corrupt(std::string(tools::kExchangeList) + " names other files than bundles");
    paths.push_back(path);
  }
  return std::optional(std::move(paths));
}

/// One that is in its place already and nowhere else is done: a list that cannot be worked off would
/// stop the mirror for ever, and what is there is audited from record 0 on.
Result<void> put_in_place(ExportWriter& writer, const std::string& path) {
  const auto bundle = read_file_of(writer.files(), prepared_path(path));
  if (bundle) return writer.put(path, *bundle);
  if (bundle.error().code != Code::kNotFound) return bundle.error();
  ASSIGN_OR_RETURN(const bool is_there, writer.has(path));
  return is_there ? Result<void>() : bundle.error();
}

/// Bundles that a killed run prepared, or had put in their place already: they may hold events.
Result<void> remove_unlisted(const ExportWriter& writer) {
  const std::string folder = writer.files().system_path("forgetting");
  std::error_code failed;
  std::filesystem::remove_all(folder, failed);
  if (failed) return Error{Code::kIo, "cannot empty " + folder + ": " + failed.message()};
  return {};
}

/// The list goes first: without it nothing that was prepared counts.
Result<void> drop_list(ExportWriter& writer, const std::vector<std::string>& paths) {
  RETURN_IF_ERROR(writer.sync());
  RETURN_IF_ERROR(writer.remove_durably(tools::kExchangeList));
  for (const std::string& path : paths) RETURN_IF_ERROR(writer.remove(prepared_path(path)));
  return {};
}

/// What of `held` has a tombstone in `prepared`. Of what is no bundle nothing can be kept, and the audit says so.
void count_staying(Bytes held, Bytes prepared, StayingEvents& staying) {
  const auto before = format::split_bundle(held, merkle::kTileWidth);
  const auto after = format::split_bundle(prepared, merkle::kTileWidth);
  if (!before || !after || before->size() != after->size()) return;
  for (std::size_t k = 0; k < after->size(); ++k) {
    const auto tombstone = format::decode_tombstone((*after)[k]);
    if (tombstone && !format::is_tombstone((*before)[k])) ++staying[tombstone->month];
  }
}

Result<StayingEvents> staying_events(const env::Filesystem& mirror,
                                     const std::vector<std::string>& paths) {
  StayingEvents staying;
  for (const std::string& path : paths) {
    if (path == kObservations) continue;
    const auto held = read_file_of(mirror, path);
    const auto prepared = read_file_of(mirror, prepared_path(path));
    for (const auto* const file : {&held, &prepared})
      if (!*file && file->error().code != Code::kNotFound) return file->error();
    if (held && prepared) count_staying(*held, *prepared, staying);
  }
  return staying;
}

bool is_seal(Bytes entry) {
  const auto record = format::decode_record(entry);
  return record && format::row_of(record->kind).meaning == format::Meaning::kSeal;
}

/// Whether the bundle ends in a batch of which events are gone. Of what is no bundle the audit says so.
bool ends_in_a_gap(Bytes bundle) {
  const auto entries = format::split_bundle(bundle, merkle::kTileWidth);
  bool is_gone = false;
  if (entries)
    for (const Bytes entry : *entries) {
      if (is_seal(entry)) is_gone = false;
      is_gone = is_gone || format::is_tombstone(entry);
    }
  return is_gone;
}

struct Rest {
  Buffer bundle;           // `held`, with the tombstones of the batch that it begins in
  bool has_ended = false;  // the batch
};

/// Errors: kCorrupt, kInvalid  one of them is no bundle, or they differ in size.
Result<Rest> end_batch(Bytes held, Bytes prepared) {
  ASSIGN_OR_RETURN(const auto before, format::split_bundle(held, merkle::kTileWidth));
  ASSIGN_OR_RETURN(const auto after, format::split_bundle(prepared, merkle::kTileWidth));
  if (before.size() != after.size()) return corrupt("a prepared bundle has another size");
  Rest rest;
  for (std::size_t k = 0; k < before.size(); ++k) {
    rest.has_ended = rest.has_ended || is_seal(before[k]);
    format::append_to_bundle(rest.bundle, rest.has_ended ? before[k] : after[k]);
  }
  return rest;
}

/// A batch that is half gone is a finding of every audit: the rest of the one at which the run was killed goes too.
/// The list is in the order of the records, and was worked off in that order.
Result<void> end_begun_batch(ExportWriter& writer, const std::vector<std::string>& paths) {
  bool is_open = false;
  for (const std::string& path : paths) {
    if (path == kObservations) continue;
    const auto held = read_file_of(writer.files(), path);
    const auto prepared = read_file_of(writer.files(), prepared_path(path));
    if (!held || !prepared) continue;  // staying_events() has read them
    if (*held == *prepared) {
      is_open = ends_in_a_gap(*held);
      continue;
    }
    if (!is_open) return {};
    ASSIGN_OR_RETURN(const Rest rest, end_batch(*held, *prepared));
    RETURN_IF_ERROR(writer.put(path, rest.bundle));
    if (rest.has_ended) return {};
  }
  return {};
}

/// The lines that came with the exchange are the last ones, and of one time: so many events fewer went than they say.
void correct(const StayingEvents& staying, std::vector<format::ForgottenMonth>& forgotten) {
  if (forgotten.empty()) return;
  const std::uint64_t then = forgotten.back().time_us;
  for (auto line = forgotten.rbegin(); line != forgotten.rend() && line->time_us == then; ++line)
    if (const auto some = staying.find(line->month); some != staying.end())
      line->events -= std::min(line->events, some->second);
  std::erase_if(forgotten, [](const format::ForgottenMonth& line) { return line.events == 0; });
}

/// Observations that are missing or damaged are left as they are: the run tells of them.
Result<void> write_observations(const StayingEvents& staying, ExportWriter& writer) {
  const auto prepared = read_file_of(writer.files(), prepared_path(kObservations));
  if (!prepared && prepared.error().code != Code::kNotFound) return prepared.error();
  if (!prepared) return {};
  auto seen = format::parse_observations(text_of(*prepared));
  if (!seen) return {};
  correct(staying, seen->forgotten);
  return writer.put(kObservations, bytes_of(format::observations_text(*seen)));
}

/// A file that cannot be read may name any month.
bool keeps_some_of(const env::Filesystem& mirror, const StayingEvents& months) {
  const auto keeping = Keeping::open(mirror);
  return std::ranges::any_of(
      months, [&](const auto& month) { return !keeping || keeping->names(month.first); });
}

}  // namespace

std::string prepared_path(const std::string& path) {
  return "forgetting/" + path;
}

Result<void> end_exchange(ExportWriter& writer, const ForgetAudit& forget_audit) {
  ASSIGN_OR_RETURN(const auto paths, listed(writer.files()));
  if (!paths) return remove_unlisted(writer);
  RETURN_IF_ERROR(forget_audit());
  for (const std::string& path : *paths) RETURN_IF_ERROR(put_in_place(writer, path));
  return drop_list(writer, *paths);
}

Result<StayingEvents> end_exchange_unless_kept(ExportWriter& writer,
                                               const ForgetAudit& forget_audit) {
  ASSIGN_OR_RETURN(const auto paths, listed(writer.files()));
  StayingEvents staying;
  if (paths) {
    ASSIGN_OR_RETURN(staying, staying_events(writer.files(), *paths));
  }
  if (!keeps_some_of(writer.files(), staying)) {
    RETURN_IF_ERROR(end_exchange(writer, forget_audit));
    return StayingEvents();
  }
  RETURN_IF_ERROR(forget_audit());
  RETURN_IF_ERROR(end_begun_batch(writer, *paths));
  ASSIGN_OR_RETURN(staying, staying_events(writer.files(), *paths));
  RETURN_IF_ERROR(write_observations(staying, writer));
  RETURN_IF_ERROR(drop_list(writer, *paths));
  return staying;
}

void add_stopped(const StayingEvents& months, format::Mode mode, Answer& answer) {
  if (months.empty()) return;
  for (const auto& [month, events] : months)
    answer.line.append("\na run that let " + std::to_string(events) + " events of " +
                       format::key_period_text(month, mode) +
                       " go was interrupted, and the file keep did not let this run end it: they "
                       "were judged again, and a decision about them has to be repeated");
  answer.json.insert(answer.json.size() - 1,
                     ",\"stopped\":" + list_json(months, [mode](const auto& month) {
                       return AnswerJson()
                           .add("month", format::key_period_text(month.first, mode))
                           .add("events", month.second)
                           .take();
                     }));
}

}  // namespace varve::audit
