// A set of sources that is cheap to copy: copies share it until one of them grows.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <set>

#include "ledger/base/types.h"

namespace varve::rules {

/// Thread: one that changes it; copies may be read and copied by others meanwhile.
class SourceSet {
 public:
  SourceSet() = default;
  SourceSet(const SourceSet& other) : ids_(other.ids_), shared_(true) { other.shared_ = true; }
  SourceSet& operator=(const SourceSet& other) {
    other.shared_ = true;
    shared_ = true;
    ids_ = other.ids_;
    return *this;
  }

  [[nodiscard]] bool contains(SourceId source) const { return ids_->contains(source); }
  [[nodiscard]] std::size_t size() const { return ids_->size(); }
  [[nodiscard]] auto begin() const { return ids_->begin(); }  // ascending
  [[nodiscard]] auto end() const { return ids_->end(); }
  void insert(SourceId source) {
    if (contains(source)) return;
    if (shared_.exchange(false)) ids_ = std::make_shared<Ids>(*ids_);
    ids_->insert(source);
  }

 private:
  using Ids = std::set<SourceId>;
  std::shared_ptr<Ids> ids_ = std::make_shared<Ids>();
  mutable std::atomic<bool> shared_ = false;  // somebody else may read it
};

}  // namespace varve::rules
