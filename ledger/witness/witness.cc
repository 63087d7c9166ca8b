// Admission on the caller's thread, and the rounds' own thread.
#include "ledger/witness/witness.h"

#include <algorithm>
#include <iterator>

#include "ledger/base/text.h"
#include "ledger/base/visible.h"

namespace varve::witness {
namespace {

constexpr std::size_t kQueueMax = 4'096;
constexpr std::size_t kRoundMax = 256;    // requests: one slow disk, many answers
constexpr std::size_t kLogQueueMax = 64;  // of one log, so that others have their turn
constexpr std::size_t kNamesMax = 100;
constexpr std::string_view kStops = "the witness stops: ask again";

Answer refusal_of(Means means, std::string why) {
  return {means, std::move(why), {}};
}

/// The note with one signature of each of these keys: everybody can add others, and the same one again. There is
/// room for the witness's own.
std::string note_with(const format::Note& note, const std::vector<format::VerifierKey>& keys) {
  format::Note kept{note.text, {}};
  for (const format::VerifierKey& key : keys) {
    const auto line =
        std::ranges::find_if(note.signatures, [&](const format::NoteSignature& signature) {
          return key.id == signature.id && key.name == signature.name;
        });
    if (line != note.signatures.end() && kept.signatures.size() + 1 < format::kNoteSignaturesMax)
      kept.signatures.push_back(*line);
  }
  return format::format_note(kept);
}

bool is_signed_by_one_of(const format::Note& note, const std::vector<format::VerifierKey>& keys) {
  return note_with(note, keys) != format::format_note({note.text, {}});
}

}  // namespace

Result<std::unique_ptr<Witness>> Witness::open(env::Filesystem& files, WitnessOptions options) {
  ASSIGN_OR_RETURN(auto lock, files.lock("lock"));
  ASSIGN_OR_RETURN(auto state,
                   store::WitnessState::open(files, format::format_cosigner_vkey(options.key)));
  auto self =
      std::unique_ptr<Witness>(new Witness(std::move(options), std::move(lock), std::move(state)));
  RETURN_IF_ERROR(self->open_mark());
  self->thread_ = std::thread([witness = self.get()] { witness->run(); });
  return self;
}

Witness::Witness(WitnessOptions options, std::unique_ptr<env::Lock> lock,
                 std::unique_ptr<store::WitnessState> state)
    : options_(std::move(options)),
      lock_(std::move(lock)),
      state_(std::move(state)),
      mark_(options_.mark, options_.key) {}

Result<void> Witness::open_mark() {
  const MutexLock alone(writing_);
  return mark_.open(*state_);
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

void Witness::follow(const KnownLog& log, Urgency urgency) const {
  if (log.is_followed() && options_.follow) options_.follow(log.origin, urgency);
}

bool Witness::is_admitted(Task& task, Answer& refusal) const {
  const KnownLog& log = *task.log;
  const auto refuse = [&](Means means, std::string why) {
    refusal = refusal_of(means, std::move(why));
    return false;
  };
  if (log.is_followed() && !log.proven) {
    follow(log, Urgency::kSoon);
    return refuse(Means::kTrouble, "the log's server has not shown its keys yet: ask again");
  }
  if (const auto signers = format::verify_note(task.note, log.keys); !signers) {
    if (!is_signed_by_one_of(task.note, log.keys)) follow(log, Urgency::kSoon);
    return refuse(Means::kNotSigned, signers.error().message);
  }
  // No auditor reads more than that, so it would be no evidence.
  if (log.is_followed() && !format::parse_checkpoint_text(task.note.text))
    return refuse(Means::kMalformed, "a checkpoint of a log of Varve has three lines");
  task.now.note = note_with(task.note, log.keys);
  return true;
}

Result<Witness::Task> Witness::admit(std::string_view body, Answer& refusal) {
  const auto refuse = [&](Means means, std::string why) {
    refusal = refusal_of(means, why);
    return invalid(std::move(why));
  };
  auto request = format::parse_add_checkpoint(body);
  if (!request) return refuse(Means::kMalformed, request.error().message);
  auto note = format::parse_note(request->note);
  auto checkpoint = format::parse_any_checkpoint_text(note->text);
  SharedLog log = logs_.find(checkpoint->origin);
  if (log == nullptr)
    return refuse(Means::kUnknownLog, "the log " + visible(checkpoint->origin) + " is not listed");
  request->note.clear();  // what waits has the one below
  Task task{std::move(log),
            std::move(*request),
            std::move(*note),
            {std::move(*checkpoint), {}},
            {},
            options_.clock->steady_ms()};
  if (!is_admitted(task, refusal)) return invalid(refusal.text);
  if (task.request.old > task.now.checkpoint.size)
    return refuse(Means::kMalformed, "the old size is larger than the checkpoint's");
  follow(*task.log, Urgency::kHourly);
  return task;
}

void Witness::add(std::string_view body, Done done) {
  Answer refusal;
  auto task = admit(body, refusal);
  if (!task) return answer(done, std::move(refusal));
  task->done = std::move(done);
  MutexLock lock(mutex_);
  std::size_t& waiting = waiting_[task->log->id];
  if (!stopping_ && queue_.size() < kQueueMax && waiting < kLogQueueMax) {
    ++waiting;
    queue_.push_back(std::move(*task));
    changed_.notify_all();
    return;
  }
  const std::string why = stopping_ ? std::string(kStops) : "the witness has too much to do";
  lock.unlock();
  answer(task->done, refusal_of(Means::kTrouble, why));
}

void Witness::answer(const Done& done, Answer answer) {
  {
    const MutexLock lock(mutex_);
    ++answers_[static_cast<std::size_t>(answer.means)];
  }
  done(std::move(answer));
}

/// None: it stops.
std::vector<Witness::Task> Witness::take_tasks() {
  MutexLock lock(mutex_);
  while (queue_.empty() && !stopping_) changed_.wait(mutex_);
  if (stopping_) return {};
  const std::size_t count = std::min(queue_.size(), kRoundMax);
  const auto end = queue_.begin() + static_cast<std::ptrdiff_t>(count);
  std::vector<Task> tasks(std::make_move_iterator(queue_.begin()), std::make_move_iterator(end));
  queue_.erase(queue_.begin(), end);
  for (const Task& task : tasks) --waiting_[task.log->id];
  std::erase_if(waiting_, [](const auto& log) { return log.second == 0; });
  return tasks;
}

void Witness::run() {
  for (std::vector<Task> tasks = take_tasks(); !tasks.empty(); tasks = take_tasks())
    run_round(std::move(tasks));
  refuse_the_rest();
}

void Witness::refuse_the_rest() {
  std::deque<Task> rest;
  {
    const MutexLock lock(mutex_);
    rest.swap(queue_);
    waiting_.clear();
  }
  for (const Task& task : rest) answer(task.done, refusal_of(Means::kTrouble, std::string(kStops)));
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
  for (const Told& one : told) options_.notice(one.event, one.origin, one.message);
}

void Witness::run_round(std::vector<Task> tasks) {
  Outcome outcome;
  const auto settled = settle(tasks, outcome);
  if (!settled) {
    outcome = {};
    outcome.answers.assign(tasks.size(),
                           refusal_of(Means::kTrouble, "the witness cannot store or sign"));
  }
  for (auto& [log, allowances] : outcome.allowances) allowances_[log] = allowances;
  tell(settled, outcome.told);
  std::vector<Answer>& answers = outcome.answers;
  {
    const MutexLock lock(mutex_);
    for (std::size_t i = tasks.size(); i > answers.size(); --i) {  // there was no time for them
      ++waiting_[tasks[i - 1].log->id];
      queue_.push_front(std::move(tasks[i - 1]));
    }
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
  RETURN_IF_ERROR(mark_.check());
  return state_->begin();
}

Result<void> Witness::make_durable(Rounds round) {
  ASSIGN_OR_RETURN(const store::WitnessCount count, std::move(round).commit());
  RETURN_IF_ERROR(mark_.check());  // a longer round of another process would be overwritten
  return mark_.advance(count);
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
