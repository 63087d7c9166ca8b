// What only a second process or a privilege can show: locks, a full disk, hardening.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "ledger/env/posix.h"
#include "temporary_directory.h"

namespace varve::env {
namespace {

// Runs `body` in a child; true when it returned true there.
template <class Body>
bool in_child(const Body& body) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(body() ? 0 : 1);
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

TEST(PosixLock, IsHeldByOneProcess) {
  const TemporaryDirectory directory;
  const auto files = open_posix(directory.path()).value();
  auto held = files->lock("lock");
  ASSERT_TRUE(held);
  EXPECT_TRUE(in_child([&] {
    const auto second = open_posix(directory.path()).value()->lock("lock");
    return !second && second.error().code == Code::kWorm;
  }));
  held = invalid("released");
  EXPECT_TRUE(in_child([&] { return files->lock("lock").has_value(); }));
}

// A file can be removed and made again by whoever may write to the directory.
TEST(PosixLock, IsHeldThoughItsFileIsRemovedAndSaysThatItWas) {
  const TemporaryDirectory directory;
  const auto files = open_posix(directory.path()).value();
  const auto held = files->lock("lock");
  ASSERT_TRUE(held);
  EXPECT_TRUE((*held)->check());
  ASSERT_TRUE(files->remove("lock"));
  EXPECT_EQ((*held)->check().error().code, Code::kWorm);
  EXPECT_EQ(files->lock("lock").error().code, Code::kWorm);
  ASSERT_TRUE(files->create("lock"));
  EXPECT_EQ((*held)->check().error().code, Code::kWorm);
  EXPECT_EQ(files->lock("lock").error().code, Code::kWorm);
}

TEST(PosixLock, InADirectoryOfItsOwnIsAnother) {
  const TemporaryDirectory directory;
  const auto files = open_posix(directory.path()).value();
  ASSERT_TRUE(files->make_directory("data-keys"));
  const auto one = files->lock("lock");
  const auto other = files->lock("data-keys/lock");
  EXPECT_TRUE(one);
  EXPECT_TRUE(other);
  EXPECT_EQ(files->lock("data-keys/lock").error().code, Code::kWorm);
}

TEST(PosixLock, IsReleasedByTheDeathOfItsHolder) {
  const TemporaryDirectory directory;
  const auto files = open_posix(directory.path()).value();
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const auto held = files->lock("lock");
    const char said = held ? 'y' : 'n';
    if (::write(ready[1], &said, 1) == 1) ::pause();
    ::_exit(1);
  }
  char said = 0;
  ASSERT_EQ(::read(ready[0], &said, 1), 1);
  EXPECT_EQ(said, 'y');
  EXPECT_EQ(files->lock("lock").error().code, Code::kWorm);
  ::kill(child, SIGKILL);
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  EXPECT_TRUE(files->lock("lock"));
}

// Needs the privilege to mount; a full disk cannot be had otherwise.
TEST(PosixFile, SaysThatTheDiskIsFull) {
  const TemporaryDirectory directory;
  if (::mount("tmpfs", directory.path().c_str(), "tmpfs", 0, "size=64k") != 0)
    GTEST_SKIP() << "may not mount a small file system here";
  {
    const auto files = open_posix(directory.path()).value();
    EXPECT_LE(files->free_bytes().value(), 64u * 1024);
    const auto file = files->create("a").value();
    EXPECT_EQ(file->write(ByteOffset{0}, Buffer(1u << 20)).error().code, Code::kFull);
  }
  EXPECT_EQ(::umount(directory.path().c_str()), 0);
}

/// Whether the descriptor is /dev/null, opened so that neither a read nor a write of its kind works.
bool refuses_all_use(int descriptor) {
  struct stat null {};
  struct stat there {};
  char byte = 'x';
  return ::stat("/dev/null", &null) == 0 && ::fstat(descriptor, &there) == 0 &&
         there.st_rdev == null.st_rdev && S_ISCHR(there.st_mode) &&
         (descriptor == STDIN_FILENO ? ::read(descriptor, &byte, 1)
                                     : ::write(descriptor, &byte, 1)) == -1;
}

/// The standard descriptors of these bits are closed, the others are a file.
void close_some(unsigned closed, int file) {
  for (int number = 0; number < 3; ++number) {
    ::dup2(file, number);
    if ((closed >> number & 1) != 0) ::close(number);
  }
}

// Every subset of the three. What is open stays what it was, and the next file gets another number.
TEST(StandardDescriptors, ThatAreClosedAreOpenedAndTheOthersStay) {
  const TemporaryDirectory directory;
  for (unsigned closed = 0; closed < 8; ++closed) {
    SCOPED_TRACE(closed);
    EXPECT_TRUE(in_child([&] {
      const int file = ::open(directory.path().c_str(), O_TMPFILE | O_RDWR, 0600);
      struct stat open {};
      if (::fstat(file, &open) != 0) return false;
      close_some(closed, file);
      ::close(file);
      if (!open_standard_descriptors()) return false;
      for (int number = 0; number < 3; ++number) {
        struct stat now {};
        const bool same = ::fstat(number, &now) == 0 && now.st_ino == open.st_ino;
        if ((closed >> number & 1) != 0 ? !refuses_all_use(number) : !same) return false;
      }
      return ::open(directory.path().c_str(), O_RDONLY) > STDERR_FILENO;
    }));
  }
}

TEST(StandardDescriptors, ThatCannotBeOpenedAreAnError) {
  for (unsigned closed = 0; closed < 8; ++closed) {
    SCOPED_TRACE(closed);
    EXPECT_TRUE(in_child([&] {
      close_some(closed, STDERR_FILENO);
      const rlimit none{0, 0};
      if (::setrlimit(RLIMIT_NOFILE, &none) != 0) return false;
      const auto opened = open_standard_descriptors();
      return closed == 0 ? opened.has_value() : !opened && opened.error().code == Code::kIo;
    }));
  }
}

TEST(HardenProcess, AllowsNoCoreDumpAndSurvivesABrokenPipe) {
  EXPECT_TRUE(in_child([] {
    harden_process();
    int ends[2];
    if (::pipe(ends) != 0) return false;
    ::close(ends[0]);
    return ::write(ends[1], "x", 1) == -1 && ::prctl(PR_GET_DUMPABLE) == 0;
  }));
}

}  // namespace
}  // namespace varve::env
