// A witness of another make (tests/go) that runs beside an installation, with its certificate.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "installation.h"
#include "tests/directories.h"

namespace varve::system {

class GoWitness {
 public:
  /// It knows a log by this key.
  GoWitness(const Installation& varve, const std::string& name, const std::string& vkey) {
    const std::string log = varve.path(name + ".log");
    write_text(log, "");
    process_ =
        std::make_unique<Process>(Words{built_file("tests/go/witness"), varve.address() + ":0",
                                        varve.path("tls.pem"), varve.path("tls.key"), name, vkey},
                                  log);
    const auto printed = [&] { return read_text(log).find('\n') != std::string::npos; };
    EXPECT_TRUE(wait_until(printed)) << read_text(log);
    const std::string text = read_text(log);
    line_ = text.substr(0, text.find('\n') + 1);
  }
  /// Of a policy.
  [[nodiscard]] const std::string& line() const { return line_; }

 private:
  std::unique_ptr<Process> process_;
  std::string line_;
};

}  // namespace varve::system
