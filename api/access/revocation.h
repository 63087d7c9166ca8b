// Access that has ended: clients, subjects and single credentials in a file that is looked at for each
// request, so that a line in it ends access at once, on open connections too.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "api/access/identity.h"
#include "api/access/journal.h"
#include "api/access/watched_file.h"
#include "ledger/base/mutex.h"
#include "ledger/base/result.h"

namespace varve::api {

/// Whether a line can name a subject or a jti: it is not blank, and has no control characters.
bool can_be_revoked(std::string_view name);

/// What the file says. Immutable.
class Revocations {
 public:
  /// `client <name>`, `subject <as a certificate or a JWT has it>`, `jti <of a JWT>` or `credential
  /// sha256:<64 hex digits>` a line; '#' starts a comment line. Lines that are wrong are left out and
  /// listed in `wrong`: one mistake does not undo the other lines.
  static Revocations parse(std::string_view text, std::vector<std::string>& wrong);

  /// A blank at the end of a subject or a jti does not count: a line cannot show it.
  [[nodiscard]] bool covers(const Identity& identity) const;
  /// "client ward-7"; each once, in order of their bytes.
  [[nodiscard]] const std::set<std::string, std::less<>>& lines() const { return lines_; }

 private:
  [[nodiscard]] bool has(std::string_view kind, std::string_view value) const;

  std::set<std::string, std::less<>> lines_;  // "client ward-7"
};

/// Thread: any. Cost of a request: as WatchedFile's.
class RevocationFile {
 public:
  /// `list`: what holds until the file can be read. `journal` outlives it.
  RevocationFile(const std::string& path, Journal& journal, Revocations list = {});

  /// Reads the file, and is strict: any wrong line is an error.
  /// Errors: kNotFound, kIo; kInvalid  names the file and the first wrong line.
  static Result<Revocations> load(const std::string& path);

  /// Whether the identity's access has ended. A file that cannot be read leaves the last list in
  /// force; the journal says so, once for each change.
  bool covers(const Identity& identity);

 private:
  std::shared_ptr<const Revocations> current();
  void take(const Result<std::string>& text) REQUIRES(mutex_);
  void complain(std::string_view message) REQUIRES(mutex_);

  Journal& journal_;
  Mutex mutex_;
  WatchedFile file_ GUARDED_BY(mutex_);
  std::string complaint_ GUARDED_BY(mutex_);  // the last one
  std::shared_ptr<const Revocations> list_ GUARDED_BY(mutex_);
};

}  // namespace varve::api
