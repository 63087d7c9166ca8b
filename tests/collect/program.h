// The real program, as a person or a service manager runs it, and as the kernel kills it.
#pragma once

#include <string>
#include <vector>

namespace varve::collect {

struct Ended {
  int code = -1;    // exit code; -1: it was killed
  std::string out;  // standard output
  std::string err;
};

/// A running varve-collect. Thread: one.
class Program {
 public:
  /// `files` is a directory for its outputs; `input` is its standard input, or, when it is given,
  /// the file `input_path`. `under`: another program that starts it, and the words for that.
  Program(const std::vector<std::string>& arguments, const std::string& files,
          const std::string& input = "", const std::string& input_path = "",
          const std::vector<std::string>& under = {});
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  [[nodiscard]] int id() const { return pid_; }
  void signal(int number) const;
  /// Whether its standard error has that so far.
  [[nodiscard]] bool has_said(const std::string& part) const;
  /// Whether it ended by itself within that time.
  bool ends_within(int ms);
  /// Waits until `happens` is true, two minutes at most; false also when the program ends before.
  template <class Condition>
  bool runs_until(const Condition& happens);
  Ended wait();

 private:
  std::string files_;
  int pid_ = -1;
  int status_ = 0;
  bool waited_ = false;
};

template <class Condition>
bool Program::runs_until(const Condition& happens) {
  constexpr int kTries = 12'000;
  for (int i = 0; i < kTries && !happens(); ++i)
    if (ends_within(10)) return false;
  return happens();
}

Ended run_program(const std::vector<std::string>& arguments, const std::string& files,
                  const std::string& input = "");

}  // namespace varve::collect
