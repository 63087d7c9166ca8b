// Which key, and its signature.
#include "tools/keys/holder.h"

#include <array>

#include "tools/keys/key_note.h"

namespace varve::keys {

void holder_options(CLI::App& command, HolderArguments& to) {
  token_options(command, to.token);
  command.add_option("--key", to.key, "your key: pkcs11:object=LABEL")->required();
  command
      .add_option("--name", to.name,
                  "your name, as the log knows it; the log's origin for its own key")
      ->required();
}

Result<std::string> signed_by(const HolderArguments& holder, const std::string& text) {
  ASSIGN_OR_RETURN(const auto token, open_token(holder.token));
  ASSIGN_OR_RETURN(const auto key, find_key(*token, holder.key, holder.name));
  return sign_text(*token, text, std::array{key});
}

}  // namespace varve::keys
