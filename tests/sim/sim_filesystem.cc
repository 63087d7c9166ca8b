// The misbehaving disk.
#include "tests/sim/sim_filesystem.h"

#include <algorithm>
#include <set>
#include <utility>

namespace varve::sim {
namespace {

constexpr std::uint64_t kSector = 512;

bool is_real(const std::string& path) {
  return path.starts_with("catalogue");
}

class SimFile final : public env::File {
 public:
  SimFile(SimFilesystem& disk, std::shared_ptr<Inode> inode)
      : disk_(disk), inode_(std::move(inode)) {}

  [[nodiscard]] Result<void> read(ByteOffset at, MutableBytes out) const override {
    RETURN_IF_ERROR(disk_.read());
    if (at.value + out.size() > inode_->now.size()) return corrupt("the file ends before");
    std::ranges::copy(Bytes{inode_->now}.subspan(at.value, out.size()), out.begin());
    return {};
  }
  Result<void> write(ByteOffset at, Bytes bytes) override {
    return disk_.call([&] { inode_->apply({false, at.value, to_buffer(bytes)}); });
  }
  Result<void> sync() override {
    return disk_.call([&] { inode_->sync(); });
  }
  Result<void> truncate(ByteOffset size) override {
    return disk_.call([&] { inode_->apply({true, size.value, {}}); });
  }
  [[nodiscard]] Result<ByteOffset> size() const override { return ByteOffset{inode_->now.size()}; }
  Result<bool> make_immutable() override { return false; }

 private:
  SimFilesystem& disk_;
  std::shared_ptr<Inode> inode_;
};

void apply_to(Buffer& image, const Inode::Change& change) {
  if (change.truncate) return image.resize(change.at);
  image.resize(std::max<std::size_t>(image.size(), change.at + change.bytes.size()));
  std::ranges::copy(change.bytes, image.begin() + static_cast<std::ptrdiff_t>(change.at));
}

std::set<std::uint64_t> dirty_sectors(const std::vector<Inode::Change>& changes) {
  std::set<std::uint64_t> sectors;
  for (const Inode::Change& change : changes)
    for (std::uint64_t s = change.at / kSector; s * kSector < change.at + change.bytes.size(); ++s)
      sectors.insert(s);
  return sectors;
}

}  // namespace

void Inode::apply(Change change) {
  apply_to(now, change);
  unsynced.push_back(std::move(change));
}

void Inode::sync() {
  durable = now;
  unsynced.clear();
}

void Inode::lose_power(Dice& dice) {
  std::vector<Buffer> images{durable};  // after each change
  for (const Change& change : unsynced) {
    images.push_back(images.back());
    apply_to(images.back(), change);
  }
  Buffer left = images[dice.below(images.size())];  // decides the size, and what is not dirty
  for (const std::uint64_t sector : dirty_sectors(unsynced)) {
    const Buffer& then = images[dice.below(images.size())];
    for (std::uint64_t k = sector * kSector; k < (sector + 1) * kSector && k < left.size(); ++k)
      left[k] = k < then.size() ? then[k] : std::byte{0};
  }
  now = durable = std::move(left);
  unsynced.clear();
}

template <class Work>
Result<void> SimFilesystem::call(Work work) {
  ++calls_;
  const bool dies = calls_ == faults.crash_at_call;
  const bool is_chosen_one = is_chosen(calls_, faults.fail_at_call);
  const bool fails = faults.error_one_in != 0 && dice_.one_in(faults.error_one_in);
  const bool done = is_chosen_one ? faults.when_done : !(dies || fails) || dice_.one_in(2);
  between();
  if (done) work();
  if (dies) throw Crash{};
  between();
  if (is_chosen_one) return Error{faults.with, "a fault that the test chose"};
  if (fails) return dice_.one_in(2) ? full("no space left (simulated)") : io_error("simulated");
  return {};
}

Result<void> SimFilesystem::read() const {
  if (!is_chosen(++reads_, faults.fail_at_read)) return {};
  return io_error("a fault that the test chose");
}

void SimFilesystem::lose_power() {
  // The name space is journaled: a prefix of its changes is durable.
  history_.insert(history_.begin(), durable_);
  now_ = durable_ = history_[dice_.below(history_.size())];
  history_.clear();
  for (const auto& [path, inode] : now_) inode->lose_power(dice_);
}

SimFilesystem::Image SimFilesystem::image() const {
  Image image;
  for (const auto& [path, inode] : now_) image[path] = inode->now;
  return image;
}

void SimFilesystem::put_back(const Image& image) {
  now_.clear();
  for (const auto& [path, bytes] : image) {
    now_[path] = std::make_shared<Inode>();
    now_[path]->now = now_[path]->durable = bytes;
  }
  durable_ = now_;
  history_.clear();
}

void SimFilesystem::wipe(const std::string& folder) {
  std::erase_if(now_, [&](const auto& entry) { return entry.first.starts_with(folder + "/"); });
  durable_ = now_;
  history_.clear();
}

std::unique_ptr<env::File> SimFilesystem::opened(const std::string& path) {
  return std::make_unique<SimFile>(*this, now_.at(path));
}

Result<std::unique_ptr<env::File>> SimFilesystem::create(const std::string& path) {
  if (now_.contains(path)) return worm(path + " exists");
  return open_or_create(path);
}

Result<std::unique_ptr<env::File>> SimFilesystem::open_or_create(const std::string& path) {
  if (is_real(path)) return real_.open_or_create(path);
  if (!now_.contains(path)) {
    RETURN_IF_ERROR(call([&] {
      now_[path] = std::make_shared<Inode>();
      note_change();
    }));
  }
  return opened(path);
}

Result<std::unique_ptr<env::File>> SimFilesystem::open_read(const std::string& path) const {
  if (is_real(path)) return real_.open_read(path);
  RETURN_IF_ERROR(read());
  if (!now_.contains(path)) return not_found(path);
  return const_cast<SimFilesystem*>(this)->opened(path);
}

Result<void> SimFilesystem::make_directory(const std::string& path) {
  if (is_real(path)) return real_.make_directory(path);
  return {};  // folders are not modelled: a file's path is its name
}

Result<void> SimFilesystem::sync_directory(const std::string&) {
  return call([&] {
    durable_ = now_;
    history_.clear();
  });
}

Result<std::vector<std::string>> SimFilesystem::list(const std::string& path) const {
  if (is_real(path)) return real_.list(path);
  RETURN_IF_ERROR(read());
  std::vector<std::string> names;
  for (const auto& [name, inode] : now_)
    if (name.starts_with(path + "/")) names.push_back(name.substr(path.size() + 1));
  return names;
}

Result<void> SimFilesystem::rename(const std::string& from, const std::string& to) {
  return call([&] {
    now_[to] = now_.at(from);
    now_.erase(from);
    note_change();
  });
}

Result<void> SimFilesystem::remove(const std::string& path) {
  if (is_real(path)) return real_.remove(path);
  return call([&] {
    now_.erase(path);
    note_change();
  });
}

Result<std::unique_ptr<env::Lock>> SimFilesystem::lock(const std::string&) {
  struct Held final : env::Lock {
    [[nodiscard]] Result<void> check() const override { return {}; }
  };
  return std::unique_ptr<env::Lock>(std::make_unique<Held>());
}

}  // namespace varve::sim
