// Admission on the caller's thread, and the rounds' own thread.
#include "ledger/witness/witness.h"

#include <algorithm>
#include <iterator>

#include "ledger/base/text.h"
#include "ledger/base/visible.h"

namespace varve::witness {
namespace {

constexpr std::size_t kQueueMax = 4'096;
constexpr std::size_t kRoundMax = 256;  // requests: one slow disk, many answers
constexpr std::size_t kKeysMax = 4u << 20;
constexpr std::size_t kNamesMax = 100;

Answer refusal_of(Means means, std::string why) {
  return {means, std::move(why), {}};
}

/// The note with the signatures of these keys alone: everybody can add others.
std::string note_with(const format::Note& note, const std::vector<format::VerifierKey>& keys) {
  format::Note kept{note.text, {}};
  std::ranges::copy_if(note.signatures, std::back_inserter(kept.signatures),
                       [&](const format::NoteSignature& line) {
                         return std::ranges::any_of(keys, [&](const format::VerifierKey& key) {
                           return key.id == line.id && key.name == line.name;
                         });
                       });
  return format::format_note(kept);
}

bool is_signed_by_one_of(const format::Note& note, const std::vector<format::VerifierKey>& keys) {
  return note_with(note, keys) != format::format_note({note.text, {}});
}

env::Mark mark_of(const format::CosignerKey& key, const store::WitnessCount& count) {
  return {log_id(format::format_cosigner_vkey(key)), TreeSize{count.rows}, count.chain};
}

/// A copy of the state that was put back would cosign what the witness has refused since.
Result<void> hold_against(const env::HighWaterMark& place, const env::Mark& now) {
  ASSIGN_OR_RETURN(const auto marks, place.read());
  RETURN_IF_ERROR(env::are_of(marks, now.log));
  for (const env::Mark& mark : marks) {
    if (now.size < mark.size)
      return worm("the state is older than its high-water mark: it has " +
                  std::to_string(now.size.value) + " writes, and had " +
                  std::to_string(mark.size.value) +
                  ": put the newest state back; without it this key must not cosign again");
    if (now.size == mark.size && now.root != mark.root)
      return worm("the state is another one than its high-water mark was made of, after " +
                  std::to_string(now.size.value) +
                  " writes: put back the one that ran last with this key");
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<Witness>> Witness::open(env::Filesystem& files, WitnessOptions options) {
  ASSIGN_OR_RETURN(auto lock, files.lock("lock"));
  ASSIGN_OR_RETURN(auto state,
                   store::WitnessState::open(files, format::format_cosigner_vkey(options.key)));
  if (options.mark != nullptr) {
    ASSIGN_OR_RETURN(const store::WitnessCount count, state->count());
    RETURN_IF_ERROR(hold_against(*options.mark, mark_of(options.key, count)));
  }
  return std::unique_ptr<Witness>(
      new Witness(std::move(options), std::move(lock), std::move(state)));
}

Witness::Witness(WitnessOptions options, std::unique_ptr<env::Lock> lock,
                 std::unique_ptr<store::WitnessState> state)
    : options_(std::move(options)), lock_(std::move(lock)), state_(std::move(state)) {
  thread_ = std::thread([this] { run(); });
}

Witness::~Witness() {
  stop();
}

void Witness::stop() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

Result<SharedLog> Witness::known(const std::string& origin, const format::ListedLog& listed) const {
  KnownLog log{origin, log_id(origin), listed, listed.keys};
  const auto has_own_key = [&](const format::VerifierKey& key) {
    return key.key == options_.key.key;
  };
  if (std::ranges::any_of(listed.keys, has_own_key))
    return invalid("the log " + origin +
                   " has this witness's own key: a log's key signs for the "
                   "log alone");
  if (listed.url.empty()) return std::make_shared<const KnownLog>(std::move(log));
  const auto stored = state_->get(store::WitnessTable::kKeys, log.id);
  if (!stored && stored.error().code != Code::kCorrupt) return stored.error();
  if (!stored) options_.notice("state_damaged", origin, stored.error().message);
  if (const auto json = stored ? *stored : std::nullopt) {
    // The list may name another first key by now: then nothing was proven of it yet.
    if (auto proven = verify::open_keys(*json, listed.keys.front())) {
      log.keys = signing_keys(proven->timeline.history());
      log.proven = std::move(*proven);
    }
  }
  return std::make_shared<const KnownLog>(std::move(log));
}

Result<void> Witness::set_logs(const format::LogList& list) {
  std::vector<SharedLog> logs;
  for (const auto& [origin, listed] : list) {
    ASSIGN_OR_RETURN(SharedLog log, known(origin, listed));
    logs.push_back(std::move(log));
  }
  logs_.replace(std::move(logs));
  return {};
}

void Witness::tell_follower(const KnownLog& log, bool key_is_known) const {
  if (!log.listed.url.empty() && options_.followed_log_asked)
    options_.followed_log_asked(log.origin, key_is_known);
}

Result<Witness::Task> Witness::admit(std::string_view body, Answer& refusal) {
  const auto refuse = [&](Means means, std::string why) {
    refusal = refusal_of(means, why);
    return invalid(std::move(why));
  };
  auto request = format::parse_add_checkpoint(body);
  if (!request) return refuse(Means::kMalformed, request.error().message);
  const auto note = format::parse_note(request->note);
  const auto checkpoint = format::parse_any_checkpoint_text(note->text);
  SharedLog log = logs_.find(checkpoint->origin);
  if (log == nullptr)
    return refuse(Means::kUnknownLog, "the log " + visible(checkpoint->origin) + " is not listed");
  if (const auto signers = format::verify_note(*note, log->keys); !signers) {
    if (!is_signed_by_one_of(*note, log->keys)) tell_follower(*log, false);
    return refuse(Means::kNotSigned, signers.error().message);
  }
  if (request->old > checkpoint->size)
    return refuse(Means::kMalformed, "the old size is larger than the checkpoint's");
  tell_follower(*log, true);
  request->note.clear();  // what waits has the one below
  format::SignedCheckpoint now{*checkpoint, note_with(*note, log->keys)};
  return Task{std::move(log), std::move(*request), std::move(now), note->text, {}};
}

void Witness::add(std::string_view body, Done done) {
  Answer refusal;
  auto task = admit(body, refusal);
  if (!task) return answer(done, std::move(refusal));
  task->done = std::move(done);
  MutexLock lock(mutex_);
  if (!stopping_ && queue_.size() < kQueueMax) {
    queue_.push_back(std::move(*task));
    changed_.notify_all();
    return;
  }
  lock.unlock();
  answer(task->done, refusal_of(Means::kTrouble, "the witness has too much to do"));
}

void Witness::answer(const Done& done, Answer answer) {
  {
    const MutexLock lock(mutex_);
    ++answers_[static_cast<std::size_t>(answer.means)];
  }
  done(std::move(answer));
}

std::vector<Witness::Task> Witness::take_tasks() {
  MutexLock lock(mutex_);
  while (queue_.empty() && !stopping_) changed_.wait(mutex_);
  const std::size_t count = std::min(queue_.size(), kRoundMax);
  const auto end = queue_.begin() + static_cast<std::ptrdiff_t>(count);
  std::vector<Task> tasks(std::make_move_iterator(queue_.begin()), std::make_move_iterator(end));
  queue_.erase(queue_.begin(), end);
  return tasks;
}

void Witness::run() {
  for (;;) {
    std::vector<Task> tasks = take_tasks();
    if (tasks.empty()) return;  // it stops
    run_round(std::move(tasks));
  }
}

/// Each trouble once, however many ask meanwhile.
void Witness::tell(const Result<void>& settled, const std::vector<Told>& told) {
  const std::string trouble = settled ? unsigned_ : settled.error().message;
  std::string before;
  {
    const MutexLock lock(mutex_);
    before = std::exchange(trouble_, trouble);
  }
  if (!trouble.empty() && trouble != before) options_.notice("does_not_cosign", "", trouble);
  if (trouble.empty() && !before.empty()) options_.notice("cosigns_again", "", before);
  for (const Told& one : told) options_.notice("log_contradicts", one.origin, one.message);
}

void Witness::run_round(std::vector<Task> tasks) {
  std::vector<Answer> answers;
  std::vector<Told> told;
  const auto settled = settle(tasks, answers, told);
  if (!settled)
    answers.assign(tasks.size(), refusal_of(Means::kTrouble, "the witness cannot store or sign"));
  tell(settled, told);
  {
    const MutexLock lock(mutex_);
    for (std::size_t i = tasks.size(); i > answers.size(); --i)  // there was no time for them
      queue_.push_front(std::move(tasks[i - 1]));
  }
  for (std::size_t i = 0; i < answers.size(); ++i) answer(tasks[i].done, std::move(answers[i]));
}

Result<std::optional<std::string>> Witness::checkpoint(const Hash& log) const {
  return state_->get(store::WitnessTable::kCosigned, log);
}

Result<std::optional<std::string>> Witness::contradiction(const Hash& log) const {
  return state_->get(store::WitnessTable::kContradictions, log);
}

Result<Witness::Rounds> Witness::begin() {
  RETURN_IF_ERROR(lock_->check());
  if (has_double_)
    return worm("another process cosigns with this witness's key: find it before either goes on");
  return state_->begin();
}

Result<void> Witness::make_durable(Rounds round) {
  ASSIGN_OR_RETURN(const store::WitnessCount count, std::move(round).commit());
  if (options_.mark == nullptr) return {};
  auto written = options_.mark->write(mark_of(options_.key, count));
  has_double_ = !written && written.error().code == Code::kWorm;
  return written;
}

Result<bool> Witness::learn(const SharedLog& log, std::string_view json,
                            verify::VerifiedKeys proven) {
  if (json.size() > kKeysMax) return invalid("the history of its keys is larger than 4 MiB");
  const auto& events = proven.timeline.events();
  if (log->proven) {
    const auto& before = log->proven->timeline.events();
    if (before.size() > events.size() || !std::equal(before.begin(), before.end(), events.begin()))
      return corrupt("it no longer shows a key event that it proved before");
    if (before.size() == events.size()) return false;
  }
  {
    const MutexLock alone(writing_);
    ASSIGN_OR_RETURN(Rounds round, begin());
    RETURN_IF_ERROR(round.put(store::WitnessTable::kKeys, log->id, json));
    RETURN_IF_ERROR(make_durable(std::move(round)));
  }
  KnownLog next = *log;
  next.keys = signing_keys(proven.timeline.history());
  next.proven = std::move(proven);
  logs_.update(std::move(next));
  return true;
}

Result<void> Witness::accuse(const SharedLog& log, const format::Contradiction& contradiction) {
  {
    const MutexLock alone(writing_);
    ASSIGN_OR_RETURN(Rounds round, begin());
    ASSIGN_OR_RETURN(const auto before, round.get(store::WitnessTable::kContradictions, log->id));
    if (before) return {};  // the first evidence is as good
    RETURN_IF_ERROR(round.put(store::WitnessTable::kContradictions, log->id,
                              format::format_contradiction(contradiction)));
    RETURN_IF_ERROR(make_durable(std::move(round)));
  }
  options_.notice("log_contradicts", log->origin,
                  "its own server shows another history than the one that was cosigned: GET /" +
                      hex(log->id.view()) + "/contradiction is the evidence");
  return {};
}

WitnessStatus Witness::status() const {
  WitnessStatus status;
  status.logs = logs_.size();
  const auto rows = [&](store::WitnessTable table) {
    const auto count = state_->rows(table);
    if (!count) status.trouble = count.error().message;
    return count ? *count : 0;
  };
  status.cosigned = rows(store::WitnessTable::kCosigned);
  status.contradicted = rows(store::WitnessTable::kContradictions);
  if (const auto ids = state_->logs_in(store::WitnessTable::kContradictions, kNamesMax))
    for (const Hash& id : *ids) {
      const SharedLog log = logs_.find(id);
      status.contradicted_names.push_back(log == nullptr ? hex(id.view()) : log->origin);
    }
  const MutexLock lock(mutex_);
  status.answers = answers_;
  status.waiting = queue_.size();
  if (!trouble_.empty()) status.trouble = trouble_;
  return status;
}

}  // namespace varve::witness
