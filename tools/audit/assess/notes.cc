// varve-keys signs whatever is a policy, a hold or a disposal by its form.
#include "tools/audit/assess/notes.h"

#include <filesystem>

#include "ledger/base/text.h"
#include "ledger/format/json.h"
#include "ledger/format/note.h"
#include "tools/common/files.h"

namespace varve::audit::assess {
namespace {

constexpr const char* kSoftHsm = "/usr/lib/softhsm/libsofthsm2.so";
constexpr std::size_t kSignatureBytes = 64;

std::string pin_file(const Site& site, const std::string& name) {
  return site.scratch + "/people/" + name + "-pin";
}

Words person_token(const Site& site, const std::string& name) {
  return {"--module", kSoftHsm,
          "--token",  "pkcs11:token=" + name,
          "--pin",    "file:" + pin_file(site, name)};
}

Words joined(Words words, const Words& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

/// The name under which the log's key signs: that of the log which the text is about.
std::string origin_in(const std::string& text) {
  constexpr std::string_view kLine = "\norigin ";
  const std::size_t at = text.find(kLine);
  if (at == std::string::npos) return "";
  const std::size_t begin = at + kLine.size();
  return text.substr(begin, text.find('\n', begin) - begin);
}

Result<void> sign(Site& site, Signer signer, const std::string& name_of_log,
                  const std::string& file) {
  if (signer == Signer::kLog) {
    if (site.key.empty())
      return not_found("the configuration names no key on a token: give one with --key");
    ASSIGN_OR_RETURN(const Variables variables,
                     tools::variables_of(site.config.hsm, site.config.further_hsms));
    const Words words =
        keys_words(site, {"approve", "--key", site.key, "--name", name_of_log, file});
    RETURN_IF_ERROR(must_run(site, words, variables));
    return {};
  }
  const std::string name = signer == Signer::kAnn ? kAnn : kBob;
  Words words = joined({program("varve-keys"), "approve"}, person_token(site, name));
  words = joined(words, {"--key", "pkcs11:object=" + name, "--name", name, file});
  RETURN_IF_ERROR(must_run(site, words, people_variables(site)));
  return {};
}

std::string first_line(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

}  // namespace

std::string unsigned_note(const std::string& text) {
  format::Note note{text, {{"assess", 1, Buffer(kSignatureBytes)}}};
  return format::format_note(note);
}

Words keys_words(const Site& site, const Words& words) {
  Words all{program("varve-keys")};
  all = joined(all, words);
  return joined(all, {"--config", site.asked.config, "--log", site.log.name});
}

Result<Answered> must_run(Site& site, const Words& words, const Variables& variables) {
  ASSIGN_OR_RETURN(Answered answered, run_with(site, words, variables));
  if (answered.code == 0) return answered;
  return invalid(answered.command + " ended with " + std::to_string(answered.code) + ": " +
                 answered.text);
}

Result<void> approve_file(Site& site, const std::vector<Signer>& signers, const std::string& file) {
  for (const Signer signer : signers) RETURN_IF_ERROR(sign(site, signer, site.log.origin, file));
  return {};
}

Result<std::string> signed_note(Site& site, const std::string& text,
                                const std::vector<Signer>& signers) {
  const std::string file = site.fresh("note");
  RETURN_IF_ERROR(tools::replace_file(file, bytes_of(unsigned_note(text))));
  for (const Signer signer : signers) RETURN_IF_ERROR(sign(site, signer, origin_in(text), file));
  ASSIGN_OR_RETURN(const Buffer note, tools::read_file(file, format::kNoteMax));
  return std::string(text_of(note));
}

Result<Answered> post_note(const Site& site, Who who, const std::string& note,
                           const std::string& hold_text) {
  std::string body = "{\"note\":" + format::json_quoted(note);
  if (!hold_text.empty()) body += ",\"text\":" + format::json_quoted(hold_text);
  return ask(site, who, {"POST", site.path("/retention"), "application/json", body + "}"});
}

Variables people_variables(const Site& site) {
  return {{"SOFTHSM2_CONF", site.scratch + "/people/softhsm2.conf"}};
}

Result<tools::HsmConfig> make_token(Site& site, const std::string& label) {
  const std::string directory = site.scratch + "/people";
  std::error_code failed;
  std::filesystem::create_directories(directory + "/tokens", failed);
  if (failed) return io_error("cannot make " + directory);
  const auto write = [](const std::string& path, const std::string& text) {
    return tools::replace_file(path, bytes_of(text));
  };
  RETURN_IF_ERROR(write(directory + "/softhsm2.conf",
                        "directories.tokendir = " + directory +
                            "/tokens\nobjectstore.backend = file\nlog.level = ERROR\n"));
  RETURN_IF_ERROR(write(pin_file(site, label), "of-this-run-alone\n"));
  const std::string pin = "file:" + pin_file(site, label);
  const Words made = {program("varve-keys"),
                      "init-token",
                      "--module",
                      kSoftHsm,
                      "--label",
                      label,
                      "--so-pin",
                      pin,
                      "--pin",
                      pin};
  RETURN_IF_ERROR(must_run(site, made, people_variables(site)));
  tools::HsmConfig token;
  token.module = kSoftHsm;
  token.token = "pkcs11:token=" + label;
  token.pin = pin;
  token.environment = people_variables(site);
  return token;
}

Result<std::vector<std::string>> make_people(Site& site) {
  std::vector<std::string> vkeys;
  for (const std::string name : {kAnn, kBob}) {
    RETURN_IF_ERROR(make_token(site, name));
    Words create = joined({program("varve-keys"), "create"}, person_token(site, name));
    create = joined(create, {"--label", name, "--origin", name});
    ASSIGN_OR_RETURN(const Answered created, must_run(site, create, people_variables(site)));
    vkeys.push_back(first_line(created.text));
  }
  return vkeys;
}

}  // namespace varve::audit::assess
