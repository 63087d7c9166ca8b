// Whether one is due is asked of the log's own rules, by what readers see: the sequencer asks them again.
#include "api/outbound/witnessed_record.h"

#include <future>
#include <memory>
#include <utility>

namespace varve::api {

WitnessedRecord::WitnessedRecord(std::string log_name, Log& log, const env::Filesystem* files,
                                 Journal& journal)
    : log_name_(std::move(log_name)), log_(log), files_(files), journal_(journal) {}

void WitnessedRecord::offer(const std::string& note) {
  if (files_ == nullptr || is_offered_.exchange(true)) return;
  std::string trouble;
  if (is_due(note)) {
    const Result<Appended> done = append(note);
    // Out of order: another one is ahead of it, which readers did not see yet.
    const bool is_there = done || done.error().code == Code::kOutOfOrder;
    if (!is_there) trouble = done.error().message;
    if (done)
      journal_.write(Level::kInfo, "witnessed_checkpoint_recorded",
                     {{"log", log_name_}, {"record", done->first.value}});
  }
  set_trouble(trouble);
  is_offered_ = false;
}

std::string WitnessedRecord::trouble() const {
  const MutexLock lock(mutex_);
  return trouble_;
}

void WitnessedRecord::set_trouble(const std::string& trouble) {
  const MutexLock lock(mutex_);
  if (!trouble.empty() && trouble != trouble_)  // each thing once until something else happens
    journal_.write(Level::kWarning, "witnessed_checkpoint_not_recorded",
                   {{"log", log_name_}, {"message", trouble}});
  trouble_ = trouble;
}

/// A log at rest gets no clock record, so no day begins in it, and none is due.
bool WitnessedRecord::is_due(const std::string& note) const {
  const LedgerView view = log_.view();
  const LeafIndex next{view.newest->checkpoint.size.value};
  const auto stated = rules::witnessed_tree(note, next);
  const auto may =
      stated ? rules::may_stand_at(view.witnessed, stated->checkpoint, *view.retention, next)
             : Result<void>(stated.error());
  return may || may.error().code != Code::kOutOfOrder;  // else why not has to be said
}

/// A person's records may use the reserve; what a machine writes each day may not.
Result<void> WitnessedRecord::may_append() const {
  RETURN_IF_ERROR(log_.check_writer());
  ASSIGN_OR_RETURN(const std::uint64_t free, files_->free_bytes());
  if (free >= log_.status().reserve_bytes) return {};
  return full("the disk has less left than is kept in reserve");
}

Result<Appended> WitnessedRecord::append(const std::string& note) {
  RETURN_IF_ERROR(may_append());
  const auto answer = std::make_shared<std::promise<Result<Appended>>>();
  auto future = answer->get_future();
  log_.append_control(format::Kind::kWitnessed, note,
                      [answer](Result<Appended> done) { answer->set_value(std::move(done)); });
  return future.get();
}

}  // namespace varve::api
