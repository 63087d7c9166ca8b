// Text exposition format, a dozen lines.
#include "tools/common/metrics_file.h"

#include <filesystem>

#include "tools/common/files.h"

namespace varve::tools {

namespace fs = std::filesystem;

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

Result<void> replace_metrics_file(const std::string& path, const std::string& text) {
  RETURN_IF_ERROR(replace_file(path, bytes_of(text)));
  std::error_code failed;
  fs::permissions(path,
                  fs::perms::owner_write | fs::perms::owner_read | fs::perms::group_read |
                      fs::perms::others_read,
                  failed);
  if (failed) return io_error(path + ": " + failed.message() + " while letting all read it");
  return {};
}

}  // namespace varve::tools
