// varve-audit mirror: a copy of a log that was verified as it was made, and that only ever moves
// from one verified checkpoint to a later one. Whenever it is killed, its file `checkpoint` is of
// records that are all there. docs/operating/recovery.md says how a server is restored from it.
#include <algorithm>
#include <filesystem>
#include <memory>

#include "ledger/env/posix.h"
#include "tools/audit/answer_json.h"
#include "tools/audit/ask.h"
#include "tools/audit/exchange.h"
#include "tools/audit/fetching.h"
#include "tools/audit/forgetting.h"
#include "tools/audit/letting_go.h"
#include "tools/audit/lib/directory_source.h"
#include "tools/audit/lib/remembered.h"
#include "tools/audit/observing.h"
#include "tools/audit/own_reads.h"
#include "tools/common/exit_code.h"

namespace varve::audit {
namespace {

/// Reads a file of the mirror, as it is or as it will be.
using ReadFile = std::function<Result<Buffer>(const std::string& path)>;

/// The files of the mirror under the checkpoint and keys that they shall be verified against.
class Candidate final : public verify::LogSource {
 public:
  Candidate(ReadFile read, const Target& target) : read_(std::move(read)), target_(target) {}

 private:
  [[nodiscard]] Result<Buffer> get(const std::string& path) const override {
    if (path == "checkpoint") return to_buffer(bytes_of(target_.note));
    if (path == "keys") return to_buffer(bytes_of(target_.keys));
    return read_(path);
  }
  ReadFile read_;
  const Target& target_;
};

bool is_sound(const Answer& answer) {
  return answer.exit == tools::kExitOk || answer.exit == tools::kExitGone;
}

/// What all passes over a mirror did.
struct Done {
  std::unique_ptr<env::Lock> lock{};
  std::uint64_t files = 0;
  KeptEvents kept;
  rules::DestroyedMonths forgotten;
  std::vector<JudgedMonth> judged;                 // by the last of them
  std::vector<KeptLine> kept_lines;                // of the file `keep`
  StayingEvents stopped;                           // of an exchange that did not go on
  std::vector<std::string> undone;                 // decisions about months
  std::string trouble;                             // why nothing was judged
  std::optional<std::uint64_t> observes_since_us;  // where the first of them found no observations
};

/// A mirror's directory, what it was before, and what there is now.
class Mirror {
 public:
  /// Keeps other runs off the mirror from the first pass on: two that exchange bundles, or that write
  /// observations, undo each other's work.
  static Result<Mirror> open(const Request& request, Done& done) {
    ASSIGN_OR_RETURN(Decision decision, decision_of(request));
    ASSIGN_OR_RETURN(RemoteLog log, open_remote(request));
    ASSIGN_OR_RETURN(ExportWriter writer, ExportWriter::open(request.out_file));
    if (!done.lock) {
      ASSIGN_OR_RETURN(done.lock, writer.lock());
    }
    RETURN_IF_ERROR(end_exchange_unless_kept(
        writer, [&request] { return forget_audit_of(request); }, done.stopped));
    ASSIGN_OR_RETURN(const format::VerifierKey first, first_key(request));
    ASSIGN_OR_RETURN(const TreeSize before, writer.size_before(first.name));
    ASSIGN_OR_RETURN(Observing observing, Observing::open(writer.files(), first));
    ASSIGN_OR_RETURN(Target target, choose_target(log, first));
    return Mirror(request, std::move(decision), std::move(observing), std::move(log),
                  std::move(writer), before, std::move(target));
  }

  /// A log that is smaller than before, or that nobody signed, needs no files to be found out.
  Result<Fetched> fetch() {
    if (target_.lie || target_.size < before_) return Fetched{};
    const Before before{before_, [this] { return forget_audit_of(request_); }};
    return fetch_missing(request_, ExportPlan(target_.size), before, writer_);
  }

  /// What was verified, and up to where, is in the mirror.
  Result<Answer> audit() {
    Request verified = request_;
    verified.state_directory = request_.out_file;
    ASSIGN_OR_RETURN(const format::VerifierKey first, first_key(request_));
    const bool is_whole =
        !std::filesystem::exists(Remembered(request_.out_file, first.name).audit_path());
    const env::Filesystem& files = writer_.files();
    Candidate candidate([&files](const std::string& path) { return read_file_of(files, path); },
                        target_);
    const auto say = [&](const verify::Intact& intact) -> Result<Answer> {
      RETURN_IF_ERROR(observing_.read_on(candidate, intact));
      observing_.see(env::posix_clock());
      LookAgain again{is_whole, {}};
      if (auto months = decided_months(decision_, observing_.mode())) again.months = *months;
      ASSIGN_OR_RETURN(judged_, observing_.judge(candidate, again));
      return describe_intact(intact);
    };
    return audit_source(verified, candidate, say, {});
  }

