// A server whose checkpoints witnesses cosign, whoever they are: one event more, and whether that is witnessed.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "installation.h"

namespace varve::system {

class WitnessedLog : public ::testing::Test {
 protected:
  void append() const {
    const auto done =
        varve_.connect("append").post("/events", "application/x-ndjson", bytes_of("{\"a\":1}\n"));
    ASSERT_TRUE(done && done->status == 201);
  }
  [[nodiscard]] std::string body(const std::string& path) const {
    const auto answer = varve_.connect("read").get(path);
    return answer && answer->status == 200 ? answer->body : "";
  }
  /// The first two lines: origin and size.
  [[nodiscard]] static std::string size_of(const std::string& note) {
    return note.substr(0, note.find('\n', note.find('\n') + 1));
  }
  [[nodiscard]] bool newest_is_witnessed() const {
    const std::string note = body("/checkpoint/witnessed");
    return !note.empty() && size_of(note) == size_of(body("/checkpoint"));
  }

  Installation varve_;
};

}  // namespace varve::system
