// Programs under another clock: libfaketime, loaded in front of them. Not by its wrapper, which names a semaphore
// by its process and fails where a program that was killed left one of that name.
#pragma once

#include <string>

namespace varve {

/// It is for programs with threads, and serves those without.
inline constexpr const char* kMovesClocks = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1";

/// In front of a command of a shell. `clock` in the library's words: "+10d", "-90s", "@2026-02-01 00:00:00".
inline std::string under_clock(const std::string& clock) {
  return "LD_PRELOAD=" + std::string(kMovesClocks) + " DONT_FAKE_MONOTONIC=1 FAKETIME='" + clock +
         "' ";
}

}  // namespace varve
