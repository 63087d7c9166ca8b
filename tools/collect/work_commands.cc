// append, follow and send: reading into the spool while a thread sends from it.
#include <algorithm>
#include <filesystem>
#include <functional>
#include <iostream>
#include <map>
#include <optional>
#include <thread>

#include "ledger/env/posix.h"
#include "tools/collect/commands.h"
#include "tools/collect/file_reader.h"
#include "tools/collect/follow_metrics.h"
#include "tools/collect/follower.h"
#include "tools/collect/heartbeat_timer.h"
#include "tools/collect/layout.h"
#include "tools/collect/rotation.h"
#include "tools/collect/session.h"
#include "tools/collect/stdin_reader.h"
#include "tools/collect/stop_signal.h"
#include "tools/collect/transfer.h"
#include "tools/common/exit_code.h"
#include "tools/common/metrics_file.h"

namespace varve::collect {
namespace {

constexpr std::uint64_t kPollMs = 50;  // between two looks at files that did not grow

/// What append, follow and send share. Lives in one place: its parts refer to each other.
class Work {
 public:
  static Result<std::unique_ptr<Work>> open(const WorkOptions& options, TransferOptions sending) {
    ASSIGN_OR_RETURN(std::unique_ptr<Session> session,
                     open_session(options.directory, options.spool));
    std::unique_ptr<Work> work(new Work(std::move(session), options.batch));
    if (options.spool_only) return work;
    ASSIGN_OR_RETURN(work->transfer_, Transfer::start(*work->session_, sending, work->terminal_));
    return work;
  }

  Intake& intake() { return *intake_; }
  Spool& spool() { return *session_->spool; }
  Terminal& terminal() { return terminal_; }
  Say say() {
    return [this](const std::string& line) { terminal_.say(line); };
  }
  [[nodiscard]] const Config& config() const { return session_->config; }
  /// Called while reading waits for room, again and again.
  void while_waiting(std::function<void()> measure) { measure_ = std::move(measure); }
  /// When the oldest batch without a receipt was spooled, in seconds since 1970; 0: none waits.
  [[nodiscard]] std::uint64_t waiting_since_s() const {
    constexpr std::uint64_t kSecond = 1'000'000'000;
    const auto first = session_->spool->first_pending();
    if (!first) return 0;
    const auto spooled = stat_input(session_->files->system_path(spool_path(first->sequence)));
    return spooled ? spooled->modified_ns / kSecond : 0;  // gone: it was acknowledged just now
  }
  [[nodiscard]] SendCount sent() const { return transfer_ ? transfer_->sent() : SendCount{}; }
  [[nodiscard]] bool sender_ended() const { return transfer_ && !transfer_->running(); }

  /// The end of reading: `read` is how it went, `inputs` begins the summary line, which comes
  /// first, then the error; without it, the line is about sending alone.
  Result<int> finish(Result<void> read, bool wait_until_sent, const std::string& inputs) {
    if (transfer_ && wait_until_sent && read) transfer_->await_sent();
    const bool ended = !transfer_ || transfer_->stop();
    summarise(inputs);
    if (!ended)
      terminal_.say("the log does not answer: the batch under way is sent again next time");
    const Result<void> sent = transfer_ ? transfer_->outcome() : Result<void>{};
    RETURN_IF_ERROR(std::move(read));
    if (!sent) return sent.error();
    return intake_->count().refused > 0 ? tools::exit_code(Code::kInvalid) : tools::kExitOk;
  }

 private:
  Work(std::unique_ptr<Session> session, BatchLimits limits)
      : terminal_(env::posix_clock()), session_(std::move(session)) {
    sealer_.emplace(session_->key, session_->config.origin, limits, session_->spool->chain(),
                    env::posix_clock(), env::system_random());
    intake_.emplace(
        *sealer_, *session_->spool, [this](const Error& why) { return wait_for_room(why); }, say());
  }

  bool wait_for_room(const Error& why) {
    if (measure_) measure_();
    return transfer_ && transfer_->wait_for_room(why);
  }

