// Runs docs/operating/runbooks.md: the commands of its sections, in their order,
// against a real server and real tokens. What a person would edit in varved.toml, and which key
// signs by then, the fixture knows.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "sender.h"

namespace varve::system {

/// `text` with each `from` replaced by `to`.
std::string replaced(std::string text, const std::string& from, const std::string& to);

/// The shell blocks of a page by section, in their order; those before the first section under "".
using Blocks = std::map<std::string, std::vector<std::string>>;
Blocks blocks_of(const std::string& page);

class Runbook : public ::testing::Test {
 protected:
  Runbook();
  ~Runbook() override;

  /// A runbook's name in the document, and what runs it.
  struct Named {
    const char* name;
    void (Runbook::*run)();
  };
  /// All of them. A log that has ended has no further one, and people are named once: the last and the first.
  static const std::vector<Named>& runbooks();

  /// What a person keeps in mind between two runbooks.
  struct Site {
    std::string token = "varve";  // of [hsm]
    std::string pin = "pin";      // its file
    unsigned current = 1;         // the key "cardiology-1" signs
    bool approvers = false;       // two of them have to approve
    std::string destroyed = {};   // the month whose key was, 2026-11; empty: none
    std::string config;           // of varved.toml
  };

  // --- the runbooks, whole. Each leaves a server that runs.
  void ceremony();  // but for its first part, which is begin()
  void yearly_rotation();
  void compromised_key();
  void renewal();
  void add_spare_token();  // as its page prepares for the loss of the first
  void lost_token();
  void lost_store();
  void lost_tail();
  void restore_drill();
  void damaged_segment();
  void move_to_another_host();
  /// To another token of SoftHSM.
  void change_of_vendor();

  /// The server with its first key.
  void begin();
  void configure(const std::string& config);
  /// The configuration names the first key by its vkey, from now on.
  void name_the_vkey();
  /// The lines that add another token to the configuration.
  [[nodiscard]] static std::string further(const std::string& token, const std::string& pin,
                                           const std::string& module = kSoftHsm);

  /// Runs commands of the document, after what it says to set once. `systemctl` is played.
  Outcome shell(const std::string& commands);
  void do_section(const std::string& name, std::size_t block);
  /// The same of commands that are changed.
  void do_commands(const std::string& commands);
  /// The names of all runbooks in the document.
  [[nodiscard]] std::set<std::string> sections() const;
  [[nodiscard]] const std::string& block(const std::string& section, std::size_t number);
  /// Commands are searched for there first.
  void search_first(const std::string& directory) { first_in_path_ = directory + ":"; }
  int append_status(const std::string& key);
  void expect_appended();
  [[nodiscard]] std::string first_vkey() const;

  // --- the same world for several runbooks
  /// The whole site as it is, server stopped.
  void keep();
  /// As it was kept, and the server runs.
  void put_back();

  Installation varve_;
  Site site_;

 private:
  [[nodiscard]] std::string translated(const std::string& commands);
  [[nodiscard]] std::string approved(const std::string& commands) const;
  [[nodiscard]] std::string without_events(const std::string& commands) const;
  [[nodiscard]] std::string kept() const;

  Blocks blocks_;
  Site kept_site_;
  std::string first_in_path_;
  unsigned appended_ = 0;
};

}  // namespace varve::system
