// Certificates that openssl makes, in a directory that goes with them: a server's own, a CA, and clients'.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "ledger/base/check.h"
#include "tests/moved_clock.h"

namespace varve::api {

inline constexpr const char* kForClients = "extendedKeyUsage=clientAuth\n";

class MadeCertificates {
 public:
  /// Makes ca.pem and server.pem, each with its key.
  MadeCertificates() {
    std::string pattern = ::testing::TempDir() + "varve-mtls-XXXXXX";
    CHECK(::mkdtemp(pattern.data()) != nullptr);
    directory = pattern;
    make_ca("ca");
    run("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=s"
        " -addext subjectAltName=IP:127.0.0.1 -keyout server.key -out server.pem");
  }
  ~MadeCertificates() { std::filesystem::remove_all(directory); }
  MadeCertificates(const MadeCertificates&) = delete;
  MadeCertificates& operator=(const MadeCertificates&) = delete;

  void run(const std::string& command) const {
    const std::string whole = "cd " + directory.string() + " && " + command + " 2>/dev/null";
    CHECK(std::system(whole.c_str()) == 0);
  }
  void make_ca(const std::string& name) const {
    run("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=" +
        name + " -keyout " + name + ".key -out " + name + ".pem");
  }
  /// name.pem and name.key, made by a clock that is moved by so much, as "-10d".
  void make_client(const std::string& name, const std::string& extensions,
                   const std::string& ca = "ca", const std::string& moved = "+0") const {
    std::ofstream(directory / "ext") << extensions;
    run("openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj '/O=Example/CN=" +
        name + "' -keyout " + name + ".key -out " + name + ".csr");
    run(under_clock(moved) + "openssl x509 -req -days 2 -in " + name + ".csr -CA " + ca +
        ".pem -CAkey " + ca + ".key -CAcreateserial -extfile ext -out " + name + ".pem");
  }
  [[nodiscard]] std::string path(const std::string& name) const {
    return (directory / name).string();
  }

  std::filesystem::path directory;
};

}  // namespace varve::api
