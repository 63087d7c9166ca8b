// Reads it, and says which file a mistake is in.
#include "tools/varved/tokens_file.h"

#include "ledger/env/posix.h"
#include "tools/common/files.h"

namespace varve::tools {
namespace {

constexpr std::size_t kTokensFileMax = 4u << 20;

}  // namespace

Result<api::Tokens> load_tokens(const std::string& path) {
  RETURN_IF_ERROR(env::check_mode(path, env::Others::kRead));
  ASSIGN_OR_RETURN(const Buffer text, read_file(path, kTokensFileMax));
  auto tokens = api::Tokens::parse(text_of(text));
  if (!tokens) return invalid(path + ": " + tokens.error().message);
  return tokens;
}

}  // namespace varve::tools
