// Every file that a command takes, exchanged for every other one that is sound by itself: of
// another log, of another size, of another record, or of another kind. It does not fit then, and
// nobody has proven anything wrong: that must not end with the code for "corrupt".
#include <gtest/gtest.h>

#include <map>

#include "fake_server.h"
#include "ledger/verify/renewals.h"
#include "ledger/verify/trust_bundle.h"
#include "run_program.h"
#include "temporary_directory.h"
#include "tests/verify/good_log.h"
#include "tests/verify/log_answers.h"
#include "tools/audit/lib/directory_source.h"
#include "tools/audit/lib/renewed_leaves.h"

namespace varve::audit {

using namespace verify;

namespace {

constexpr std::size_t kRecord = 11;
constexpr std::size_t kSize = 20;

using Papers = std::map<std::string, std::string>;  // name -> path

/// One of each kind, about record `record` in the tree of `size` records of a log.
struct Desk {
  TemporaryDirectory directory;

  std::string leaves(LogBuilder& log, const std::string& name, format::Renewal& made) {
    auto writer = *LeavesWriter::open(directory.file(name));
    rules::TombstoneCheck tombstones(kNowUs);
    const TreeSize size{log.records.size()};
    made = *renew(MemorySource(log.files()), size, size, log.origin,
                  *merkle::find_renewing_function("sha512-256"), tombstones,
                  [&](const auto& next) { return writer.add(next); });
    EXPECT_TRUE(writer.finish());
    return directory.file(name);
  }

  /// The log goes on with a renewal.
  Papers lay_out(LogBuilder& log, const std::string& prefix, std::size_t record, std::size_t size) {
    Papers papers;
    const auto put = [&](const std::string& kind, const std::string& text) {
      papers[kind] = directory.write(prefix + kind, text);
    };
    format::Renewal made;
    papers["leaves"] = leaves(log, prefix + "leaves", made);
    const std::size_t at = log.records.size();
    log.control(format::Kind::kRenewal,
                sign_note(format::renewal_text(made), {log.active.front()}));
    log.server_batch(2);
    const std::size_t now = log.records.size();
    put("statement", proof_file(log, at, now));
    put("proof", proof_file(log, record, size));
    put("checkpoint", log.checkpoint(size));
    put("receipt", receipt_json(log, record, 1, size, false));
    put("consistency", consistency_json(log, size, now));
    put("keys", std::string(text_of(log.files().at("keys"))));
    put("bundle", *make_bundle(log.first.verifier, text_of(log.files().at("keys"))));
    const format::RenewalProof asked{LeafIndex{record},       1, TreeSize{size}, {}, {},
                                     proof_file(log, at, now)};
    put("renewal", format::format_renewal_proof(*prove_renewed(papers["leaves"], made, asked)));
    for (const auto& [path, bytes] : log.files())
      directory.write(prefix + "export/" + export_path(path), std::string(text_of(bytes)));
    papers["export"] = directory.file(prefix + "export");
    return papers;
  }
};

/// A command's words; a word in braces is the paper of that kind.
using Words = std::vector<std::string>;
const std::vector<Words> kCommands{
    {"verify", "{proof}", "--vkey", "VKEY"},
    {"verify", "{checkpoint}", "--vkey", "VKEY"},
    {"verify", "{proof}", "--vkey", "VKEY", "--keys", "{keys}"},
    {"verify", "{checkpoint}", "--bundle", "{bundle}", "--consistency", "{consistency}"},
    {"verify", "{checkpoint}", "--vkey", "VKEY", "--bundle", "{bundle}"},
    {"verify", "{proof}", "--bundle", "{bundle}", "--renewal", "{renewal}"},
    {"keys", "--vkey", "VKEY", "--bundle", "{bundle}"},
    {"check", "{export}", "--vkey", "VKEY", "--since", "{checkpoint}"},
    {"renew", "{export}", "--vkey", "VKEY", "--check", "{statement}"},
    {"renewal-proof", "{leaves}", "--vkey", "VKEY", "--receipt", "{proof}", "--renewal",
     "{statement}", "--out", "OUT"},
    {"renewal-proof", "{leaves}", "--vkey", "VKEY", "--receipt", "{receipt}", "--renewal",
     "{statement}", "--out", "OUT"},
};

bool is_paper(const std::string& word) {
  return word.starts_with('{');
}

struct OtherPapers : ::testing::Test {
  Desk desk;
  LogBuilder log{"audit.example.org/ward"};
  Papers right;
  std::vector<Papers> others;

  OtherPapers() {
    log.server_batch(40);
    LogBuilder foreign{"audit.example.org/other"};
    foreign.server_batch(40);
    right = desk.lay_out(log, "right-", kRecord, kSize);
    others.push_back(desk.lay_out(foreign, "foreign-", kRecord, kSize));
    others.push_back(desk.lay_out(log, "later-", kRecord + 2, kSize + 4));
  }
  /// `words` with the right papers, but `paper` at place `at`.
  [[nodiscard]] Ran run_with(const Words& words, std::size_t at, const std::string& paper) const {
    std::string line;
    for (std::size_t k = 0; k < words.size(); ++k) {
      std::string word = words[k];
      if (word == "VKEY") word = "'" + format::format_vkey(log.first.verifier) + "'";
      if (word == "OUT") word = desk.directory.file("out");
      if (is_paper(word)) word = right.at(word.substr(1, word.size() - 2));
      line += (k == at ? paper : word) + " ";
    }
    return run(line);
  }
};

TEST_F(OtherPapers, DoNotFitAndAreNotCorrupt) {
  int refused = 0;
  for (const Words& words : kCommands) {
    const Ran good = run_with(words, words.size(), "");
    EXPECT_EQ(good.exit, 0) << good.text;
    for (std::size_t at = 0; at < words.size(); ++at) {
      if (!is_paper(words[at]) || words[at] == "{export}") continue;
      for (const Papers& papers : others)
        for (const auto& [kind, path] : papers) {
          if (kind == "export") continue;
          const Ran ran = run_with(words, at, path);
          EXPECT_TRUE(ran.exit == 0 || ran.exit == 10 || ran.exit == 11)
              << ran.exit << ": " << words[0] << " with " << path << " for " << words[at] << "\n"
              << ran.text;
          refused += ran.exit == 10 ? 1 : 0;
        }
    }
  }
  EXPECT_GT(refused, 200);
}

// A copy of one log takes nothing of another, and nobody says that a log was cut.
TEST_F(OtherPapers, OfAnExportOfAnotherLogAreLeftAlone) {
  FakeServer server;
  server.serve(log);
  for (const char* command : {"fetch", "mirror"}) {
    const std::string checkpoint = others[0].at("export") + "/checkpoint";
    const Ran ran = run(std::string(command) + " " + server.url() + " " + others[0].at("export") +
                        " --vkey '" + format::format_vkey(log.first.verifier) + "'");
    expect(ran, 10, "takes none of audit.example.org/ward");
    EXPECT_EQ(desk.directory.read("foreign-export/checkpoint").find("audit.example.org/other"), 0U);
  }
}

}  // namespace
}  // namespace varve::audit
