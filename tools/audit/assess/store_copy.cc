// Copies are files of a directory that this run made; the store itself is only read.
#include "tools/audit/assess/store_copy.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

#include "tools/audit/assess/calendar.h"
#include "tools/audit/assess/second_server.h"
#include "tools/common/exit_code.h"

namespace varve::audit::assess {
namespace {

namespace fs = std::filesystem;

constexpr int kCopiesMax = 5;

Result<void> done(const std::error_code& failed, const std::string& what) {
  if (!failed) return {};
  return io_error("cannot copy " + what + ": " + failed.message());
}

/// Whoever owns a copy may change it; the audit looks at no mode.
void let_change(const std::string& directory) {
  std::error_code ignored;
  for (const auto& entry : fs::recursive_directory_iterator(directory, ignored))
    fs::permissions(entry.path(), fs::perms::owner_read | fs::perms::owner_write,
                    fs::perm_options::add, ignored);
}

bool is_lock(const fs::path& path) {
  return path.filename() == "lock";
}

/// File by file. One that the server removed meanwhile is left out: the audit says what that comes to.
Result<void> copy_files(const std::string& from, const std::string& to) {
  std::error_code failed;
  fs::create_directories(to, failed);
  RETURN_IF_ERROR(done(failed, to));
  for (const auto& entry : fs::recursive_directory_iterator(from, failed)) {
    const fs::path target = fs::path(to) / fs::relative(entry.path(), from, failed);
    std::error_code of_this;
    if (entry.is_symlink(of_this)) return io_error(entry.path().string() + " is a symbolic link");
    if (entry.is_directory(of_this)) {
      fs::create_directory(target, of_this);
    } else if (!is_lock(target)) {
      fs::copy_file(entry.path(), target, of_this);
      if (of_this == std::errc::no_such_file_or_directory) of_this.clear();
    }
    RETURN_IF_ERROR(done(of_this, entry.path()));
  }
  return done(failed, from);
}

Result<void> copy_mark(const Site& site, StoreCopy& copy) {
  if (site.log.high_water_mark.empty()) return {};
  const std::string name = site.log.name + ".mark";
  std::error_code failed;
  fs::create_directory(copy.marks, failed);
  RETURN_IF_ERROR(done(failed, copy.marks));
  fs::copy_file(site.log.high_water_mark + "/" + name, copy.marks + "/" + name, failed);
  return done(failed, site.log.high_water_mark + "/" + name);
}

constexpr int kMarkLooks = 300;
constexpr auto kMarkLookEvery = std::chrono::milliseconds(100);
constexpr std::size_t kSlotSize =
    48;  // where a slot of a mark says its records (docs/format/mark.md)
constexpr std::size_t kSlots[] = {0, 4'096};

/// The records that a high-water mark says; 0: it says nothing.
std::uint64_t records_in_mark(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(in), {}};
  std::uint64_t most = 0;
  for (const std::size_t slot : kSlots) {
    if (bytes.size() < slot + kSlotSize + 8) continue;
    std::uint64_t records = 0;
    for (std::size_t k = 0; k < 8; ++k)
      records = records << 8 | static_cast<unsigned char>(bytes[slot + kSlotSize + k]);
    most = std::max(most, records);
  }
  return most;
}

StoreCopy place_for_a_copy(Site& site) {
  const std::string directory = site.fresh("copy");
  std::error_code failed;  // then nothing can be put into it, which is said
  fs::create_directory(directory, failed);
  return {directory + "/data", site.log.high_water_mark.empty() ? "" : directory + "/marks"};
}

}  // namespace

void remove_copy(const std::string& directory) {
  std::error_code ignored;
  fs::remove_all(directory, ignored);
}

Result<StoreCopy> copy_store(Site& site) {
  StoreCopy copy = place_for_a_copy(site);
  RETURN_IF_ERROR(copy_mark(site, copy));
  RETURN_IF_ERROR(copy_files(site.store(), copy.store(site)));
  return copy;
}

Result<void> expect_mark(const Site& site) {
  if (!site.log.high_water_mark.empty()) return {};
  return not_found("the log keeps no high-water mark in a directory");
}

Result<void> wait_for_mark(const Site& site, std::uint64_t records) {
  RETURN_IF_ERROR(expect_mark(site));
  const std::string mark = site.log.high_water_mark + "/" + site.log.name + ".mark";
  for (int look = 0; look < kMarkLooks; ++look) {
    if (records_in_mark(mark) >= records) return {};
    std::this_thread::sleep_for(kMarkLookEvery);
  }
  return busy("the high-water mark did not come as far as " + std::to_string(records) + " records");
}

Result<StoreCopy> copy_that_is_intact(Site& site) {
  if (expect_mark(site)) {
    ASSIGN_OR_RETURN(const Calendar now, ask_calendar(site));
    RETURN_IF_ERROR(wait_for_mark(site, now.tree_size));
  }
  std::string said;
  for (int copies = 0; copies < kCopiesMax; ++copies) {
    ASSIGN_OR_RETURN(StoreCopy copy, copy_store(site));
    ASSIGN_OR_RETURN(const Answered answered, audit(site, copy));
    if (answered.code == tools::kExitOk) return copy;
    said = answered.text;
    remove_copy(fs::path(copy.data).parent_path());
  }
  return io_error("no copy of the store was intact; of the last one the audit said: " + said);
}

Result<Answered> audit(Site& site, const StoreCopy& copy) {
  ASSIGN_OR_RETURN(const std::string config, write_config(site, copy.data, copy.marks));
  return run(site, {program("varved"), "audit", "--config", config, "--log", site.log.name});
}

Result<Answered> audit_altered(Site& site, const StoreCopy& from,
                               const std::function<Result<void>(const std::string&)>& alter) {
  StoreCopy copy = place_for_a_copy(site);
  const std::string directory = fs::path(copy.data).parent_path();
  copy.marks = from.marks;  // nothing writes it
  auto answered = [&]() -> Result<Answered> {
    RETURN_IF_ERROR(copy_files(from.store(site), copy.store(site)));
    let_change(copy.data);
    RETURN_IF_ERROR(alter(copy.store(site)));
    return audit(site, copy);
  }();
  remove_copy(directory);
  return answered;
}

}  // namespace varve::audit::assess
