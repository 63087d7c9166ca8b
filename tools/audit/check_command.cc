// varve-audit check: the whole log, from a server or from an export.
#include <memory>

#include "ledger/base/text.h"
#include "ledger/env/posix.h"
#include "ledger/verify/log_check.h"
#include "tools/audit/answer_json.h"
#include "tools/audit/ask.h"
#include "tools/audit/cosigners.h"
#include "tools/audit/gone.h"
#include "tools/audit/lib/directory_source.h"
#include "tools/audit/lib/remembered.h"
#include "tools/audit/observing.h"
#include "tools/audit/read_ahead.h"
#include "tools/audit/source_list.h"
#include "tools/common/exit_code.h"
#include "tools/common/files.h"
#include "tools/common/mirror.h"
#include "tools/common/progress.h"

namespace varve::audit {
namespace {

constexpr std::size_t kStateMax = 256u << 20;
constexpr int kStepsBetweenSaves = 256;  // 65,536 records

/// What an auditor brings along and is no checkpoint, or one of another log, is no finding about this one.
Result<void> expect_checkpoint_of(std::string_view text, const std::string& origin) {
  ASSIGN_OR_RETURN(const format::Note note, format::parse_note(text));
  ASSIGN_OR_RETURN(const format::Checkpoint checkpoint, format::parse_checkpoint_text(note.text));
  if (checkpoint.origin == origin) return {};
  return invalid("it is of the log " + checkpoint.origin + ", not of " + origin);
}

/// Of records that an earlier run read, whose bytes this one does not ask for.
std::string not_held_text(const verify::WitnessedChecked& witnessed) {
  const std::uint64_t older = witnessed.seen.count - witnessed.judged;
  if (older == 0) return {};
  return "; " + std::to_string(older) + (older == 1 ? " older one was" : " older ones were") +
         " read before and not held to this policy: audit without --state for that";
}

/// One audit with what it remembers between runs, if anything.
class Audit {
 public:
  Audit(const Request& request, const format::VerifierKey& first, verify::LogSource& source,
        verify::LogCheck::Watch watch)
      : request_(request),
        origin_(first.name),
        source_(source),
        check_(first, source, env::posix_clock().now_us()) {
    if (!request.state_directory.empty()) remembered_.emplace(request.state_directory, first.name);
    check_.watch(std::move(watch));
  }

  Result<verify::Intact> run() {
    RETURN_IF_ERROR(resume());
    RETURN_IF_ERROR(check_.begin());
    ASSIGN_OR_RETURN(policy_, read_policy(request_, &check_.keys()));
    if (policy_) check_.hold_to(*policy_);
    RETURN_IF_ERROR(expect_older_checkpoints());
    source_.read_ahead(check_.audited(), check_.target().checkpoint.size);
    tools::Progress progress("checking", "records");
    for (int steps = 1; !check_.done(); ++steps) {
      RETURN_IF_ERROR(check_.step());
      progress.show(check_.audited().value, check_.target().checkpoint.size.value);
      if (steps % kStepsBetweenSaves == 0) RETURN_IF_ERROR(save());
    }
    ASSIGN_OR_RETURN(verify::Intact intact, check_.finish());
    RETURN_IF_ERROR(save());
    const bool is_meant = expect_locked(request_, intact.retention.policy().mode).has_value();
    if (remembered_ && is_meant) RETURN_IF_ERROR(remembered_->keep(intact.checkpoint));
    RETURN_IF_ERROR(meet_the_policy(intact));
    return intact;
  }

  /// Who cosigned the checkpoint to which the log was audited.
  [[nodiscard]] const CosignedBy& cosigned() const { return cosigned_; }

  [[nodiscard]] const std::optional<verify::Finding>& finding() const { return check_.finding(); }

  /// When the log contradicts what was remembered, both notes are evidence. Returns their file.
  Result<std::string> keep_evidence() const {
    if (!remembered_ || check_.target().note.empty()) return std::string();
    ASSIGN_OR_RETURN(const auto note, remembered_->note());
    if (!note || *note == check_.target().note) return std::string();
    return remembered_->keep_evidence(*note, check_.target().note);
  }

 private:
  Result<void> resume() {
    if (!remembered_) return {};
    const std::string path = remembered_->audit_path();
    const auto saved = tools::read_file(path, kStateMax);
    if (!saved && saved.error().code == Code::kNotFound) return {};
    if (!saved) return saved.error();
    auto resumed = check_.resume(*saved);
    if (!resumed) return std::move(resumed).error().during("reading " + path);
    return {};
  }

