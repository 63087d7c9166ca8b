// varve-audit mirror: a copy of a log that was verified as it was made, and that only ever moves
// from one verified checkpoint to a later one. Whenever it is killed, its file `checkpoint` is of
// records that are all there. docs/operating/recovery.md says how a server is restored from it.
#include "tools/audit/answer_json.h"
#include "tools/audit/ask.h"
#include "tools/audit/fetching.h"
#include "tools/audit/lib/remembered.h"

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

}  // namespace

Result<Answer> run_mirror(const Request& request) {
  ASSIGN_OR_RETURN(const RemoteLog log, open_remote(request));
  ASSIGN_OR_RETURN(ExportWriter writer, ExportWriter::open(request.out_file));
  ASSIGN_OR_RETURN(const TreeSize before, writer.size_before());
  ASSIGN_OR_RETURN(const Target target, choose_target(log));
  const ExportPlan plan(target.size);
  std::uint64_t fetched = 0;
  if (target.size >= before) {  // a smaller log needs no files to be found out
    ASSIGN_OR_RETURN(fetched, fetch_missing(request, plan, writer));
  }
  Request verified = request;
  verified.state_directory =
      request.out_file;  // what was verified, and up to where, is in the mirror
  Candidate candidate(writer.files(), target);
  ASSIGN_OR_RETURN(Answer answer, audit_source(verified, candidate));
  if (answer.exit !=
      0) {  // what was fetched now may be what is wrong: the next run fetches it again
    ASSIGN_OR_RETURN(const format::VerifierKey first, first_key(request));
    RETURN_IF_ERROR(Remembered(request.out_file, first.name).forget_audit());
    RETURN_IF_ERROR(writer.remove_behind(before, target.size));
    return answer;
  }
  RETURN_IF_ERROR(writer.sync());  // the checkpoint must not outlive the records that it speaks of
  RETURN_IF_ERROR(writer.put("keys.json", bytes_of(target.keys)));
  RETURN_IF_ERROR(writer.put("checkpoint", bytes_of(target.note)));
  RETURN_IF_ERROR(writer.finish(before, target.size));
  answer.line = "mirrored: " + std::to_string(fetched) + " files were new; " + answer.line;
  return answer;
}

}  // namespace varve::audit
