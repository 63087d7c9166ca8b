// The one place with system calls.
#include "ledger/env/posix.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sodium.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <ctime>
#include <optional>
#include <utility>

namespace varve::env {
namespace {

Error from_errno(int number, const std::string& doing) {
  const Code code = number == ENOENT                       ? Code::kNotFound
                    : number == EEXIST                     ? Code::kWorm
                    : number == ENOSPC || number == EDQUOT ? Code::kFull
                                                           : Code::kIo;
  return {code, doing + ": " + std::strerror(number)};
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

class PosixFile final : public File {
 public:
  PosixFile(Descriptor fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}

  [[nodiscard]] Result<void> read(ByteOffset at, MutableBytes out) const override {
    while (!out.empty()) {
      const ssize_t n = ::pread(fd_.get(), out.data(), out.size(), static_cast<off_t>(at.value));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return from_errno(errno, "read " + path_);
      if (n == 0) return corrupt(path_ + " ends at byte " + std::to_string(at.value));
      out = out.subspan(static_cast<std::size_t>(n));
      at.value += static_cast<std::uint64_t>(n);
    }
    return {};
  }

  [[nodiscard]] bool read_at_once(ByteOffset at, MutableBytes out) const override {
    const iovec where{out.data(), out.size()};
    const ssize_t n = ::preadv2(fd_.get(), &where, 1, static_cast<off_t>(at.value), RWF_NOWAIT);
    return n == static_cast<ssize_t>(out.size());
  }

  Result<void> write(ByteOffset at, Bytes bytes) override {
    while (!bytes.empty()) {
      const ssize_t n =
          ::pwrite(fd_.get(), bytes.data(), bytes.size(), static_cast<off_t>(at.value));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return from_errno(errno, "write " + path_);
      bytes = bytes.subspan(static_cast<std::size_t>(n));
      at.value += static_cast<std::uint64_t>(n);
    }
    return {};
  }

  Result<void> sync() override {
    if (::fdatasync(fd_.get()) != 0) return from_errno(errno, "fdatasync " + path_);
    return {};
  }

  Result<void> truncate(ByteOffset size) override {
    if (::ftruncate(fd_.get(), static_cast<off_t>(size.value)) != 0)
      return from_errno(errno, "truncate " + path_);
    return {};
  }

  [[nodiscard]] Result<ByteOffset> size() const override {
    struct stat st {};
    if (::fstat(fd_.get(), &st) != 0) return from_errno(errno, "stat " + path_);
    return ByteOffset{static_cast<std::uint64_t>(st.st_size)};
  }

  Result<bool> make_immutable() override {
    if (::fchmod(fd_.get(), 0444) != 0) return from_errno(errno, "chmod " + path_);
    int flags = 0;
    if (::ioctl(fd_.get(), FS_IOC_GETFLAGS, &flags) != 0) return false;
    flags |= FS_IMMUTABLE_FL;
    return ::ioctl(fd_.get(), FS_IOC_SETFLAGS, &flags) == 0;
  }

 private:
  Descriptor fd_;
  std::string path_;
};

/// A file or directory under flock, and the name that led to it.
class Locked {
 public:
  /// Errors: kWorm  another process holds it.  kIo  as open and flock say.
  static Result<Locked> open(const std::string& path, int flags, int how = LOCK_EX) {
    Descriptor fd(::open(path.c_str(), flags | O_CLOEXEC, 0600));
    if (fd.get() < 0) return from_errno(errno, "open " + path);
    if (::flock(fd.get(), how | LOCK_NB) != 0) {
      if (errno != EWOULDBLOCK) return from_errno(errno, "flock " + path);
      return worm("another process holds " + path + ": stop it first, one log has one writer");
    }
    return Locked(std::move(fd), path);
  }

  [[nodiscard]] Result<void> check() const {
    struct stat held {};
    struct stat named {};
    if (::fstat(fd_.get(), &held) != 0) return from_errno(errno, "stat " + path_);
    const bool there = ::stat(path_.c_str(), &named) == 0;
    if (!there && errno != ENOENT) return from_errno(errno, "stat " + path_);
    if (there && held.st_dev == named.st_dev && held.st_ino == named.st_ino) return {};
    return worm(path_ +
                " was removed or replaced while this process held it, so that another may "
                "write here");
  }

 private:
  Locked(Descriptor fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}
  Descriptor fd_;
  std::string path_;
};

class PosixLock final : public Lock {
 public:
  PosixLock(Locked directory, Locked file)
      : directory_(std::move(directory)), file_(std::move(file)) {}
  [[nodiscard]] Result<void> check() const override {
    RETURN_IF_ERROR(directory_.check());
    return file_.check();
  }

 private:
  Locked directory_;
  Locked file_;
};

/// Of one who only reads: the file need not be there.
class ReadingLock final : public Lock {
 public:
  ReadingLock(Locked directory, std::optional<Locked> file)
      : directory_(std::move(directory)), file_(std::move(file)) {}
  [[nodiscard]] Result<void> check() const override {
    RETURN_IF_ERROR(directory_.check());
    return file_ ? file_->check() : Result<void>{};
  }

 private:
  Locked directory_;
  std::optional<Locked> file_;
};

/// "" for what lies in the root itself.
std::string parent_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "" : path.substr(0, slash);
}

class PosixFilesystem final : public Filesystem {
 public:
  explicit PosixFilesystem(std::string root) : root_(std::move(root)) {}