  Result<void> save() const {
    if (!remembered_) return {};
    return tools::replace_file(remembered_->audit_path(), check_.save());
  }

  /// By the checkpoint to which the log was audited, or by a record of one before it.
  Result<void> meet_the_policy(const verify::Intact& intact) {
    if (!policy_) return {};
    auto cosigned = demand_cosigners(request_, intact.checkpoint.note, &check_.keys());
    if (cosigned) cosigned_ = std::move(*cosigned);
    if (cosigned || intact.witnessed.by_quorum != 0) return {};
    if (cosigned.error().code != Code::kNotFound && cosigned.error().code != Code::kInvalid)
      return std::move(cosigned).error();
    return not_found("the " + std::to_string(intact.checkpoint.checkpoint.size.value) +
                     " records are intact, but none of them is a checkpoint that a quorum of the "
                     "policy's witnesses cosigned" +
                     not_held_text(intact.witnessed) +
                     ", and of the checkpoint itself: " + cosigned.error().message);
  }

  Result<void> expect_older_checkpoints() {
    if (remembered_) {
      ASSIGN_OR_RETURN(const auto note, remembered_->note());
      if (note) RETURN_IF_ERROR(check_.must_extend(*note));
    }
    if (request_.since_file.empty()) return {};
    ASSIGN_OR_RETURN(const Buffer since, tools::read_file(request_.since_file, format::kNoteMax));
    if (auto fits = expect_checkpoint_of(text_of(since), origin_); !fits)
      return std::move(fits).error().during("reading --since " + request_.since_file);
    return check_.must_extend(text_of(since));
  }

