// Reads Markdown line by line: fences, headings, links, code spans.
#include "documents.h"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <regex>

#include "ledger/base/check.h"
#include "tests/directories.h"

namespace varve::docs {
namespace {

namespace fs = std::filesystem;

std::string anchor_of(const std::string& heading) {
  std::string anchor;
  for (const char c : heading) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_')
      anchor += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    else if (c == ' ')
      anchor += '-';
  }
  return anchor;
}

void find_all(const std::string& line, const std::regex& form, std::size_t number,
              std::vector<Link>& out) {
  for (std::sregex_iterator hit(line.begin(), line.end(), form), end; hit != end; ++hit)
    out.push_back({(*hit)[1], number});
}

void parse_text_line(const std::string& line, std::size_t number, Document& document) {
  static const std::regex link(R"(\]\(([^)\s]+)\))");
  static const std::regex code("`([^`]+)`");
  find_all(line, link, number, document.links);
  find_all(line, code, number, document.code_spans);
  if (line.starts_with("#"))
    document.headings.push_back(anchor_of(line.substr(std::min(line.size(), line.find(' ') + 1))));
}

std::vector<std::string> read_lines(const fs::path& path) {
  std::ifstream in(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(std::move(line));
  return lines;
}

std::vector<Document> read_all() {
  const fs::path top = source_file("");
  std::vector<Document> documents;
  const auto add = [&](const fs::path& path) {
    documents.push_back(parse_document(fs::relative(path, top).generic_string(), read_lines(path)));
  };
  add(top / "README.md");
  add(top / "CHANGELOG.md");
  for (const auto& entry : fs::recursive_directory_iterator(top / "docs"))
    if (entry.path().extension() == ".md") add(entry.path());
  std::ranges::sort(documents, {}, &Document::path);
  return documents;
}

}  // namespace

Document parse_document(std::string path, std::vector<std::string> lines) {
  Document document{std::move(path), {}, {}, {}, {}, std::move(lines)};
  bool inside = false;
  for (std::size_t i = 0; i < document.lines.size(); ++i) {
    const std::string& line = document.lines[i];
    const std::size_t text = line.find_first_not_of(' ');
    if (text != std::string::npos && line.compare(text, 3, "```") == 0) {
      inside = !inside;
      if (inside) document.blocks.push_back({line.substr(text + 3), i + 1, {}});
    } else if (inside) {
      document.blocks.back().lines.push_back(line);
    } else {
      parse_text_line(line, i + 1, document);
    }
  }
  return document;
}

const std::vector<Document>& all_documents() {
  static const std::vector<Document> documents = read_all();
  return documents;
}

const Document& document(const std::string& path) {
  const auto found = std::ranges::find(all_documents(), path, &Document::path);
  CHECK(found != all_documents().end());
  return *found;
}

}  // namespace varve::docs