  void summarise(const std::string& inputs) {
    const IntakeCount& in = intake_->count();
    const SendCount out = sent();
    if (inputs.empty())
      std::cout << counted(out.batches, "batch") << " with " << counted(out.events, "event")
                << " sent, ";
    else
      std::cout << inputs << counted(in.events, "event") << " spooled in "
                << counted(in.batches, "batch") << ", " << in.refused << " refused; "
                << counted(out.batches, "batch") << " sent, ";
    std::cout << session_->spool->pending_batches() << " waiting\n" << std::flush;
  }

  Terminal terminal_;
  std::unique_ptr<Session> session_;
  std::optional<Sealer> sealer_;
  std::optional<Intake> intake_;
  std::unique_ptr<Transfer> transfer_;
  std::function<void()> measure_;
};

std::vector<std::string> expand(const std::vector<std::string>& paths, Intake& intake) {
  const auto refuse = [&](const std::string& path, const std::string& why) {
    intake.refuse(path, why);
  };
  std::vector<std::string> files;
  for (const std::string& path : paths)
    for (std::string& file : files_under(path, refuse)) files.push_back(std::move(file));
  return files;
}

Result<void> read_files(Work& work, FileReader& reader, const std::vector<std::string>& files) {
  for (const std::string& file : files) {
    if (stop_requested()) break;
    work.terminal().progress("reading " + file);
    RETURN_IF_ERROR(reader.read(file));
  }
  return reader.finish();
}

void wait_a_moment(std::uint64_t due_in_ms) {
  const std::uint64_t ms = std::clamp<std::uint64_t>(due_in_ms, 1, kPollMs);
  std::this_thread::sleep_for(std::chrono::milliseconds(ms));
}

/// What is known of `follower`, which follows `files` paths.
FollowFigures figures_of(Work& work, Follower& follower, std::size_t files) {
  return {work.sent(),
          work.spool().refused(),
          work.spool().pending_batches(),
          work.spool().pending_bytes(),
          work.waiting_since_s(),
          follower.behind_bytes(),
          files,
          follower.missing_files()};
}

Result<void> follow_until_stopped(Work& work, Follower& follower, HeartbeatTimer& heartbeats,
                                  const std::function<void()>& measure) {
  measure();  // before anything is taken: a counter grows from where it was
  RETURN_IF_ERROR(heartbeats.start());
  while (!stop_requested() && !work.sender_ended()) {
    ASSIGN_OR_RETURN(const bool any, follower.poll());
    measure();
    if (work.intake().due_in_ms() == 0) RETURN_IF_ERROR(follower.flush());
    RETURN_IF_ERROR(heartbeats.beat_if_due());
    if (!any) wait_a_moment(work.intake().due_in_ms());
  }
  RETURN_IF_ERROR(follower.flush());
  return heartbeats.stop();
}

/// What is known before anything is opened: a file that is not there yet is waited for, another
/// thing than a file will never be one that grows.
Result<void> check_followed(const std::string& path) {
  const Result<InputStat> now = stat_input(path);
  if (!now || now->regular) return {};
  std::error_code unknown;
  if (std::filesystem::is_directory(path, unknown))
    return invalid(path + " is a directory: follow takes files; name those in it, or use append");
  return invalid(path + " is not a regular file: give a pipe to 'append -' as standard input");
}

/// Two names of one file, or links to it, would have each event taken twice.
Result<void> check_differ(const std::vector<std::string>& paths) {
  std::map<std::pair<std::uint64_t, std::uint64_t>, std::string> by_file;
  for (const std::string& path : paths) {
    const Result<InputStat> now = stat_input(path);
    if (!now) continue;
    const auto [other, fresh] = by_file.emplace(std::pair(now->device, now->file.inode), path);
    if (!fresh)
      return invalid(path + " and " + other->second + " are one file: follow it under one name");
  }
  return {};
}

/// What one path is rotated to is read as its own: a shell that completes x.log* names it again.
Result<void> check_no_rotated_names(const std::vector<std::string>& paths) {
  std::vector<std::string> plain;
  for (const std::string& path : paths) {
    const Result<std::string> resolved = resolved_path(path);
    plain.push_back(resolved ? *resolved : path);
  }
  for (std::size_t live = 0; live < paths.size(); ++live)
    for (std::size_t other = 0; other < paths.size(); ++other)
      if (is_name_of_rotation(plain[live], plain[other]))
        return invalid(paths[other] + " is what rotation calls an older " + paths[live] +
                       ", and would be taken twice: name " + paths[live] +
                       " alone; follow reads what is rotated away from it");
  return {};
}

Result<std::vector<std::string>> paths_to_follow(const std::vector<std::string>& paths) {
  std::vector<std::string> full;
  for (const std::string& path : paths) {
    ASSIGN_OR_RETURN(std::string one, given_path(path));
    RETURN_IF_ERROR(check_followed(one));
    if (std::ranges::find(full, one) == full.end()) full.push_back(std::move(one));
  }
  RETURN_IF_ERROR(check_differ(full));
  RETURN_IF_ERROR(check_no_rotated_names(full));
  return full;
}

/// Where the metrics are written, nothing that is followed may be.
Result<void> check_metrics(const std::string& path, const std::vector<std::string>& followed) {
  if (path.empty()) return {};
  RETURN_IF_ERROR(tools::check_metrics_path(path));
  ASSIGN_OR_RETURN(const std::string given, given_path(path));
  const Result<InputStat> there = stat_input(given);
  for (const std::string& one : followed) {
    const Result<InputStat> now = stat_input(one);
    const bool is_same =
        there && now && there->device == now->device && there->file.inode == now->file.inode;
    if (one == given || is_same)
      return invalid(path + " is followed: metrics would take its place; name another file");
  }
  return {};
}

}  // namespace

Result<int> append_files(const WorkOptions& options, const std::vector<std::string>& paths) {
  const bool from_stdin = std::ranges::find(paths, "-") != paths.end();
  if (from_stdin && paths.size() > 1) return invalid("'-' stands alone: append files separately");
  ASSIGN_OR_RETURN(const std::unique_ptr<Work> work,
                   Work::open(options, {options.patience_s * 1'000, false}));
  if (from_stdin)
    return work->finish(read_lines(0, work->intake(), stop_requested()), true, "standard input: ");
  FileReader reader(work->intake(), work->spool(), stop_requested());
  Result<void> read = read_files(*work, reader, expand(paths, work->intake()));
  return work->finish(std::move(read), true,
                      counted(reader.files(), "file") + " (" +
                          std::to_string(reader.already_taken()) + " with nothing new): ");
}

Result<int> follow(const WorkOptions& options, const std::vector<std::string>& paths) {
  ASSIGN_OR_RETURN(const std::vector<std::string> full, paths_to_follow(paths));
  RETURN_IF_ERROR(check_metrics(options.metrics_file, full));
  const std::size_t files_max = raise_file_limit();
  ASSIGN_OR_RETURN(const std::unique_ptr<Work> work, Work::open(options, {0, true}));
  Follower follower(full, work->intake(), work->spool(), env::posix_clock(),
                    {options.hold_s * 1'000, files_max}, work->say());
  HeartbeatTimer heartbeats(work->intake(), work->spool(), env::posix_clock(), options.heartbeat_s);
  const auto figures = [&] { return figures_of(*work, follower, full.size()); };
  FollowMetrics metrics(options.metrics_file, work->config(), env::posix_clock(), work->say());
  const auto measure = [&] { metrics.write_if_due(figures); };
  work->while_waiting(measure);
  Result<void> read = follow_until_stopped(*work, follower, heartbeats, measure);
  Result<int> ended =
      work->finish(std::move(read), false, counted(full.size(), "file") + " followed: ");
  metrics.write_last(figures());
  return ended;
}

Result<int> send(const WorkOptions& options) {
  ASSIGN_OR_RETURN(const std::unique_ptr<Work> work,
                   Work::open(options, {options.patience_s * 1'000, false}));
  return work->finish({}, true, "");
}

}  // namespace varve::collect