  /// What the server has in the place of events that are here, against the clock of the log. After audit().
  [[nodiscard]] Answer hold_against_clock(const verify::Claims& claims, Answer answer) const {
    auto lie = verify::first_impossible(claims, {env::posix_clock().now_us(), observing_.log_us()});
    if (!lie) return answer;
    return describe_finding({lie->index, "", "tombstone", std::move(lie->why)});
  }

  /// After audit().
  [[nodiscard]] Result<void> expect_locked() const {
    return audit::expect_locked(request_, observing_.mode());
  }

  /// After audit(), which reads the log's clock.
  [[nodiscard]] Forgetting forgetting() {
    return {log_,
            writer_,
            target_.size,
            {env::posix_clock().now_us(), observing_.log_us(), observing_.key_minutes()}};
  }

  /// Prepares what goes, and says what the mirror will be then.
  Result<Answer> prepare(Forgetting& forgetting, Answer now) {
    ASSIGN_OR_RETURN(undone_, find_months(judged_, decision_, observing_, forgetting));
    if (forgetting.lie()) return describe_finding(*forgetting.lie());
    if (!forgetting.has_found()) return now;
    Candidate candidate([&forgetting](const std::string& path) { return forgetting.read(path); },
                        target_);
    return audit_source(request_, candidate);  // from record 0 on, and nothing is remembered of it
  }

  /// What was fetched now may be what is wrong: the next run fetches it again.
  Result<void> take_back(const Fetched& fetched) {
    RETURN_IF_ERROR(forget_audit_of(request_));
    for (const ExportItem& item : fetched.again) RETURN_IF_ERROR(writer_.remove(item.path()));
    return writer_.remove_behind(before_, target_.size, fetched.visited);
  }

  Result<void> move_on(Forgetting& forgetting) {
    RETURN_IF_ERROR(writer_.sync());  // the checkpoint must not outlive the records it speaks of
    RETURN_IF_ERROR(writer_.put("keys.json", bytes_of(target_.keys)));
    RETURN_IF_ERROR(writer_.put("checkpoint", bytes_of(target_.note)));
    RETURN_IF_ERROR(writer_.finish(target_.size));
    if (observing_.trouble().empty())
      RETURN_IF_ERROR(
          writer_.put(kObservations, bytes_of(format::observations_text(observing_.seen()))));
    RETURN_IF_ERROR(writer_.sync());
    if (!forgetting.has_found()) return {};
    if (auto same = observing_.expect_same_keeping(writer_.files()); !same) {
      RETURN_IF_ERROR(forgetting.abandon());
      return same;
    }
    note_forgotten(forgetting.events(), judged_, decision_,
                   std::min(env::posix_clock().now_us(), format::kTimeMaxUs), observing_);
    return forgetting.exchange(format::observations_text(observing_.seen()),
                               [this] { return forget_audit_of(request_); });
  }

  /// What the mirror's own judgement says now.
  void report(Done& done) const {
    done.undone.insert(done.undone.end(), undone_.begin(), undone_.end());
    done.judged = judged_;
    done.trouble = observing_.trouble();
    done.kept_lines = observing_.kept_lines();
    const auto& sightings = observing_.seen().sightings;
    if (observing_.begins() && done.trouble.empty() && !sightings.empty())
      done.observes_since_us = sightings.front().time_us;
  }

 private:
  Mirror(const Request& request, Decision decision, Observing observing, RemoteLog log,
         ExportWriter writer, TreeSize before, Target target)
      : request_(request),
        decision_(std::move(decision)),
        observing_(std::move(observing)),
        log_(std::move(log)),
        writer_(std::move(writer)),
        before_(before),
        target_(std::move(target)) {}

  /// The next audit begins at record 0.
  static Result<void> forget_audit_of(const Request& request) {
    ASSIGN_OR_RETURN(const format::VerifierKey first, first_key(request));
    return Remembered(request.out_file, first.name).forget_audit();
  }

