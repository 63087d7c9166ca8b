// The one place that knows the version; the build says which it is, and with what it was made.
#include "tools/common/version.h"

#include <openssl/crypto.h>
#include <sodium.h>

#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <string_view>

#include "tools/common/commit.h"

namespace varve::tools {
namespace {

/// Of "openssl=3.0.17,lmdb=0.9.24".
boost::json::object versions_in(std::string_view list) {
  boost::json::object versions;
  while (!list.empty()) {
    const std::string_view entry = list.substr(0, list.find(','));
    const std::size_t equals = entry.find('=');
    versions[entry.substr(0, equals)] = entry.substr(equals + 1);
    list.remove_prefix(std::min(list.size(), entry.size() + 1));
  }
  return versions;
}

}  // namespace

std::string version_line(const std::string& program) {
  return program + " " + VARVE_VERSION;
}

std::string version_json(const std::string& program) {
  const std::string_view sources = commit();
  boost::json::object out{{"program", program}, {"version", VARVE_VERSION}, {"commit", nullptr}};
  if (!sources.empty()) out["commit"] = sources;
  out["build_type"] = VARVE_BUILD_TYPE;
  out["sanitizer"] = VARVE_SANITIZER;
  out["compiler"] = VARVE_COMPILER;
  out["libraries"] = versions_in(VARVE_LIBRARIES);
  out["running"] = {{"openssl", OpenSSL_version(OPENSSL_VERSION_STRING)},
                    {"libsodium", sodium_version_string()}};
  return boost::json::serialize(out);
}

}  // namespace varve::tools
