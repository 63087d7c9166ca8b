// varve-audit mirror: a copy of a log that was verified as it was made, and that only ever moves
// from one verified checkpoint to a later one. Whenever it is killed, its file `checkpoint` is of
// records that are all there. docs/operating/recovery.md says how a server is restored from it.
#include "tools/audit/answer_json.h"
#include "tools/audit/ask.h"
#include "tools/audit/fetching.h"
#include "tools/audit/lib/remembered.h"
#include "tools/common/exit_code.h"

namespace varve::audit {
namespace {

/// The files of the mirror under the checkpoint and keys that they shall be verified against.
class Candidate final : public LogSource {
 public:
  Candidate(const env::Filesystem& files, const Target& target) : files_(files), target_(target) {}

 private:
  [[nodiscard]] Result<Buffer> get(const std::string& path) const override {
    if (path == "checkpoint") return to_buffer(bytes_of(target_.note));
    if (path == "keys") return to_buffer(bytes_of(target_.keys));
    return read_file_of(files_, path);
  }
  const env::Filesystem& files_;
  const Target& target_;
};

/// A mirror's directory, what it was before, and what there is now.
class Mirror {
 public:
  static Result<Mirror> open(const Request& request) {
    ASSIGN_OR_RETURN(const RemoteLog log, open_remote(request));
    ASSIGN_OR_RETURN(ExportWriter writer, ExportWriter::open(request.out_file));
    ASSIGN_OR_RETURN(const TreeSize before, writer.size_before());
    ASSIGN_OR_RETURN(const format::VerifierKey first, first_key(request));
    ASSIGN_OR_RETURN(Target target, choose_target(log, first));
    return Mirror(request, std::move(writer), before, std::move(target));
  }

  /// A log that is smaller than before, or that nobody signed, needs no files to be found out.
  Result<Fetched> fetch() {
    if (target_.lie || target_.size < before_) return Fetched{};
    const Before before{before_, [this] { return forget_audit(); }};
    return fetch_missing(request_, ExportPlan(target_.size), before, writer_);
  }

  /// What was verified, and up to where, is in the mirror.
  Result<Answer> audit() {
    Request verified = request_;
    verified.state_directory = request_.out_file;
    Candidate candidate(writer_.files(), target_);
    return audit_source(verified, candidate);
  }

  /// What was fetched now may be what is wrong: the next run fetches it again.
  Result<void> take_back(const Fetched& fetched) {
    RETURN_IF_ERROR(forget_audit());
    for (const ExportItem& item : fetched.again) RETURN_IF_ERROR(writer_.remove(item.path()));
    return writer_.remove_behind(before_, target_.size, fetched.visited);
  }

  Result<void> move_on() {
    RETURN_IF_ERROR(writer_.sync());  // the checkpoint must not outlive the records it speaks of
    RETURN_IF_ERROR(writer_.put("keys.json", bytes_of(target_.keys)));
    RETURN_IF_ERROR(writer_.put("checkpoint", bytes_of(target_.note)));
    return writer_.finish(before_, target_.size);
  }

 private:
  Mirror(const Request& request, ExportWriter writer, TreeSize before, Target target)
      : request_(request),
        writer_(std::move(writer)),
        before_(before),
        target_(std::move(target)) {}

  /// The next audit begins at record 0.
  Result<void> forget_audit() {
    ASSIGN_OR_RETURN(const format::VerifierKey first, first_key(request_));
    return Remembered(request_.out_file, first.name).forget_audit();
  }

  const Request& request_;
  ExportWriter writer_;
  TreeSize before_;
  Target target_;
};

}  // namespace

Result<Answer> run_mirror(const Request& request) {
  ASSIGN_OR_RETURN(Mirror mirror, Mirror::open(request));
  ASSIGN_OR_RETURN(const Fetched fetched, mirror.fetch());
  Answer answer;
  if (fetched.lie) {
    answer = describe_finding(*fetched.lie);
  } else {
    ASSIGN_OR_RETURN(answer, mirror.audit());
  }
  if (answer.exit != tools::kExitOk && answer.exit != tools::kExitGone) {
    RETURN_IF_ERROR(mirror.take_back(fetched));
    return answer;
  }
  RETURN_IF_ERROR(mirror.move_on());
  answer.line = "mirrored: " + std::to_string(fetched.files) + " files were new; " + answer.line;
  add_kept(fetched.kept, answer);
  return answer;
}

}  // namespace varve::audit
