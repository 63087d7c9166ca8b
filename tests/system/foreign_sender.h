// Senders that are not ours, configured as docs/senders says.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "installation.h"

namespace varve::system {

/// The first block of that language in a page of docs/senders, for this installation: its address,
/// its files and its bearer token take the place of the page's.
std::string snippet(const Installation& varve, const std::string& page,
                    const std::string& language);

/// A copy of tests/FOLDER with its packages from npm installed; empty where there is no node, no npm or
/// no registry, and then `why` says so.
std::string npm_packages(const Installation& varve, const std::string& folder, std::string& why);

/// A sender from npm beside a running server: tests/senders/SCRIPT, and the client that a page of
/// docs/senders makes, as the file that the script imports.
class NpmSender : public ::testing::Test {
 protected:
  NpmSender(std::string script, std::string page, std::string client)
      : script_(std::move(script)), page_(std::move(page)), client_(std::move(client)) {}
  void SetUp() override;

  /// Its command line.
  [[nodiscard]] Words words(const Words& more) const;
  /// Where a sender in the background prints, and what it has printed.
  [[nodiscard]] std::string output_file() const { return varve_.path("client.log"); }
  [[nodiscard]] std::string printed() const { return read_text(output_file()); }

  Installation varve_;
  Words environment_;  // NAME=VALUE

 private:
  std::string script_;
  std::string page_;
  std::string client_;
  std::string directory_;
};

/// The payloads of all events of that media type, and how often each is in the log.
std::map<std::string, int> stored_payloads(const Installation& varve,
                                           const std::string& media_type);

}  // namespace varve::system
