// A disk and a token that fail once, or until somebody mends them, in each call of a disposal. Nothing is lost that
// has to stay, somebody is told what is left to do, and it is done once the fault is over.
#include <gtest/gtest.h>

#include "disposer_life.h"

namespace varve::upkeep {
namespace {

class FaultsOfADisposal : public DisposerTest {
 protected:
  /// The same disposal with the fault that `arm` sets in its call `at`. Returns whether it has so many calls.
  template <class Arm, class Met>
  bool runs_into(SoftCustody& custody, Arm arm, Met met) {
    put_back();
    forget_what_was_told();
    CustodyVault vault(custody);
    bool serves = true;
    bool is_met = false;
    {
      Life life(world_.options, environment(custody, vault));
      life.begin();
      arm();
      life.look();
      is_met = met();
      const bool is_of_the_token = custody.fails_at_call != 0;  // files go, whatever it keeps
      disk_.faults = {};
      custody.fails_at_call = 0;
      expect_nothing_lost(custody, is_of_the_token);
      EXPECT_TRUE(life.month().is_finished || was_told("disposal_waits"))
          << "something is left to do, and nobody was told";
      serves = life.takes_an_append();
      if (serves) {
        life.look();
        EXPECT_TRUE(life.month().is_finished) << "the fault is over, and it goes on";
      }
      EXPECT_LE(life.said.size(), 2U);
    }
    expect_it_goes_on(custody);
    return is_met;
  }

  /// In each call, until there is none left.
  void fail_each_call(const sim::Faults& kind, std::uint64_t sim::Faults::*fail_at,
                      std::uint64_t (sim::SimFilesystem::*made)() const) {
    std::uint64_t calls = 0;
    for (bool is_met = true; is_met && !HasFailure();) {
      ++calls;
      SCOPED_TRACE(std::to_string(calls) + (kind.for_good ? " and all behind it" : "") +
                   (kind.when_done ? " done" : "") + (kind.with == Code::kFull ? " full" : ""));
      SoftCustody custody{all_};
      std::uint64_t at = 0;
      is_met = runs_into(
          custody,
          [&] {
            at = (disk_.*made)() + calls;
            disk_.faults = kind;
            disk_.faults.*fail_at = at;
          },
          [&] { return (disk_.*made)() >= at; });
    }
    EXPECT_GE(calls, 6 * segments_.size()) << "of each segment";
  }
};

TEST_F(FaultsOfADisposal, InAnyCallThatWritesEndWithTheFault) {
  for (const sim::Faults& kind :
       {sim::Faults{}, sim::Faults{.when_done = true}, sim::Faults{.with = Code::kFull},
        sim::Faults{.for_good = true}, sim::Faults{.for_good = true, .with = Code::kFull}})
    fail_each_call(kind, &sim::Faults::fail_at_call, &sim::SimFilesystem::calls);
}

TEST_F(FaultsOfADisposal, InAnyCallThatReadsEndWithTheFault) {
  for (const bool for_good : {false, true})
    fail_each_call({.for_good = for_good}, &sim::Faults::fail_at_read, &sim::SimFilesystem::reads);
}

TEST_F(FaultsOfADisposal, InAnyCallOfTheTokenEndWithTheFault) {
  for (const bool for_good : {false, true})
    for (const bool when_done : {false, true}) {
      std::uint64_t calls = 0;
      for (bool is_met = true; is_met && !HasFailure();) {
        ++calls;
        SCOPED_TRACE(std::to_string(calls) + (for_good ? " and all behind it" : "") +
                     (when_done ? " done" : ""));
        SoftCustody custody{all_};
        std::uint64_t at = 0;
        is_met = runs_into(
            custody,
            [&] {
              at = custody.calls + calls;
              custody.fails_at_call = at;
              custody.fails_for_good = for_good;
              custody.fails_when_done = when_done;
            },
            [&] { return custody.calls >= at; });
      }
      EXPECT_GT(calls, 3U);
    }
}

}  // namespace
}  // namespace varve::upkeep
