// Access that has ended: clients, subjects and single credentials in a file that is looked at for each
// request, so that a line in it ends access at once, on open connections too.
#pragma once

#include <ctime>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "api/access/identity.h"
#include "api/access/journal.h"
#include "ledger/base/mutex.h"
#include "ledger/base/result.h"

namespace varve::api {

/// What the file says. Immutable.
class Revocations {
 public:
  /// `client <name>`, `subject <as a certificate has it>` or `credential sha256:<64 hex digits>` a
  /// line; '#' starts a comment line. Lines that are wrong are left out and listed in `wrong`: one
  /// mistake does not undo the other lines.
  static Revocations parse(std::string_view text, std::vector<std::string>& wrong);

  [[nodiscard]] bool covers(const Identity& identity) const;

 private:
  std::set<std::string, std::less<>> lines_;  // "client ward-7"
};

/// Thread: any. Cost of a request: one stat(), and reading the file where it has changed.
class RevocationFile {
 public:
  /// `journal` outlives it.
  RevocationFile(std::string path, Journal& journal) : path_(std::move(path)), journal_(journal) {}

  /// Reads the file, and is strict: any wrong line is an error.
  /// Errors: kNotFound, kIo; kInvalid  names the file and the first wrong line.
  static Result<Revocations> load(const std::string& path);

  /// Whether the identity's access has ended. A file that cannot be read leaves the last list in
  /// force; the journal says so, once for each change.
  bool covers(const Identity& identity);

 private:
  /// What tells one state of the file from the next.
  struct Stamp {
    bool there = false;
    std::uint64_t inode = 0;
    std::int64_t size = 0;
    std::int64_t changed_ns = 0;
    bool operator==(const Stamp&) const = default;
  };
  static Stamp stamp_of(const std::string& path);
  std::shared_ptr<const Revocations> current();
  void read_again() REQUIRES(mutex_);
  void complain(std::string_view message) REQUIRES(mutex_);

  const std::string path_;
  Journal& journal_;
  Mutex mutex_;
  bool settled_ GUARDED_BY(mutex_) = false;  // the file was old enough when it was read
  Stamp stamp_ GUARDED_BY(mutex_);
  std::string complaint_ GUARDED_BY(mutex_);  // the last one
  std::shared_ptr<const Revocations> list_ GUARDED_BY(mutex_) = std::make_shared<Revocations>();
};

}  // namespace varve::api
