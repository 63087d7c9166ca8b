// One document each.
#include "api/witness/witness_texts.h"

#include <array>
#include <string_view>

#include "api/common/json.h"

namespace varve::api {
namespace {

/// By Means.
constexpr std::array<std::string_view, witness::kMeanings> kMeaningNames{
    "cosigned",   "malformed",    "unknown-log", "not-signed", "conflict",
    "not-proven", "contradicted", "too-often",   "trouble"};

void begin_family(std::string& out, std::string_view name, std::string_view type,
                  std::string_view help) {
  out.append("# HELP ").append(name).append(" ").append(help).append("\n");
  out.append("# TYPE ").append(name).append(" ").append(type).append("\n");
}

void add_gauge(std::string& out, std::string_view name, std::string_view help,
               std::uint64_t value) {
  begin_family(out, name, "gauge", help);
  out.append(name).append(" ").append(std::to_string(value)).append("\n");
}

}  // namespace

std::string witness_json(const format::CosignerKey& key, const std::string& url,
                         const std::string& version) {
  JsonWriter out;
  out.begin_object().key("name").text(key.name);
  out.key("submission_url").text(url + "/").key("monitoring_url").text(url + "/");
  out.key("verifier_keys").begin_array().text(format::format_cosigner_vkey(key)).end_array();
  out.key("software").begin_object().key("name").text("varve-witness");
  out.key("version").text(version).end_object();
  return out.end_object().take() + "\n";
}

std::string readiness_json(const witness::WitnessStatus& status) {
  JsonWriter out;
  out.begin_object().key("status").text("ready").key("logs").number(status.logs);
  out.key("cosigned").number(status.cosigned).key("contradicted").begin_array();
  for (const std::string& name : status.contradicted_names) out.text(name);
  return out.end_array().end_object().take() + "\n";
}

std::string witness_metrics(const witness::WitnessStatus& status) {
  std::string out;
  begin_family(out, "varve_cosigning_answers_total", "counter",
               "answers to requests of logs since the start, by what they mean");
  for (std::size_t i = 0; i < kMeaningNames.size(); ++i)
    out.append("varve_cosigning_answers_total{answer=\"")
        .append(kMeaningNames[i])
        .append("\"} ")
        .append(std::to_string(status.answers[i]))
        .append("\n");
  add_gauge(out, "varve_cosigning_logs", "logs that are listed", status.logs);
  add_gauge(out, "varve_cosigning_cosigned_logs", "logs of which a checkpoint was ever cosigned",
            status.cosigned);
  add_gauge(out, "varve_cosigning_waiting", "requests that wait for the next round",
            status.waiting);
  add_gauge(out, "varve_cosigning_trouble", "1: the last round could not store or sign",
            status.trouble.empty() ? 0 : 1);
  add_gauge(out, "varve_cosigning_contradicted_logs",
            "logs that signed two histories, and are cosigned never again", status.contradicted);
  begin_family(out, "varve_cosigning_contradiction", "gauge", "1: this log signed two histories");
  for (const std::string& name : status.contradicted_names)
    out.append("varve_cosigning_contradiction{origin=").append(json_text(name)).append("} 1\n");
  return out;
}

}  // namespace varve::api