  const Request& request_;
  const std::string origin_;
  verify::LogSource& source_;
  std::optional<format::WitnessPolicy> policy_;
  CosignedBy cosigned_;
  verify::LogCheck check_;
  std::optional<Remembered> remembered_;
};

void add_cosigned(const CosignedBy& by, Answer& answer) {
  if (by.json.empty()) return;
  answer.line.append("\nthe checkpoint itself").append(by.text);
  answer.json.insert(answer.json.size() - 1, ",\"cosigned_by\":" + by.json);
}

/// What the server says it found when it re-read what it stores.
void add_audit_runs(const verify::AuditRuns& runs, Answer& answer, AnswerJson& json) {
  if (runs.count == 0) return;
  answer.line +=
      ", " + std::to_string(runs.count) + " audit runs, the last in record " +
      std::to_string(runs.last.value) + ": " +
      (runs.damaged == 0 ? "no damage"
                         : std::to_string(runs.damaged) + " damaged files on the server");
  json.add("audit_runs", runs.count)
      .add("last_audit_run", runs.last.value)
      .add("damaged_files", runs.damaged);
}

void add_grants(const verify::GrantsSeen& grants, Answer& answer, AnswerJson& json) {
  if (!grants.newest) return;
  const std::string newest = std::to_string(grants.newest->index.value);
  answer.line.append("\nrecord ").append(newest).append(" says who may do what");
  if (grants.count > 1)
    answer.line.append(", as ").append(std::to_string(grants.count - 1)).append(" did before");
  json.add("grants", grants.count).add("newest_grants", grants.newest->index.value);
}

/// How many records name others as signers of a checkpoint, and what the policy makes of these.
void add_witnessed(const verify::WitnessedChecked& witnessed, Answer& answer, AnswerJson& json) {
  const std::uint64_t count = witnessed.seen.count;
  if (count != 0)
    json.add("witnessed_records", count).add("newest_witnessed", witnessed.seen.newest.value);
  if (!witnessed.is_held && count == 0) return;
  answer.line.append("\n")
      .append(std::to_string(count))
      .append(count == 1 ? " record" : " records");
  answer.line.append(" of checkpoints that name others as signers");
  if (count != 0)
    answer.line.append(", the newest in ").append(std::to_string(witnessed.seen.newest.value));
  if (!witnessed.is_held) {
    answer.line.append("; not verified: give --policy");
    return;
  }
  json.add("witnessed_judged", witnessed.judged).add("witnessed_by_quorum", witnessed.by_quorum);
  answer.line.append("; ").append(std::to_string(witnessed.by_quorum));
  answer.line.append(" by a quorum of the policy");
  if (witnessed.by_quorum != 0) {
    const std::uint64_t newest = witnessed.newest_by_quorum.value;
    answer.line.append(", the newest in ").append(std::to_string(newest));
    json.add("newest_by_quorum", newest);
  }
  answer.line.append(not_held_text(witnessed));
}

/// Who read what, the server says; `varve-audit reads` tells it.
void add_reports(const verify::ReportsSeen& reports, Answer& answer, AnswerJson& json) {
  json.add("access_records", reports.access)
      .add("refusal_records", reports.refusal)
      .add("loss_records", reports.loss);
  if (reports.access + reports.refusal + reports.loss == 0) return;
  answer.line.append("\n").append(std::to_string(reports.access));
  answer.line.append(" records say who read events, ").append(std::to_string(reports.refusal));
  answer.line.append(" who was refused, and ").append(std::to_string(reports.loss));
  answer.line.append(" that some of that may be missing");
}

void add_renewals(const std::vector<verify::RenewalAt>& renewals, Answer& answer,
                  AnswerJson& json) {
  for (const verify::RenewalAt& at : renewals) {
    answer.line.append("\nrecord ").append(std::to_string(at.index.value));
    answer.line.append(" renews the first ").append(std::to_string(at.renewal.size.value));
    answer.line.append(" records under ").append(at.renewal.function->name);
  }
  if (!renewals.empty()) json.add("renewals", renewals.size());
}

/// Kinds from after this program that it may pass over.
void add_not_understood(const format::NotUnderstood& passed, Answer& answer, AnswerJson& json) {
  if (passed.empty()) return;
  answer.line.append("\n").append(passed.text());
  std::string list;
  for (const auto& [kind, count] : passed.counts()) {
    if (!list.empty()) list.append(",");
    list.append(AnswerJson().add("kind", format::kind_name(kind)).add("records", count).take());
  }
  json.raw("not_understood", "[" + list + "]");
}

/// Without the log itself.
std::size_t sources_of(const verify::Intact& intact) {
  return intact.chains.size() - 1;
}

std::string counts_of(const verify::Intact& intact) {
  const format::Checkpoint& tree = intact.checkpoint.checkpoint;
  return std::to_string(tree.size.value) + " records, " + std::to_string(intact.batches) +
         " batches, " + std::to_string(sources_of(intact)) + " sources, size " +
         std::to_string(tree.size.value) + ", root " + base64(tree.root.view());
}

Result<Answer> audit_opened(const Request& request, const Opened& opened, const SayIntact& say) {
  auto answer = audit_source(request, *opened.source, say, {});
  if (!answer && opened.files)
    return std::move(answer).error().during("reading the export " + request.where);
  return answer;
}

/// Nothing is judged, and somebody may believe that a month is kept all the same.
Result<void> tell_of_keep(const verify::LogSource& source, const verify::Intact& intact,
                          Observing& observing, Answer& answer) {
  RETURN_IF_ERROR(observing.look_at_keep(source, intact));
  add_kept_lines(observing.kept_lines(), Judged::kNothing, answer);
  if (!observing.trouble().empty()) add_trouble(observing.trouble(), answer);
  return {};
}

/// What a mirror keeps by its own judgement, at the time of its last run. An export judges nothing.
Result<void> judge_mirror(const Request& request, const Opened& opened,
                          const verify::Intact& intact, Answer& answer) {
  if (!opened.files) return {};
  ASSIGN_OR_RETURN(const format::VerifierKey first, first_key(request));
  ASSIGN_OR_RETURN(Observing observing, Observing::open(*opened.files, first));
  if (!observing.trouble().empty()) {
    add_trouble(observing.trouble(), answer);
    return {};
  }
  if (observing.begins()) return tell_of_keep(*opened.source, intact, observing, answer);
  if (observing.is_ahead_of(intact)) {
    answer.line.append(
        "\nthe mirror's observations are newer than these records: nothing of it is judged");
    return tell_of_keep(*opened.source, intact, observing, answer);
  }
  RETURN_IF_ERROR(observing.read_on(*opened.source, intact));
  ASSIGN_OR_RETURN(const auto judged, observing.judge(*opened.source, {.everywhere = true}));
  add_judged(judged, answer);
  add_kept_lines(observing.kept_lines(), Judged::kYes, answer);
  if (!observing.trouble().empty()) add_trouble(observing.trouble(), answer);
  return {};
}

}  // namespace

std::string draft_line(const verify::Intact& intact) {
  const format::Policy& policy = intact.retention.policy();
  if (policy.mode != format::Mode::kDraft) return {};
  return "\na draft log, for trying: its records may go once they are " +
         std::to_string(policy.period) + " minutes old";
}

void add_mode(const verify::Intact& intact, AnswerJson& json) {
  const format::Policy& policy = intact.retention.policy();
  const bool is_draft = policy.mode == format::Mode::kDraft;
  json.add("mode", is_draft ? "draft" : "locked").add("period", policy.period);
  json.add("unit", is_draft ? "minutes" : "days");
}

Result<void> expect_locked(const Request& request, format::Mode mode) {
  if (!request.must_be_locked || mode == format::Mode::kLocked) return {};
  return invalid(
      "it is a draft log, for trying, whose records may go within minutes, and --locked asks for a "
      "log that keeps them: take the URL and the first key of the log that is meant");
}

Answer describe_intact(const verify::Intact& intact) {
  const format::Checkpoint& tree = intact.checkpoint.checkpoint;
  Answer answer;
  answer.line = verdict(intact.destroyed) + ": " + counts_of(intact) + draft_line(intact);
  AnswerJson json;
  json.add("result", result_word(intact.destroyed))
      .add("origin", tree.origin)
      .add("records", tree.size.value)
      .add("batches", intact.batches)
      .add("sources", sources_of(intact))
      .add("size", tree.size.value)
      .add("root", base64(tree.root.view()))
      .add("unreadable", events_gone(intact.destroyed))
      .raw("destroyed", months_json(intact.destroyed));
  add_mode(intact, json);
  add_audit_runs(intact.audit_runs, answer, json);
  add_grants(intact.grants, answer, json);
  add_witnessed(intact.witnessed, answer, json);
  add_reports(intact.reports, answer, json);
  add_renewals(intact.renewals, answer, json);
  add_not_understood(intact.not_understood, answer, json);
  add_gone(intact.destroyed, answer);
  answer.json = json.take();
  return answer;
}

Result<Opened> open_source(const Request& request) {
  Opened opened;
  if (request.where.find("://") != std::string::npos) {
    ASSIGN_OR_RETURN(opened.source,
                     ReadAheadLog::open(request.where, request.http, request.connections));
    return opened;
  }
  ASSIGN_OR_RETURN(opened.files, env::open_posix(request.where));
  RETURN_IF_ERROR(tools::expect_no_exchange(*opened.files));
  opened.source = std::make_unique<DirectorySource>(*opened.files);
  return opened;
}

Answer describe_finding(const verify::Finding& finding, const std::string& evidence) {
  Answer answer;
  answer.exit = tools::exit_code(Code::kCorrupt);
  answer.line = "corrupt: " + sentence(finding);
  AnswerJson json;
  json.add("result", "corrupt").add("check", finding.check).add("what", finding.what);
  if (finding.index) json.add("index", finding.index->value);
  if (!finding.source.empty()) json.add("source", finding.source);
  if (!evidence.empty()) {
    answer.line += "; both checkpoints are in " + evidence;
    json.add("evidence", evidence);
  }
  answer.json = json.take();
  return answer;
}

Result<Answer> audit_source(const Request& request, verify::LogSource& source, const SayIntact& say,
                            verify::LogCheck::Watch watch) {
  ASSIGN_OR_RETURN(const format::VerifierKey first, first_key(request));
  Audit audit(request, first, source, std::move(watch));
  auto intact = audit.run();
  if (intact) {
    ASSIGN_OR_RETURN(Answer answer, say(*intact));
    add_cosigned(audit.cosigned(), answer);
    return answer;
  }
  if (!audit.finding()) return std::move(intact).error();
  ASSIGN_OR_RETURN(const std::string evidence, audit.keep_evidence());
  return describe_finding(*audit.finding(), evidence);
}

Result<Answer> audit_source(const Request& request, verify::LogSource& source) {
  return audit_source(request, source, describe_intact, {});
}

Result<Answer> run_check(const Request& request) {
  ASSIGN_OR_RETURN(const Opened opened, open_source(request));
  const auto say = [&](const verify::Intact& intact) -> Result<Answer> {
    RETURN_IF_ERROR(expect_locked(request, intact.retention.policy().mode));
    Answer answer = describe_intact(intact);
    RETURN_IF_ERROR(judge_mirror(request, opened, intact, answer));
    return answer;
  };
  return audit_opened(request, opened, say);
}

Result<Answer> run_sources(const Request& request) {
  ASSIGN_OR_RETURN(const Opened opened, open_source(request));
  return audit_opened(request, opened, describe_sources);
}

}  // namespace varve::audit
