// varve-bench: how fast varved is here, and what this machine's own ceilings are.
// It starts varved itself, with a software token and encryption, over loopback HTTP.
#include <CLI/CLI.hpp>
#include <algorithm>

#include "tools/bench/scenarios.h"
#include "tools/common/exit_code.h"
#include "tools/common/own_commands.h"
#include "tools/common/program.h"

namespace {

using namespace varve;
using namespace varve::bench;

std::vector<std::string> names() {
  std::vector<std::string> out;
  for (const Scenario& scenario : scenarios()) out.emplace_back(scenario.name);
  return out;
}

Result<Ceilings> find_ceilings() {
  ASSIGN_OR_RETURN(const Site site, Site::make(TokenSpeed::kFull));
  return measure_ceilings(site);
}

Result<void> run_all(const std::vector<std::string>& only, const Extent& extent) {
  ASSIGN_OR_RETURN(const Ceilings ceilings, find_ceilings());
  print(ceilings);
  print_columns();
  for (const Scenario& scenario : scenarios()) {
    if (!only.empty() && std::ranges::find(only, scenario.name) == only.end()) continue;
    RETURN_IF_ERROR(scenario.run(scenario, extent, ceilings));
  }
  return {};
}

int run(int argc, char** argv) {
  CLI::App app{"Measures varved on this machine, beside the machine's own ceilings.",
               "varve-bench"};
  std::vector<std::string> only;
  Extent extent;
  app.add_option("--only", only, "these scenarios")->check(CLI::IsMember(names()));
  app.add_option("--seconds", extent.seconds, "of each load")
      ->check(CLI::Range(0.1, 3600.0))
      ->capture_default_str();
  app.add_option("--leaves", extent.leaves, "of the log that is read, of the month that goes")
      ->check(CLI::Range(10'000ull, 1'000'000'000ull))
      ->capture_default_str();
  app.add_option("--days", extent.days, "that have a segment each; of months, at most so many")
      ->check(CLI::Range(4u, 10'000u))
      ->capture_default_str();
  app.add_option("--logs", extent.logs, "of one server, for many-logs")
      ->check(CLI::Range(1u, 10'000u))
      ->capture_default_str();
  tools::add_own_commands(app);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? tools::kExitOk : tools::kExitUsage;
  }
  const auto done = run_all(only, extent);
  return done ? tools::kExitOk : tools::report("varve-bench", done.error());
}

}  // namespace

int main(int argc, char** argv) {
  return varve::tools::run_program("varve-bench", run, argc, argv);
}