  const Request& request_;
  Decision decision_;
  Observing observing_;
  std::vector<JudgedMonth> judged_;
  std::vector<std::string> undone_;
  RemoteLog log_;
  ExportWriter writer_;
  TreeSize before_;
  Target target_;
};

/// Once from the log to the mirror.
Result<Answer> mirror_once(const Request& request, Done& done) {
  ASSIGN_OR_RETURN(Mirror mirror, Mirror::open(request, done));
  ASSIGN_OR_RETURN(const Fetched fetched, mirror.fetch());
  Answer answer;
  if (fetched.lie) {
    answer = describe_finding(*fetched.lie);
  } else {
    ASSIGN_OR_RETURN(answer, mirror.audit());
    if (is_sound(answer)) answer = mirror.hold_against_clock(fetched.claims, std::move(answer));
  }
  if (is_sound(answer)) {
    if (auto locked = mirror.expect_locked(); !locked) {
      RETURN_IF_ERROR(mirror.take_back(fetched));
      return std::move(locked).error();
    }
  }
  Forgetting forgetting = mirror.forgetting();
  if (is_sound(answer)) {
    auto prepared = mirror.prepare(forgetting, std::move(answer));
    if (!prepared || !is_sound(*prepared)) RETURN_IF_ERROR(forgetting.abandon());
    if (!prepared) {  // what was fetched is sound all the same, and must not stay as a leftover
      RETURN_IF_ERROR(mirror.move_on(forgetting));
      return prepared;
    }
    answer = std::move(*prepared);
  }
  if (!is_sound(answer)) {
    RETURN_IF_ERROR(mirror.take_back(fetched));
    return answer;
  }
  RETURN_IF_ERROR(mirror.move_on(forgetting));
  done.files += fetched.files;
  for (const auto& [month, events] : fetched.kept) done.kept.insert_or_assign(month, events);
  for (const auto& [month, went] : forgetting.events()) {
    const auto [known, is_new] = done.forgotten.emplace(month, went);
    if (is_new) continue;
    known->second.add(went.first, went.last, went.records, went.destroyed_us);
    if (went.named) known->second.named = went.named;
  }
  mirror.report(done);
  return answer;
}

/// What the first pass read of events is on record behind them: with that record the mirror of a log at rest is
/// whole. The second pass reads of no event but those that came meanwhile.
Result<Answer> fetch_own_reads(const Request& request, Done& done) {
  ASSIGN_OR_RETURN(const std::uint64_t waiting, wait_for_own_reads(request));
  if (waiting != 0)
    return busy("the log has not put " + std::to_string(waiting) + " requests on record yet");
  Request again = request;
  again.forget_months.clear();
  return mirror_once(again, done);
}

/// The mirror is sound, and behind.
void add_lack(const std::string& why, Answer& answer) {
  answer.line += "\nthe record of what was read just now is not in it: " + why;
  answer.json.pop_back();
  answer.json += ",\"lacks\":" + format::json_quoted(why) + "}";
}

Result<Answer> mirror_all(const Request& request, Done& done) {
  ASSIGN_OR_RETURN(Answer answer, mirror_once(request, done));
  if (is_sound(answer) && done.files > 0) {
    auto second = fetch_own_reads(request, done);
    if (second)
      answer = std::move(*second);
    else
      add_lack(second.error().message, answer);
  }
  if (!is_sound(answer)) return answer;
  answer.line = "mirrored: " + std::to_string(done.files) + " files were new; " + answer.line;
  for (const auto& [month, events] : done.forgotten) done.kept.erase(month);
  add_kept(done.kept, answer);
  add_forgotten(done.forgotten, answer);
  add_months(done.judged, done.forgotten, answer);
  add_kept_lines(done.kept_lines, Judged::kYes, answer);
  add_undone(done.undone, answer);
  if (!done.trouble.empty()) add_trouble(done.trouble, answer);
  if (done.observes_since_us) add_beginning(*done.observes_since_us, answer);
  return answer;
}

}  // namespace

Result<Answer> run_mirror(const Request& request) {
  Done done;
  auto answer = mirror_all(request, done);
  if (!answer) return with_stopped(done.stopped, std::move(answer).error());
  add_stopped(done.stopped, *answer);
  return answer;
}

}  // namespace varve::audit
