// A JSON object with two members before those of the log's keys.
#include "tools/audit/lib/trust_bundle.h"

#include "tools/common/json.h"

namespace varve::audit {
namespace {

constexpr std::string_view kTitle = "varve trust bundle v1";

}  // namespace

Result<std::string> make_bundle(const format::VerifierKey& first, std::string_view keys) {
  RETURN_IF_ERROR(open_keys(keys, first));
  const std::size_t open = keys.find('{');
  CHECK(open != std::string_view::npos);  // it was an object just now
  std::string bundle = "{\"bundle\":" + tools::json_quoted(kTitle) +
                       ",\"first\":" + tools::json_quoted(format::format_vkey(first)) + ",";
  bundle.append(keys.substr(open + 1));
  if (!bundle.ends_with('\n')) bundle.append("\n");
  return bundle;
}

Result<OpenedBundle> open_bundle(std::string_view bundle,
                                 const std::optional<format::VerifierKey>& trusted) {
  ASSIGN_OR_RETURN(const tools::Json json, tools::Json::parse(bundle));
  const auto title = json.text("bundle");
  if (!title || *title != kTitle) return invalid("this is not a trust bundle");
  ASSIGN_OR_RETURN(const std::string vkey, json.text("first"));
  ASSIGN_OR_RETURN(format::VerifierKey first, format::parse_vkey(vkey));
  if (trusted && *trusted != first)
    return corrupt("the bundle begins with another key than the one that is trusted");
  ASSIGN_OR_RETURN(VerifiedKeys keys, open_keys(bundle, first));
  return OpenedBundle{std::move(first), std::move(keys)};
}

}  // namespace varve::audit
