// The events that answer a question, wherever they come from: counted, put in order, shown.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "tools/audit/commands.h"
#include "tools/audit/search/row.h"

namespace varve::audit {

/// All are counted, and the first or the newest of them are kept, by their times.
class Found {
 public:
  explicit Found(const Asked& asked);

  void add(Seen seen);
  [[nodiscard]] std::uint64_t count() const { return count_; }
  /// In the order that was asked for, as a table or in the file that was asked for, and as JSON. `name_of` a source.
  /// `end` is the file's last line, if it is not empty.
  /// Errors: the file cannot be written.
  [[nodiscard]] Result<Answer> say(const search::Question& question,
                                   const std::function<std::string(SourceId)>& name_of,
                                   const std::string& end = {});

 private:
  using Place = std::pair<std::uint64_t, std::uint64_t>;  // time, and the order in which they came

  const Asked& asked_;
  std::uint64_t most_;
  std::uint64_t count_ = 0;
  std::map<Place, Seen> by_time_;
};

}  // namespace varve::audit
