// Contents and names, each as the process sees them and as the disk would keep them.
#include "crash_disk.h"

#include <algorithm>

namespace varve::collect {
namespace {

std::string directory_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "" : path.substr(0, slash);
}

void write_into(Buffer& content, ByteOffset at, Bytes bytes) {
  const auto offset = static_cast<std::size_t>(at.value);
  content.resize(std::max(content.size(), offset + bytes.size()));
  std::ranges::copy(bytes, content.begin() + static_cast<std::ptrdiff_t>(offset));
}

const auto kNoHalf = [] {};

}  // namespace

template <class Action, class Torn>
Result<void> CrashDisk::change(Action action, Torn torn) {
  if (crashed_) return io_error("the process is gone");
  const bool now = calls_++ == fault_at_;
  if (!now || fault_ == Fault::kCrashAfter || fault_ == Fault::kFailsDone) action();
  if (now && fault_ == Fault::kCrashTorn) torn();
  if (!now) return {};
  if (fault_ == Fault::kFull) return full("no space, as the test wants");
  crashed_ = fault_ != Fault::kFails && fault_ != Fault::kFailsDone;
  return io_error("a fault, as the test wants");
}

void CrashDisk::restart(Ending ending) {
  disarm();
  if (ending == Ending::kPowerNothing) names_ = durable_names_;
  for (auto& [path, inode] : names_) {
    if (ending == Ending::kKilled) break;
    Buffer kept = inode->durable;
    if (ending == Ending::kPowerHalf && inode->content != inode->durable) {
      kept = inode->content;
      kept.resize(kept.size() / 2);
    }
    inode->content = inode->durable = kept;
  }
  if (ending != Ending::kKilled) durable_names_ = names_;
}

class CrashFile final : public env::File {
 public:
  CrashFile(CrashDisk& disk, std::shared_ptr<Inode> inode)
      : disk_(disk), inode_(std::move(inode)) {}

  [[nodiscard]] Result<void> read(ByteOffset at, MutableBytes out) const override {
    if (at.value + out.size() > inode_->content.size()) return corrupt("the file ends before");
    const Bytes from = Bytes{inode_->content}.subspan(static_cast<std::size_t>(at.value));
    std::ranges::copy(from.first(out.size()), out.begin());
    return {};
  }
  Result<void> write(ByteOffset at, Bytes bytes) override {
    return disk_.change([&] { write_into(inode_->content, at, bytes); },
                        [&] { write_into(inode_->content, at, bytes.first(bytes.size() / 2)); });
  }
  Result<void> sync() override {
    return disk_.change([&] { inode_->durable = inode_->content; }, kNoHalf);
  }
  Result<void> truncate(ByteOffset size) override {
    return disk_.change([&] { inode_->content.resize(static_cast<std::size_t>(size.value)); },
                        kNoHalf);
  }
  [[nodiscard]] Result<ByteOffset> size() const override {
    return ByteOffset{inode_->content.size()};
  }
  Result<bool> make_immutable() override { return false; }

 private:
  CrashDisk& disk_;
  std::shared_ptr<Inode> inode_;
};

Result<std::unique_ptr<env::File>> CrashFilesystem::create(const std::string& path) {
  if (disk_.names_.contains(path)) return worm(path + " exists");
  return open_or_create(path);
}

Result<std::unique_ptr<env::File>> CrashFilesystem::open_or_create(const std::string& path) {
  if (!disk_.names_.contains(path))
    RETURN_IF_ERROR(disk_.change([&] { disk_.names_[path] = std::make_shared<Inode>(); }, kNoHalf));
  return std::unique_ptr<env::File>(std::make_unique<CrashFile>(disk_, disk_.names_.at(path)));
}

Result<std::unique_ptr<env::File>> CrashFilesystem::open_read(const std::string& path) const {
  if (disk_.crashed_) return io_error("the process is gone");
  const auto found = disk_.names_.find(path);
  if (found == disk_.names_.end()) return not_found("there is no " + path);
  return std::unique_ptr<env::File>(std::make_unique<CrashFile>(disk_, found->second));
}

Result<void> CrashFilesystem::make_directory(const std::string&) {
  return {};
}

Result<void> CrashFilesystem::sync_directory(const std::string& path) {
  const auto inside = [&](const auto& entry) { return directory_of(entry.first) == path; };
  return disk_.change(
      [&] {
        std::erase_if(disk_.durable_names_, inside);
        for (const auto& entry : disk_.names_)
          if (inside(entry)) disk_.durable_names_.insert(entry);
      },
      kNoHalf);
}

Result<std::vector<std::string>> CrashFilesystem::list(const std::string& path) const {
  if (disk_.crashed_) return io_error("the process is gone");
  std::vector<std::string> names;
  for (const auto& [name, inode] : disk_.names_)
    if (directory_of(name) == path)
      names.push_back(name.substr(path.empty() ? 0 : path.size() + 1));
  return names;
}

Result<void> CrashFilesystem::rename(const std::string& from, const std::string& to) {
  if (!disk_.names_.contains(from)) return not_found("there is no " + from);
  return disk_.change(
      [&] {
        disk_.names_[to] = disk_.names_.at(from);
        disk_.names_.erase(from);
      },
      kNoHalf);
}

Result<void> CrashFilesystem::remove(const std::string& path) {
  if (!disk_.names_.contains(path)) return not_found("there is no " + path);
  return disk_.change([&] { disk_.names_.erase(path); }, kNoHalf);
}

Result<std::unique_ptr<env::Lock>> CrashFilesystem::lock(const std::string&) {
  struct Held final : env::Lock {
    [[nodiscard]] Result<void> check() const override { return {}; }
  };
  return std::unique_ptr<env::Lock>(std::make_unique<Held>());
}

}  // namespace varve::collect
