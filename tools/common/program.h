// What every program of the project does before anything else.
#pragma once

namespace varve::tools {

/// All of a main(): `return run_program("varved", run, argc, argv);` (tests/tidy holds every
/// program to that). Opens the standard descriptors, lets SIGTERM end also a container's first
/// process, hardens the process, starts libsodium, then calls `run` and returns what it returns.
/// `name` is for messages. Returns 14 (kIo) and does nothing when that fails, and when `run` gets
/// no memory or no thread: what the machine lacks says nothing of what a program looks at.
int run_program(const char* name, int (*run)(int argc, char** argv), int argc, char** argv);

}  // namespace varve::tools
