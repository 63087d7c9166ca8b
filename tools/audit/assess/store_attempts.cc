// One function for each way to alter a file. Each alters as little as it can.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>

#include "tools/audit/assess/groups.h"
#include "tools/audit/assess/notes.h"
#include "tools/audit/assess/second_server.h"
#include "tools/audit/assess/store_copy.h"
#include "tools/common/exit_code.h"

namespace varve::audit::assess {
namespace {

namespace fs = std::filesystem;

/// The regular files of a folder of the store, by name. Errors: kNotFound  fewer than `least`.
Result<std::vector<fs::path>> files_in(const std::string& folder, std::size_t least) {
  std::vector<fs::path> files;
  std::error_code ignored;
  for (const auto& entry : fs::recursive_directory_iterator(folder, ignored))
    if (entry.is_regular_file(ignored) && entry.file_size(ignored) != 0 &&
        entry.path().filename() != "lock.mdb")
      files.push_back(entry.path());
  std::ranges::sort(files);
  if (files.size() >= least) return files;
  return not_found("the store has " + std::to_string(files.size()) + " files in " +
                   fs::path(folder).filename().string() + ", and it takes " +
                   std::to_string(least));
}

std::string contents_of(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

Result<void> put_contents(const fs::path& path, const std::string& bytes) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out << bytes;
  out.close();
  if (out) return {};
  return io_error("cannot write " + path.string());
}

Result<void> flip_byte(const fs::path& path, std::size_t at) {
  std::string bytes = contents_of(path);
  if (at >= bytes.size()) return not_found(path.filename().string() + " is too short");
  bytes[at] = static_cast<char>(bytes[at] ^ 1);
  return put_contents(path, bytes);
}

Result<void> flip_the_middle(const fs::path& path) {
  return flip_byte(path, contents_of(path).size() / 2);
}

Result<void> cut_in_half(const fs::path& path) {
  std::error_code failed;
  fs::resize_file(path, fs::file_size(path, failed) / 2, failed);
  if (!failed) return {};
  return io_error("cannot cut " + path.string());
}

Result<void> overwrite_segment(const std::string& store) {
  ASSIGN_OR_RETURN(const auto files, files_in(store + "/segments", 1));
  return flip_the_middle(files.front());
}

Result<void> delete_segment(const std::string& store) {
  ASSIGN_OR_RETURN(const auto files, files_in(store + "/segments", 2));
  fs::remove(files.front());
  return {};
}

Result<void> truncate_segment(const std::string& store) {
  ASSIGN_OR_RETURN(const auto files, files_in(store + "/segments", 2));
  return cut_in_half(files.front());
}

/// The newest segment may have no record yet. Errors: kNotFound.
Result<std::vector<fs::path>> newest_with_records(const std::string& store) {
  constexpr std::uintmax_t kHeaderAndMore = 512;  // bytes
  ASSIGN_OR_RETURN(auto files, files_in(store + "/segments", 1));
  std::size_t newest = files.size();
  while (newest > 0 && fs::file_size(files[newest - 1]) < kHeaderAndMore) --newest;
  if (newest == 0) return not_found("no segment has records");
  files.erase(files.begin(), files.begin() + static_cast<std::ptrdiff_t>(newest - 1));
  return files;
}

/// It and what is behind it. Without a mark this is a crash that nobody can tell from damage.
Result<void> shorten_newest(const std::string& store, bool whole) {
  ASSIGN_OR_RETURN(const auto files, newest_with_records(store));
  for (std::size_t k = whole ? 0 : 1; k < files.size(); ++k) fs::remove(files[k]);
  return whole ? Result<void>{} : cut_in_half(files.front());
}

Result<void> truncate_newest(const std::string& store) {
  return shorten_newest(store, false);
}

Result<void> delete_newest(const std::string& store) {
  return shorten_newest(store, true);
}

Result<void> swap_segments(const std::string& store) {
  ASSIGN_OR_RETURN(const auto files, files_in(store + "/segments", 2));
  const std::string first = contents_of(files[0]);
  RETURN_IF_ERROR(put_contents(files[0], contents_of(files[1])));
  return put_contents(files[1], first);
}

/// A segment holds checkpoints as plain notes: the origin, the size, and then the root.
Result<void> change_checkpoint(const std::string& store, const std::string& origin) {
  ASSIGN_OR_RETURN(const auto files, files_in(store + "/segments", 1));
  const std::string bytes = contents_of(files.front());
  const std::size_t note = bytes.find(origin + "\n");
  if (note == std::string::npos) return not_found("the oldest segment shows no checkpoint");
  const std::size_t size = bytes.find('\n', note) + 1;
  return flip_byte(files.front(), bytes.find('\n', size) + 1);
}

Result<void> change_hash_file(const std::string& store) {
  ASSIGN_OR_RETURN(const auto files, files_in(store + "/tree", 1));
  return flip_byte(files.front(), 0);
}

/// One byte of each page, as nobody knows which pages are in use.
Result<void> change_catalogue(const std::string& store) {
  constexpr std::size_t kPage = 4'096;
  ASSIGN_OR_RETURN(const auto files, files_in(store + "/catalogue", 1));
  std::string bytes = contents_of(files.front());
  for (std::size_t at = kPage - 8; at < bytes.size(); at += kPage)
    bytes[at] = static_cast<char>(bytes[at] ^ 1);
  return put_contents(files.front(), bytes);
}

Result<void> change_remains(const std::string& store) {
  ASSIGN_OR_RETURN(const auto files, files_in(store + "/remains", 1));
  return flip_the_middle(files.front());
}

Result<void> delete_remains(const std::string& store) {
  ASSIGN_OR_RETURN(const auto files, files_in(store + "/remains", 1));
  fs::remove(files.front());
  return {};
}

/// Errors: kIo.
Result<Answered> open_to_all(Site& site) {
  ASSIGN_OR_RETURN(const StoreCopy copy, copy_store(site));
  std::error_code failed;
  ASSIGN_OR_RETURN(const auto files, files_in(copy.store(site) + "/segments", 1));
  fs::permissions(files.front(), fs::perms::others_write, fs::perm_options::add, failed);
  if (failed) return io_error("cannot change the mode of " + files.front().string());
  ASSIGN_OR_RETURN(const std::string config, write_config(site, copy.data, copy.marks));
  auto answered = run(site, {program("varved"), "check-config", "--config", config});
  remove_copy(fs::path(copy.data).parent_path());
  return answered;
}

/// The copy that is altered again and again, made once.
using SharedCopy = std::shared_ptr<std::unique_ptr<Result<StoreCopy>>>;

Result<StoreCopy> whole_copy(Site& site, const SharedCopy& shared) {
  if (!*shared) *shared = std::make_unique<Result<StoreCopy>>(copy_that_is_intact(site));
  return **shared;
}

/// The copy, which is whole, with the mark of a log that has gone on since.
Result<Answered> put_older_back(Site& site, const SharedCopy& shared) {
  RETURN_IF_ERROR(expect_mark(site));
  ASSIGN_OR_RETURN(const StoreCopy older, whole_copy(site, shared));
  ASSIGN_OR_RETURN(const std::uint64_t newest, append(site, "behind the copy"));
  RETURN_IF_ERROR(wait_for_mark(site, newest + 1));
  ASSIGN_OR_RETURN(const StoreCopy now, copy_store(site));
  auto answered = audit(site, {older.data, now.marks});
  remove_copy(fs::path(now.data).parent_path());
  return answered;
}

/// The token's keys stay where they are: the audit is given a token without any.
Result<Answered> take_month_keys_away(Site& site, const SharedCopy& shared) {
  ASSIGN_OR_RETURN(const StoreCopy whole, whole_copy(site, shared));
  ASSIGN_OR_RETURN(const tools::HsmConfig empty, make_token(site, "assess-empty"));
  ASSIGN_OR_RETURN(const std::string config, write_config_of(site, whole.data, whole.marks, empty));
  return run_with(site, {program("varved"), "audit", "--config", config, "--log", site.log.name},
                  {});
}

using Alter = std::function<Result<void>(const std::string& store)>;

const std::vector<Clause> kIntegrity = {Clause::kStoringIsVerified, Clause::kDiscernAltered,
                                        Clause::kLogsAreProtected};

Attempt altered(std::string_view name, std::string what, std::vector<std::string> says, Alter alter,
                const SharedCopy& shared) {
  return {name,
          std::move(what),
          kIntegrity,
          {Wanted::kNamed, {tools::exit_code(Code::kCorrupt)}, std::move(says)},
          [=](Site& site) -> Result<Answered> {
            ASSIGN_OR_RETURN(const StoreCopy whole, whole_copy(site, shared));
            return audit_altered(site, whole, alter);
          }};
}

/// Only the mark says that something behind what is left is missing.
Attempt shortened(std::string_view name, std::string what, Alter alter, const SharedCopy& shared) {
  Attempt attempt = altered(name, std::move(what), {"segments"}, std::move(alter), shared);
  attempt.act = [act = std::move(attempt.act)](Site& site) -> Result<Answered> {
    RETURN_IF_ERROR(expect_mark(site));
    return act(site);
  };
  return attempt;
}

}  // namespace

Group store_group() {
  const SharedCopy shared = std::make_shared<std::unique_ptr<Result<StoreCopy>>>();
  const int kCorrupt = tools::exit_code(Code::kCorrupt);
  Group group{"Files of a copy of the store", {}};
  group.attempts.push_back({"copy-is-intact",
                            "Audit the copy that is altered below, as it is.",
                            kIntegrity,
                            {Wanted::kDone, {tools::kExitOk}, {"intact"}},
                            [=](Site& site) -> Result<Answered> {
                              ASSIGN_OR_RETURN(const StoreCopy whole, whole_copy(site, shared));
                              return audit(site, whole);
                            }});
  const auto add = [&](std::string_view name, std::string what, std::vector<std::string> says,
                       Alter alter) {
    group.attempts.push_back(
        altered(name, std::move(what), std::move(says), std::move(alter), shared));
  };
  add("overwrite-a-byte", "Change one byte of the oldest segment.", {"segments/"},
      overwrite_segment);
  add("delete-a-segment", "Delete the oldest segment.", {"segments/"}, delete_segment);
  add("truncate-a-segment", "Cut off half of the oldest segment.", {"segments/"}, truncate_segment);
  group.attempts.push_back(shortened("truncate-the-newest", "Cut off half of the newest segment.",
                                     truncate_newest, shared));
  group.attempts.push_back(
      shortened("delete-the-newest", "Delete the newest segment.", delete_newest, shared));
  add("swap-segments", "Swap the two oldest segments.", {"segments/"}, swap_segments);
  add("change-a-hash", "Change one byte of the hash files.", {"tree/"}, change_hash_file);
  add("change-the-catalogue", "Change one byte of each page of the catalogue.", {"catalogue"},
      change_catalogue);
  add("change-remains", "Change one byte of what remains of a month.", {"remains/"},
      change_remains);
  add("delete-remains", "Delete what remains of a month's first segment.",
      {"remains/", "segments/"}, delete_remains);
  group.attempts.push_back({"change-a-checkpoint",
                            "Change the root in a checkpoint of the oldest segment.",
                            kIntegrity,
                            {Wanted::kNamed, {kCorrupt}, {"segments/"}},
                            [=](Site& site) -> Result<Answered> {
                              ASSIGN_OR_RETURN(const StoreCopy whole, whole_copy(site, shared));
                              return audit_altered(site, whole, [&](const std::string& store) {
                                return change_checkpoint(store, site.log.origin);
                              });
                            }});
  group.attempts.push_back({"month-key-gone",
                            "Audit the copy with a token that has no month key.",
                            {Clause::kStoringIsVerified, Clause::kRetrievable},
                            {Wanted::kNamed, {kCorrupt}, {"segments/"}},
                            [=](Site& site) { return take_month_keys_away(site, shared); }});
  group.attempts.push_back({"older-store",
                            "Put back the store as it was a moment ago, whole.",
                            {Clause::kAuditTrail, Clause::kDiscernAltered},
                            {Wanted::kNamed, {kCorrupt}, {"older than its high-water mark"}},
                            [=](Site& site) { return put_older_back(site, shared); }});
  group.attempts.push_back({"open-to-all",
                            "Let every user of the machine write a segment.",
                            {Clause::kLimitedAccess, Clause::kLogsAreProtected},
                            {Wanted::kNamed, {tools::exit_code(Code::kInvalid)}, {"segments/"}},
                            open_to_all});
  return group;
}

}  // namespace varve::audit::assess
