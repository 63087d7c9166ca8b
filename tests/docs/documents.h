// The project's Markdown documents, taken apart as far as the tests need.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace varve::docs {

struct Block {
  std::string language;            // the words after the opening fence
  std::size_t line = 0;            // of the fence, counted from 1
  std::vector<std::string> lines;  // between the fences
};

struct Link {
  std::string target;
  std::size_t line = 0;
};

struct Document {
  std::string path;  // relative to the top of the project
  std::vector<Block> blocks;
  std::vector<Link> links;            // [text](target) outside of blocks
  std::vector<Link> code_spans;       // `text` outside of blocks
  std::vector<std::string> headings;  // as the anchors that GitHub makes of them
  std::vector<std::string> lines;
};

/// README, CHANGELOG and everything under docs/, sorted by path.
const std::vector<Document>& all_documents();

/// "docs/ERRORS.md", or a CHECK when there is no such document.
const Document& document(const std::string& path);

Document parse_document(std::string path, std::vector<std::string> lines);

}  // namespace varve::docs
