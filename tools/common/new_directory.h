// Output directories: as NewFile, they appear whole or not at all. What is made lies in a directory
// beside until then, under a name that follows from the final one, so that the next run finds and
// clears what a killed one left.
#pragma once

#include <memory>
#include <string>

#include "ledger/env/filesystem.h"

namespace varve::tools {

/// Removed with all that is in it when it goes without publish().
class NewDirectory {
 public:
  /// A file in it that a killed run leaves to the next one; everything else it left is cleared.
  static constexpr const char* kNote = "note-for-the-next-run";

  /// `path` need not exist; one that is there is an empty directory, and no link. Its parent exists.
  /// Errors: kInvalid  what is there is something else, or the name is one that a configuration
  ///         cannot hold.  kBusy  another process is making it.  kNotFound  no parent.  kFull, kIo.
  static Result<NewDirectory> create(const std::string& path);
  NewDirectory(NewDirectory&& other) noexcept = default;
  NewDirectory& operator=(NewDirectory&& other) = delete;
  ~NewDirectory();

  [[nodiscard]] env::Filesystem& files() { return *files_; }
  /// Absolute paths: where it is being made, and where it will be.
  [[nodiscard]] std::string beside() const { return parent_->system_path(beside_); }
  [[nodiscard]] std::string path() const { return parent_->system_path(name_); }

  /// Makes all that is in it durable, whoever wrote it, gives it its name, and removes kNote. Only
  /// once. Errors: kFull, kIo  also: something else has the name by now.
  Result<void> publish();

 private:
  NewDirectory(std::unique_ptr<env::Filesystem> parent, std::string name)
      : parent_(std::move(parent)), name_(std::move(name)), beside_("." + name_ + ".varve-new") {}
  Result<void> begin();

  std::unique_ptr<env::Filesystem> parent_;
  std::string name_;
  std::string beside_;
  std::unique_ptr<env::Filesystem> files_;  // null: nothing of it is this process's to remove
  std::unique_ptr<env::Lock> lock_;
};

}  // namespace varve::tools
