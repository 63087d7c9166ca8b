// A key set in a file, read again when the file changes.
#pragma once

#include <string>

#include "api/access/journal.h"
#include "api/access/key_set.h"
#include "api/access/watched_file.h"
#include "ledger/base/mutex.h"

namespace varve::api {

class KeySetFile : public KeySource {
 public:
  /// `journal` outlives it.
  KeySetFile(const std::string& path, Journal& journal);

  /// Errors: kNotFound, kIo; kInvalid  names the file and what is wrong with it.
  static Result<KeySet> load(const std::string& path);

  /// A file that cannot be read or used leaves the last set in force; the journal says so, once for
  /// each reason. Cost: as WatchedFile's.
  SharedKeySet current() override;
  [[nodiscard]] KeySourceStatus status() override;

 private:
  void look() REQUIRES(mutex_);
  void take(const Result<std::string>& text) REQUIRES(mutex_);

  Journal& journal_;
  Mutex mutex_;
  WatchedFile file_ GUARDED_BY(mutex_);
  std::string text_ GUARDED_BY(mutex_);  // of keys_
  SharedKeySet keys_ GUARDED_BY(mutex_);
  std::string complaint_ GUARDED_BY(mutex_);  // the last one
  KeySourceStatus status_ GUARDED_BY(mutex_);
};

}  // namespace varve::api
