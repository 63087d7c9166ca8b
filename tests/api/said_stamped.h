// Time-stamping authorities that say what a test has them say.
#pragma once

#include <memory>
#include <string>

#include "api/access/stamped.h"

namespace varve::api {

struct SaidStamped : StampedCheckpoints {
  std::shared_ptr<const std::string> text;
  StampedStatus now;
  [[nodiscard]] std::shared_ptr<const std::string> newest() const override { return text; }
  [[nodiscard]] StampedStatus status() const override { return now; }
};

}  // namespace varve::api
