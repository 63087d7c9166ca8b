// Appending a record of upkeep's own, on a thread that goes on only when it knows what became of it.
#pragma once

#include <functional>
#include <future>
#include <memory>
#include <utility>

#include "ledger/ledger.h"

namespace varve::upkeep {

/// `append` hands its argument to the log, which calls it once. Blocks until then.
/// Errors: why the record was refused.
inline Result<void> append_and_wait(const std::function<void(AppendDone done)>& append) {
  const auto answer = std::make_shared<std::promise<Result<Appended>>>();
  auto future = answer->get_future();
  append([answer](Result<Appended> done) { answer->set_value(std::move(done)); });
  const Result<Appended> done = future.get();
  return done ? Result<void>() : done.error();
}

}  // namespace varve::upkeep
