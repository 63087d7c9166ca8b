// Its journal says when it listens: nothing is asked of it.
#include "tools/audit/assess/second_server.h"

#include <chrono>
#include <fstream>
#include <iterator>
#include <thread>

#include "ledger/format/json.h"
#include "tools/common/files.h"

namespace varve::audit::assess {
namespace {

constexpr int kLooks = 6'000;  // of 20 ms

std::string entry(std::string_view key, const std::string& text) {
  return std::string(key) + " = " + format::json_quoted(text) + "\n";
}

std::string token_table(const std::string& table, const tools::HsmConfig& hsm) {
  std::string text = table + "\n" + entry("module", hsm.module) + entry("token", hsm.token) +
                     entry("pin", hsm.pin) + "timeout_ms = " + std::to_string(hsm.timeout_ms) +
                     "\n";
  std::string variables;
  for (const auto& [name, value] : hsm.environment)
    variables.append(variables.empty() ? "" : ", ")
        .append(name)
        .append(" = ")
        .append(format::json_quoted(value));
  return variables.empty() ? text : text + "environment = {" + variables + "}\n";
}

std::string all_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// Where the journal says that it listens, on this machine; empty: not yet.
std::string address_in(const std::string& journal) {
  constexpr std::string_view kPort = "\"port\":";
  const std::size_t event = journal.find("\"listening\"");
  const std::size_t at = event == std::string::npos ? event : journal.find(kPort, event);
  if (at == std::string::npos) return "";
  const std::size_t begin = at + kPort.size();
  const std::size_t end = journal.find_first_not_of("0123456789", begin);
  if (end == std::string::npos) return "";  // the line is not whole yet
  return "127.0.0.1:" + journal.substr(begin, end - begin);
}

Result<std::string> write_tables(Site& site, const std::string& data, const std::string& marks,
                                 const std::string& tokens) {
  const std::string clients = site.fresh("no-clients");
  RETURN_IF_ERROR(tools::replace_file(clients, {}));
  std::string text = "[server]\nlisten = \"127.0.0.1:0\"\nplain_http = true\n";
  text += entry("data", data) + entry("tokens", clients) + "\n" + tokens + "\n[[log]]\n";
  text += entry("name", site.log.name) + entry("origin", site.log.origin) +
          entry("key", site.vkey) + entry("kek_prefix", site.log.kek_prefix);
  if (!marks.empty()) text += entry("high_water_mark", marks);
  const std::string path = site.fresh("varved.toml");
  RETURN_IF_ERROR(tools::replace_file(path, bytes_of(text)));
  return path;
}

}  // namespace

std::string end_of(const std::string& path) {
  const std::string text = all_of(path);
  return text.size() <= kAnswerMax ? text : text.substr(text.size() - kAnswerMax);
}

Result<std::string> write_config(Site& site, const std::string& data, const std::string& marks) {
  std::string tokens = token_table("[hsm]", site.config.hsm);
  for (const tools::HsmConfig& hsm : site.config.further_hsms)
    tokens += token_table("\n[[further_hsm]]", hsm);
  return write_tables(site, data, marks, tokens);
}

Result<std::string> write_config_of(Site& site, const std::string& data, const std::string& marks,
                                    const tools::HsmConfig& token) {
  return write_tables(site, data, marks, token_table("[hsm]", token));
}

Result<Serving> serve(Site& site, const std::string& config, const Variables& variables) {
  const std::string output = site.fresh("journal");
  ASSIGN_OR_RETURN(Child child,
                   Child::start({program("varved"), "--config", config}, variables, output));
  Serving serving{std::move(child), output, ""};
  for (int look = 0; look < kLooks; ++look) {
    const bool ended = serving.child.has_ended();  // before the file is read: it is whole then
    serving.address = address_in(all_of(output));
    if (ended || !serving.address.empty()) return serving;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return io_error("varved neither listened nor ended");
}

}  // namespace varve::audit::assess
