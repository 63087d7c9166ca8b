// The commands in a document's shell blocks, as words.
#pragma once

#include <string>
#include <vector>

#include "documents.h"

namespace varve::docs {

/// One simple command: its words without quotes, redirections and assignments before it.
struct Command {
  std::vector<std::string> words;
  std::size_t line = 0;  // in the document
};

/// Splits at newlines (backslash continues a line), ';', '&&', '||', '|' and '&'. Comments and the
/// bodies of here-documents are dropped; "$ " at the start of a line is a prompt. Shell keywords
/// and what a $(...) holds are not understood: documents do without them.
std::vector<Command> commands_in(const Block& block);

}  // namespace varve::docs
