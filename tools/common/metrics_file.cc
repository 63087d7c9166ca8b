// Text exposition format, a dozen lines.
#include "tools/common/metrics_file.h"

#include "ledger/env/posix.h"
#include "tools/common/files.h"
#include "tools/common/new_file.h"

namespace varve::tools {
namespace {

constexpr std::string_view kEnd = ".prom";

/// Nobody finds it unreadable, and nothing is left of one that could not be made so.
Result<void> replace(const PathParts& parts, const std::string& text) {
  ASSIGN_OR_RETURN(const auto files, env::open_posix(parts.directory));
  ASSIGN_OR_RETURN(NewFile file, NewFile::create(*files, parts.name));
  RETURN_IF_ERROR(file.file().write(ByteOffset{0}, bytes_of(text)));
  RETURN_IF_ERROR(file.let_all_read());
  RETURN_IF_ERROR(file.publish());
  return files->sync_directory("");
}

}  // namespace

std::string metric_labels(
    const std::vector<std::pair<std::string_view, std::string_view>>& labels) {
  std::string out;
  for (const auto& [name, value] : labels) {
    out.append(out.empty() ? "{" : ",").append(name).append("=\"");
    for (const char c : value) {
      if (c == '"' || c == '\\') out.push_back('\\');
      out.push_back(c);
    }
    out.append("\"");
  }
  return out.append("}");
}

std::string metric_text(const std::string& name, const char* type, const char* help,
                        const std::string& labels, const std::string& value) {
  return "# HELP " + name + " " + help + "\n# TYPE " + name + " " + type + "\n" + name + labels +
         " " + value + "\n";
}

Result<void> check_metrics_path(const std::string& path) {
  if (path.ends_with(kEnd) && split_path(path).name != kEnd) return {};
  return invalid(path + " is no name for a file of metrics: end it in " + std::string(kEnd) +
                 ". What is there is replaced");
}

Result<void> replace_metrics_file(const std::string& path, const std::string& text) {
  RETURN_IF_ERROR(check_metrics_path(path));
  auto replaced = replace(split_path(path), text);
  if (!replaced) return std::move(replaced).error().during("writing " + path);
  return replaced;
}

}  // namespace varve::tools
