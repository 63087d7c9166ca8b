// A set of sources that is cheap to copy: copies share it until one of them grows.
#pragma once

#include <cstddef>
#include <memory>
#include <set>

#include "ledger/base/types.h"

namespace varve::rules {

/// Thread: one, with all copies of it, but for those that were made behind share().
class SourceSet {
 public:
  [[nodiscard]] bool contains(SourceId source) const { return ids_->contains(source); }
  [[nodiscard]] std::size_t size() const { return ids_->size(); }
  [[nodiscard]] auto begin() const { return ids_->begin(); }  // ascending
  [[nodiscard]] auto end() const { return ids_->end(); }
  void insert(SourceId source) {
    if (contains(source)) return;
    if (shared_ || ids_.use_count() != 1) ids_ = std::make_shared<Ids>(*ids_);
    shared_ = false;
    ids_->insert(source);
  }
  /// Other threads will read a copy: what it shares is never changed again.
  void share() { shared_ = true; }

 private:
  using Ids = std::set<SourceId>;
  std::shared_ptr<Ids> ids_ = std::make_shared<Ids>();
  bool shared_ = false;
};

}  // namespace varve::rules
