// Witnesses that say what a test has them say.
#pragma once

#include <memory>
#include <string>

#include "api/access/witnessed.h"

namespace varve::api {

struct SaidWitnessed : WitnessedCheckpoints {
  std::shared_ptr<const std::string> note;
  WitnessedStatus now;
  [[nodiscard]] std::shared_ptr<const std::string> newest() const override { return note; }
  [[nodiscard]] WitnessedStatus status() const override { return now; }
};

}  // namespace varve::api