  Result<std::unique_ptr<File>> create(const std::string& path) override {
    return open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW);
  }
  Result<std::unique_ptr<File>> open_or_create(const std::string& path) override {
    return open(path, O_RDWR | O_CREAT);
  }
  [[nodiscard]] Result<std::unique_ptr<File>> open_read(const std::string& path) const override {
    return open(path, O_RDONLY | O_NONBLOCK);  // else a pipe would wait for who writes into it
  }

  Result<void> make_directory(const std::string& path) override {
    const std::string full = system_path(path);
    if (::mkdir(full.c_str(), 0700) != 0 && errno != EEXIST)
      return from_errno(errno, "mkdir " + path);
    return sync_directory(parent_of(path));
  }

  Result<void> sync_directory(const std::string& path) override {
    const Descriptor fd(::open(system_path(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (fd.get() < 0) return from_errno(errno, "open directory " + path);
    if (::fsync(fd.get()) != 0) return from_errno(errno, "fsync directory " + path);
    return {};
  }

  [[nodiscard]] Result<std::vector<std::string>> list(const std::string& path) const override {
    struct Close {
      void operator()(DIR* d) const { ::closedir(d); }
    };
    const std::unique_ptr<DIR, Close> dir(::opendir(system_path(path).c_str()));
    if (!dir) return from_errno(errno, "open directory " + path);
    std::vector<std::string> names;
    errno = 0;
    while (const dirent* entry = ::readdir(dir.get()))
      if (entry->d_name[0] != '.') names.emplace_back(entry->d_name);
    if (errno != 0) return from_errno(errno, "read directory " + path);
    std::ranges::sort(names);
    return names;
  }

  Result<void> rename(const std::string& from, const std::string& to) override {
    if (::rename(system_path(from).c_str(), system_path(to).c_str()) != 0)
      return from_errno(errno, "rename " + from);
    return {};
  }

  Result<void> remove(const std::string& path) override {
    if (::unlink(system_path(path).c_str()) != 0) return from_errno(errno, "remove " + path);
    return {};
  }

  /// What a link leads to is not touched. Who may not take the flag away learns it from unlink.
  Result<void> remove_sealed(const std::string& path) override {
    struct stat what {};
    if (::lstat(system_path(path).c_str(), &what) != 0) return from_errno(errno, "lstat " + path);
    if (!S_ISREG(what.st_mode))
      return io_error(path +
                      " is a link, or something else that is no file: nothing is removed. "
                      "Put the file itself in its place");
    const Descriptor fd(::open(system_path(path).c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
    int flags = 0;
    if (fd.get() >= 0 && ::ioctl(fd.get(), FS_IOC_GETFLAGS, &flags) == 0 &&
        (flags & FS_IMMUTABLE_FL) != 0) {
      flags &= ~FS_IMMUTABLE_FL;
      static_cast<void>(::ioctl(fd.get(), FS_IOC_SETFLAGS, &flags));
    }
    return remove(path);
  }

  Result<std::unique_ptr<Lock>> lock(const std::string& path) override {
    ASSIGN_OR_RETURN(Locked directory,
                     Locked::open(system_path(parent_of(path)), O_RDONLY | O_DIRECTORY));
    ASSIGN_OR_RETURN(Locked file, Locked::open(system_path(path), O_RDWR | O_CREAT));
    return std::unique_ptr<Lock>(
        std::make_unique<PosixLock>(std::move(directory), std::move(file)));
  }

  [[nodiscard]] Result<std::uint64_t> free_bytes() const override {
    struct statvfs st {};
    if (::statvfs(root_.c_str(), &st) != 0) return from_errno(errno, "statvfs");
    return static_cast<std::uint64_t>(st.f_bavail) * st.f_frsize;
  }

  [[nodiscard]] std::string system_path(const std::string& path) const override {
    return path.empty() ? root_ : root_ + "/" + path;
  }

 private:
  [[nodiscard]] Result<std::unique_ptr<File>> open(const std::string& path, int flags) const {
    Descriptor fd(::open(system_path(path).c_str(), flags | O_CLOEXEC, 0600));
    if (fd.get() < 0) return from_errno(errno, "open " + path);
    return std::unique_ptr<File>(std::make_unique<PosixFile>(std::move(fd), path));
  }

  std::string root_;
};

std::uint64_t read_clock(clockid_t id, std::uint64_t per_second) {
  timespec t{};
  CHECK(::clock_gettime(id, &t) == 0);
  const std::uint64_t nanoseconds_each = 1'000'000'000 / per_second;
  return static_cast<std::uint64_t>(t.tv_sec) * per_second +
         static_cast<std::uint64_t>(t.tv_nsec) / nanoseconds_each;
}

class PosixClock final : public Clock {
 public:
  [[nodiscard]] std::uint64_t now_us() const override {
    return read_clock(CLOCK_REALTIME, 1'000'000);
  }
  [[nodiscard]] std::uint64_t steady_ms() const override {
    return read_clock(CLOCK_MONOTONIC_RAW, 1'000);  // nobody sets it, nor makes it faster
  }
};

class SodiumRandom final : public Random {
 public:
  void fill(MutableBytes out) override { ::randombytes_buf(out.data(), out.size()); }
};

}  // namespace

Result<void> initialize() {
  if (::sodium_init() < 0) return io_error("libsodium could not start");
  return {};
}

Clock& posix_clock() {
  static PosixClock clock;
  return clock;
}

std::string boot_id() {
  std::array<char, 64> text{};
  const Descriptor fd(::open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC));
  const ssize_t n = fd.get() < 0 ? 0 : ::read(fd.get(), text.data(), text.size());
  return {text.data(), n > 0 ? static_cast<std::size_t>(n) : 0};
}

Random& system_random() {
  static SodiumRandom random;
  return random;
}

Result<std::unique_ptr<Filesystem>> open_posix(const std::string& root) {
  struct stat st {};
  if (::stat(root.c_str(), &st) != 0) return from_errno(errno, "open " + root);
  if (!S_ISDIR(st.st_mode)) return io_error(root + " is not a directory");
  return std::unique_ptr<Filesystem>(std::make_unique<PosixFilesystem>(root));
}

Result<void> check_mode(const std::string& path, Others may) {
  struct stat st {};
  if (::stat(path.c_str(), &st) != 0) return from_errno(errno, path);
  const mode_t too_much = may == Others::kNothing ? S_IRWXO : S_IWOTH;
  if ((!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode)) || (st.st_mode & too_much) == 0) return {};
  if (may == Others::kNothing)
    return invalid(path +
                   " is open to every user of this machine: chmod o-rwx it, and replace "
                   "what others may have read");
  return invalid(path +
                 " can be changed by every user of this machine: chmod o-w it, and look at "
                 "what it holds");
}

Result<std::unique_ptr<Lock>> lock_for_reading(const std::string& directory,
                                               const std::string& name) {
  ASSIGN_OR_RETURN(Locked folder, Locked::open(directory, O_RDONLY | O_DIRECTORY, LOCK_SH));
  auto file = Locked::open(directory + "/" + name, O_RDONLY, LOCK_SH);
  if (!file && file.error().code != Code::kNotFound) return std::move(file).error();
  std::optional<Locked> there;
  if (file) there.emplace(std::move(*file));
  return std::unique_ptr<Lock>(std::make_unique<ReadingLock>(std::move(folder), std::move(there)));
}

Result<void> open_standard_descriptors() {
  for (const int number : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(number, F_GETFD) != -1 || errno != EBADF) continue;
    // The lowest number that is free is `number`: those below it are open by now.
    const int opened = ::open("/dev/null", number == STDIN_FILENO ? O_WRONLY : O_RDONLY);
    if (opened < 0)
      return io_error(
          "descriptor " + std::to_string(number) +
          " is closed, and /dev/null cannot be opened in its place: " + std::strerror(errno));
    CHECK(opened == number);
  }
  return {};
}

void harden_process() {
  ::prctl(PR_SET_DUMPABLE, 0);
  std::signal(SIGPIPE, SIG_IGN);
}

}  // namespace varve::env
