// The records that docs/format/retention.md shows, in its order: the log of the documents with the
// records that retention adds to it.
#pragma once

#include <string>
#include <vector>

#include "ledger/format/retention.h"
#include "tests/format/documented_log.h"

namespace varve::format {

struct Example {
  std::string name;  // of the block in the document
  std::string text;
  bool is_a_note = true;  // signed; else the text is all
};

struct RetentionExamples {
  explicit RetentionExamples(const DocumentedLog& log);

  Policy first;
  Policy second;
  Policy third;  // names witnesses
  Clock began;
  Clock later;
  Buffer clock_record;  // that holds `began`
  Buffer month_secret;
  std::vector<Example> all;

 private:
  void add_policies(const DocumentedLog& log);
  void add_clocks(const DocumentedLog& log);
  void add_holds(const DocumentedLog& log);
  void add_disposal(const DocumentedLog& log);

  Hash first_leaf_;
};

}  // namespace varve::format
