// The command line of varve-audit: its commands, their options, and where what they read goes.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "tools/audit/commands.h"

namespace varve::audit {

using Run = Result<Answer> (*)(const Request&);

/// Outlives the parsing, which writes into it.
class CommandLine {
 public:
  CommandLine();
  CommandLine(const CommandLine&) = delete;
  CommandLine& operator=(const CommandLine&) = delete;

  [[nodiscard]] CLI::App& app() { return app_; }
  [[nodiscard]] bool json() const { return json_; }
  /// Runs the command that was parsed. Errors: as that command.
  [[nodiscard]] Result<Answer> run() const { return run_(request_); }
  /// `exit`, or another where the metrics that were asked for could not be left.
  [[nodiscard]] int measured(int exit) const;

 private:
  CLI::App* add(const std::string& name, const std::string& help, Run function);
  // Options that several commands have.
  void connects(CLI::App* command);
  void url(CLI::App* command);
  void vkey(CLI::App* command);
  CLI::Option* trust(CLI::App* command);
  CLI::Option* policy(CLI::App* command, const std::string& help);
  void stamped(CLI::App* command);
  void connections(CLI::App* command);
  void whole_log(CLI::App* command);
  void audits(CLI::App* command);
  // The commands.
  void add_online_commands();
  void add_record_commands();
  void add_offline_command();
  void add_compare();
  void add_whole_log_commands();
  void add_reads();
  void add_search();
  void add_reports();
  void add_gaps();
  void add_renewal_commands();
  void add_assess();

  CLI::App app_;
  Request request_;
  bool json_ = false;
  Run run_ = nullptr;
};

}  // namespace varve::audit
