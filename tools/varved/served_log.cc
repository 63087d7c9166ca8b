// One log, from its directory to its indexer.
#include "tools/varved/served_log.h"

#include <utility>

#include "tools/varved/time_stamp_config.h"
#include "tools/varved/witness_config.h"

namespace varve::tools {
namespace {

Warning policy_without_key() {
  return {
      "witness_policy_without_key",
      "the lines `log` of the witness policy name no key that signs what goes to witnesses now, "
      "so whoever verifies by it refuses it: write the vkey of the log's witness key into it"};
}

}  // namespace

void warn(api::Journal& journal, const std::string& log, const std::vector<Warning>& warnings) {
  for (const Warning& warning : warnings)
    journal.write(api::Level::kWarning, warning.event,
                  {{"log", log}, {"message", warning.message}});
}

Result<std::unique_ptr<ServedLog>> ServedLog::open(LogSite site, const std::string& data,
                                                   const Shared& shared) {
  std::unique_ptr<ServedLog> served(new ServedLog(std::move(site), shared));
  RETURN_IF_ERROR(served->open_log(data));
  return served;
}

Result<void> ServedLog::open_log(const std::string& data) {
  RETURN_IF_ERROR(make_store(site_, data));
  warn(shared_.journal, site_.name, site_.warnings);
  Environment environment = environment_of(site_, shared_.tokens);
  environment.notice = [&journal = shared_.journal, name = site_.name](
                           std::string_view event, const std::string& sentence) {
    journal.write(api::Level::kWarning, event, {{"log", name}, {"message", sentence}});
  };
  environment.turns = shared_.turns;
  auto log = Log::open(site_.options, environment);
  if (!log) return std::move(log).error().during("opening log " + site_.name);
  log_ = std::move(*log);
  grants_.emplace(*log_, site_.options.origin);
  tell_retention();
  return {};
}

bool ServedLog::is_draft() const {
  return log_->view().retention->policy().mode == format::Mode::kDraft;
}

/// For how long the log keeps what, once at each start: a draft must not be taken for the real thing.
void ServedLog::tell_retention() const {
  const format::Policy policy = log_->view().retention->policy();
  shared_.journal.write(api::Level::kInfo, "log_opened",
                        {{"log", site_.name},
                         {"size", log_->latest()->checkpoint.size.value},
                         {is_draft() ? "retention_minutes" : "retention_days", policy.period}});
  if (is_draft())
    warn(shared_.journal, site_.name,
         {{"draft_log", "the log is a draft, for trying: it keeps its records for " +
                            draft_text(policy) + ". It never becomes locked"}});
  if (std::string differs = how_retention_differs(site_.retention, policy); !differs.empty())
    warn(shared_.journal, site_.name, {{"retention_differs", std::move(differs)}});
}

void ServedLog::keep_grants() const {
  if (auto kept = tools::keep_grants(*log_, site_.files->system_path("")); !kept)
    warn(shared_.journal, site_.name,
         {{"grants_not_kept",
           "the log has recorded who may do what, and the access report cannot read it: " +
               kept.error().message}});
}

Result<void> ServedLog::ask_witnesses(const LogConfig& config) {
  if (!config.witnesses.asks()) return {};
  ASSIGN_OR_RETURN(api::WitnessOptions options,
                   witness_options(config.witnesses, site_.name, config.options.origin));
  const rules::KeyHistory& keys = log_->view().keys->history;
  if (const auto others = witnesses_are_others(options.policy, keys); !others) {
    warn(shared_.journal, site_.name, {{"witnesses_not_asked", others.error().message}});
    return {};
  }
  if (!takes_a_key_of(options.policy, keys))
    warn(shared_.journal, site_.name, {policy_without_key()});
  if (!site_.options.ended) options.records_in = site_.files.get();
  witnesses_ =
      std::make_unique<api::Witnesses>(std::move(options), *log_, shared_.data, shared_.journal);
  return {};
}

Result<void> ServedLog::ask_others(const LogConfig& config) {
  RETURN_IF_ERROR(ask_witnesses(config));
  if (config.time_stamps.asks()) {
    api::TimeStampOptions options = time_stamp_options(config.time_stamps, site_.name);
    if (!site_.options.ended) options.records_in = site_.files.get();
    time_stamps_ =
        std::make_unique<api::TimeStamps>(std::move(options), *log_, shared_.data, shared_.journal);
  }
  if (!site_.options.ended)
    roots_ =
        std::make_unique<api::RootSigner>(site_.name, *log_, env::posix_clock(), shared_.journal);
  return {};
}

api::HostedLog ServedLog::hosted() const {
  return {site_.name,       site_.options.origin, site_.open_reads,
          log_.get(),       site_.files.get(),    site_.options.ended,
          witnesses_.get(), time_stamps_.get(),   roots_.get()};
}

void ServedLog::start_indexer(const LogConfig& config) {
  if (config.index_minutes == 0 || site_.options.ended) return;
  indexer_ = std::make_unique<Indexer>(
      IndexerOptions{site_.name, site_.options.origin, config.index_minutes}, *log_,
      env::posix_clock(), shared_.journal);
  indexer_->start();
}

void ServedLog::stop_beside() {
  if (witnesses_) witnesses_->stop();
  if (time_stamps_) time_stamps_->stop();
  if (roots_) roots_->stop();
  if (indexer_) indexer_->stop();
}

}  // namespace varve::tools
