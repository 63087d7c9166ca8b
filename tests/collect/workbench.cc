// The shared parts, without the checks of any one test.
#include "workbench.h"

#include <gtest/gtest.h>

#include "ledger/env/durable.h"
#include "ledger/env/posix.h"
#include "ledger/format/record.h"
#include "tools/collect/layout.h"
#include "tools/collect/receipts.h"

namespace varve::collect {

void ChainLog::take(Bytes batch) {
  const auto decoded = format::decode_batch(to_buffer(batch));
  ASSERT_TRUE(decoded) << decoded.error().message;
  const format::Seal& seal = decoded->seal;
  if (const auto known = batches_.find(seal.sequence); known != batches_.end()) {
    ASSERT_EQ(known->second, to_buffer(batch)) << "batch " << seal.sequence << " sealed twice";
    return;
  }
  ASSERT_EQ(seal.sequence, chain_.next_batch);
  ASSERT_EQ(seal.first_sequence, chain_.next_event);
  ASSERT_EQ(seal.previous, chain_.last_seal);
  chain_ = {seal.sequence + 1, chain_.next_event + seal.count, decoded->leaves.back()};
  batches_.emplace(seal.sequence, to_buffer(batch));
  for (std::size_t i = 0; i + 1 < decoded->records.size(); ++i) {
    const auto record = format::decode_record(decoded->records[i]);
    ASSERT_TRUE(record) << record.error().message;
    auto& texts = record->kind == format::Kind::kHeartbeat ? heartbeats_ : payloads_;
    texts.emplace_back(text_of(record->payload));
  }
}

void make_collector(CrashDisk& disk) {
  ASSERT_TRUE(env::initialize());
  CrashFilesystem files(disk);
  ASSERT_TRUE(SourceKey::create(files, kKeyPath, "test/source", env::system_random()));
  ASSERT_TRUE(env::write_durably(files, kStatePath, encode_state({})));
}

Process::Process(CrashDisk& disk, HandClock& clock, BatchLimits limits, SpoolOptions options)
    : files_(disk) {
  Result<SourceKey> key = SourceKey::load(files_, kKeyPath, "test/source");
  if (!key) {
    error_ = key.error();
    return;
  }
  key_ = std::move(*key);
  Result<std::unique_ptr<Spool>> spool = Spool::open(files_, options);
  if (!spool) {
    error_ = spool.error();
    return;
  }
  spool_ = std::move(*spool);
  sealer_.emplace(*key_, kOrigin, limits, spool_->chain(), clock, env::system_random());
  intake_.emplace(
      *sealer_, *spool_, [](const Error&) { return false; },
      [this](const std::string& line) { said.push_back(line); });
}

Result<void> Process::send_to(ChainLog& log) {
  while (const auto pending = spool_->first_pending()) {
    ASSIGN_OR_RETURN(const Buffer batch, spool_->batch(pending->sequence));
    log.take(batch);
    RETURN_IF_ERROR(store_receipt(files_, pending->sequence, "{}\n", {}, ""));
    RETURN_IF_ERROR(spool_->acknowledged(pending->sequence));
  }
  return spool_->tidy();
}

std::string event_lines(int from, int to) {
  std::string text;
  for (const std::string& event : event_texts(from, to)) text += event + "\n";
  return text;
}

std::vector<std::string> event_texts(int from, int to) {
  std::vector<std::string> texts;
  for (int i = from; i < to; ++i) texts.push_back("event " + std::to_string(i));
  return texts;
}

}  // namespace varve::collect
