// A small reader of simple shell.
#include "commands.h"

namespace varve::docs {
namespace {

class Splitter {
 public:
  explicit Splitter(std::vector<Command>& out) : out_(out) {}

  void line(const std::string& text, std::size_t number) {
    number_ = number;
    for (std::size_t i = 0; i < text.size(); ++i) step(text, i);
    if (quote_ != 0) return;
    end_word();
    if (!continued_) end_command();
    continued_ = false;
  }

 private:
  void step(const std::string& text, std::size_t& i) {
    const char c = text[i];
    if (quote_ != 0) {
      if (c == quote_)
        quote_ = 0;
      else
        word_ += c;
    } else if (c == '\'' || c == '"') {
      quote_ = c;
      in_word_ = true;
    } else if (c == '\\' && i + 1 == text.size()) {
      continued_ = true;
    } else if (c == '#' && !in_word_) {
      i = text.size();
    } else if (c == ';' || c == '|' || c == '&') {
      end_word();
      end_command();
    } else if (c == ' ') {
      end_word();
    } else {
      word_ += c;
      in_word_ = true;
    }
  }

  void end_word() {
    if (!in_word_) return;
    const bool assignment = words_.empty() && word_.find('=') != std::string::npos;
    const std::size_t angle = word_.find_first_of("<>");
    if (after_redirection_) {
      after_redirection_ = false;
    } else if (angle != std::string::npos && angle <= 1) {
      after_redirection_ = word_.find_first_not_of("<>0123456789", angle) == std::string::npos;
    } else if (!assignment) {
      words_.push_back(word_);
    }
    word_.clear();
    in_word_ = false;
  }

  void end_command() {
    if (!words_.empty()) out_.push_back({words_, number_});
    words_.clear();
    after_redirection_ = false;
  }

  std::vector<Command>& out_;
  std::vector<std::string> words_;
  std::string word_;
  std::size_t number_ = 0;
  char quote_ = 0;
  bool in_word_ = false;
  bool continued_ = false;
  bool after_redirection_ = false;
};

// The word that ends the here-document which this line opens, or nothing.
std::string here_document_end(const std::string& line) {
  const std::size_t at = line.find("<<");
  if (at == std::string::npos) return {};
  std::string end;
  for (const char c : line.substr(at + 2))
    if (c != '\'' && c != '"' && c != '-' && c != ' ') end += c;
  return end;
}

}  // namespace

std::vector<Command> commands_in(const Block& block) {
  std::vector<Command> commands;
  Splitter splitter(commands);
  std::string until;
  for (std::size_t i = 0; i < block.lines.size(); ++i) {
    const std::string& line = block.lines[i];
    if (!until.empty()) {
      if (line == until) until.clear();
      continue;
    }
    splitter.line(line.starts_with("$ ") ? line.substr(2) : line, block.line + 1 + i);
    until = here_document_end(line);
  }
  return commands;
}

}  // namespace varve::docs
