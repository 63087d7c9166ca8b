// Work the list off, or drop it.
#include "tools/audit/exchange.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <string_view>
#include <system_error>
#include <vector>

#include "ledger/base/later_format.h"
#include "ledger/base/trouble.h"
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

constexpr std::string_view kBundles = "tile/entries/";

struct Listed {
  std::string path;
  std::optional<std::uint64_t> bundle;  // its index; nothing: the observations
};

Result<Listed> listed_in(std::string_view line) {
  if (line == kObservations) return Listed{std::string(line), {}};
  const bool is_bundle = line.starts_with(kBundles);
  const auto id = merkle::parse_bundle_path(is_bundle ? line.substr(kBundles.size()) : "");
  if (!id) return corrupt(std::string(tools::kExchangeList) + " names other files than bundles");
  return Listed{std::string(line), id->index};
}

/// Nothing: there is no list. Else in the order of the records, the observations first: paths of bundles sort
/// otherwise (x001/x000/000 in front of x999/999).
Result<std::optional<std::vector<Listed>>> listed(const env::Filesystem& mirror) {
  const auto list = read_file_of(mirror, tools::kExchangeList);
  if (!list && list.error().code == Code::kNotFound) return std::optional<std::vector<Listed>>();
  if (!list) return list.error();
  std::vector<Listed> files;
  for (std::string_view rest = text_of(*list); !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    ASSIGN_OR_RETURN(Listed file, listed_in(line));
    files.push_back(std::move(file));
  }
  std::ranges::sort(files, {}, &Listed::bundle);
  return std::optional(std::move(files));
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
Result<void> drop_list(ExportWriter& writer, const std::vector<Listed>& files) {
  RETURN_IF_ERROR(writer.sync());
  RETURN_IF_ERROR(writer.remove_durably(tools::kExchangeList));
  for (const Listed& file : files) RETURN_IF_ERROR(writer.remove(prepared_path(file.path)));
  return {};
}

/// What of `held` has a tombstone in `prepared`. Of what is no bundle nothing can be kept, and the audit says so.
void count_staying(Bytes held, Bytes prepared, StayingEvents& staying) {
  const auto before = format::split_bundle(held, merkle::kTileWidth);
  const auto after = format::split_bundle(prepared, merkle::kTileWidth);
  if (!before || !after || before->size() != after->size()) return;
  for (std::size_t k = 0; k < after->size(); ++k) {
    const auto tombstone = format::decode_tombstone((*after)[k]);
    if (tombstone && !format::is_tombstone((*before)[k]))
      ++staying[{tombstone->month, tombstone->key_minutes}];
  }
}

/// A bundle of the mirror that cannot be read must not stop the mirror for ever: nothing stays of it, and the audit
/// says so.
Result<StayingEvents> staying_events(const env::Filesystem& mirror,
                                     const std::vector<Listed>& files) {
  StayingEvents staying;
  for (const Listed& file : files) {
    if (!file.bundle) continue;
    const auto prepared = read_file_of(mirror, prepared_path(file.path));
    if (!prepared && prepared.error().code != Code::kNotFound) return prepared.error();
    const auto held = read_file_of(mirror, file.path);
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

/// Nothing: one of them is no bundle, or they differ in size.
std::optional<Rest> end_batch(Bytes held, Bytes prepared) {
  const auto before = format::split_bundle(held, merkle::kTileWidth);
  const auto after = format::split_bundle(prepared, merkle::kTileWidth);
  if (!before || !after || before->size() != after->size()) return {};
  Rest rest;
  for (std::size_t k = 0; k < before->size(); ++k) {
    rest.has_ended = rest.has_ended || is_seal((*before)[k]);
    format::append_to_bundle(rest.bundle, rest.has_ended ? (*before)[k] : (*after)[k]);
  }
  return rest;
}

/// A batch that is half gone is a finding of every audit: the rest of the one at which the run was killed goes too.
/// It goes on in the next bundle of the log, which is not always the next one of the list.
Result<void> end_begun_batch(ExportWriter& writer, const std::vector<Listed>& files) {
  std::optional<std::uint64_t> goes_on_in;
  for (const auto& [path, bundle] : files) {
    if (!bundle) continue;
    const bool is_open = goes_on_in == bundle;
    goes_on_in.reset();
    const auto held = read_file_of(writer.files(), path);
    if (!held) continue;
    const auto prepared = read_file_of(writer.files(), prepared_path(path));
    if (!prepared || *held == *prepared) {
      if (ends_in_a_gap(*held)) goes_on_in = *bundle + 1;
      continue;
    }
    const auto rest = is_open ? end_batch(*held, *prepared) : std::nullopt;
    if (!rest) continue;
    RETURN_IF_ERROR(writer.put(path, rest->bundle));
    if (!rest->has_ended) goes_on_in = *bundle + 1;
  }
  return {};
}

/// The lines that came with the exchange are the last ones, and of one time: so many events fewer went than they say.
void correct(const StayingEvents& staying, std::vector<format::ForgottenMonth>& forgotten) {
  if (forgotten.empty()) return;
  const std::uint64_t then = forgotten.back().time_us;
  for (const auto& [month, events] : staying)
    for (auto line = forgotten.rbegin(); line != forgotten.rend() && line->time_us == then; ++line)
      if (line->month == month.number) line->events -= std::min(line->events, events);
  std::erase_if(forgotten, [](const format::ForgottenMonth& line) { return line.events == 0; });
}

/// Those that are missing or damaged are left as they are: the run tells of them. Errors: kIo  also: of a later format.
Result<std::optional<format::Observations>> prepared_observations(const env::Filesystem& mirror) {
  const std::string path = prepared_path(kObservations);
  const auto prepared = read_file_of(mirror, path);
  if (!prepared && prepared.error().code != Code::kNotFound) return prepared.error();
  if (!prepared) return std::optional<format::Observations>();
  auto seen = format::parse_observations(text_of(*prepared));
  if (!seen && is_trouble(seen.error())) return in_file(seen.error(), mirror.system_path(path));
  return seen ? std::optional(std::move(*seen)) : std::nullopt;
}

/// Of which of these months events would go, and a line names one. A file that cannot be read may name any month.
bool names_some_of(const Result<Keeping>& keeping, const StayingEvents& months) {
  return std::ranges::any_of(
      months, [&](const auto& month) { return !keeping || keeping->names(month.first.number); });
}

std::string stopped_line(const KeyPeriod& month, std::uint64_t events) {
  return "a run that let " + std::to_string(events) + " events of " + key_period_text(month) +
         " go was interrupted, and the file keep did not let this run end it: a decision about "
         "them has to be repeated";
}

}  // namespace

std::string prepared_path(const std::string& path) {
  return "forgetting/" + path;
}

Result<void> end_exchange(ExportWriter& writer, const ForgetAudit& forget_audit) {
  ASSIGN_OR_RETURN(const auto files, listed(writer.files()));
  if (!files) return remove_unlisted(writer);
  RETURN_IF_ERROR(forget_audit());
  for (const Listed& file : *files) RETURN_IF_ERROR(put_in_place(writer, file.path));
  return drop_list(writer, *files);
}

Result<void> end_exchange_unless_kept(ExportWriter& writer, const ForgetAudit& forget_audit,
                                      StayingEvents& stopped) {
  const auto keeping = Keeping::open(writer.files());
  if (keeping && keeping->is_empty()) return end_exchange(writer, forget_audit);
  ASSIGN_OR_RETURN(const auto files, listed(writer.files()));
  if (!files) return end_exchange(writer, forget_audit);
  ASSIGN_OR_RETURN(StayingEvents staying, staying_events(writer.files(), *files));
  if (!names_some_of(keeping, staying)) return end_exchange(writer, forget_audit);
  ASSIGN_OR_RETURN(auto seen, prepared_observations(writer.files()));
  RETURN_IF_ERROR(forget_audit());
  RETURN_IF_ERROR(end_begun_batch(writer, *files));
  ASSIGN_OR_RETURN(staying, staying_events(writer.files(), *files));
  if (seen) {
    correct(staying, seen->forgotten);
    RETURN_IF_ERROR(writer.put(kObservations, bytes_of(format::observations_text(*seen))));
  }
  stopped = std::move(staying);
  return drop_list(writer, *files);
}

void add_stopped(const StayingEvents& months, Answer& answer) {
  if (months.empty()) return;
  for (const auto& [month, events] : months)
    answer.line.append("\n").append(stopped_line(month, events));
  answer.json.insert(answer.json.size() - 1,
                     ",\"stopped\":" + list_json(months, [](const auto& month) {
                       return AnswerJson()
                           .add("month", key_period_text(month.first))
                           .add("events", month.second)
                           .take();
                     }));
}

Error with_stopped(const StayingEvents& months, Error error) {
  for (const auto& [month, events] : months)
    error.message.append("; and ").append(stopped_line(month, events));
  return error;
}

}  // namespace varve::audit
