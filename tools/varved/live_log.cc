// Two requests: the key history, which comes with the newest checkpoint, and the proof.
#include "tools/varved/live_log.h"

#include "ledger/merkle/proof.h"
#include "ledger/verify/answers.h"
#include "ledger/verify/checkpoints.h"
#include "ledger/verify/open_keys.h"
#include "tools/client/problem.h"

namespace varve::tools {
namespace {

Result<std::string> ask_live(client::HttpClient& client, const std::string& path) {
  auto answer = client::expect_success(client.get(path));
  if (!answer) return std::move(answer).error().during("asking the server for " + path);
  return std::move(answer->body);
}

/// What is malformed is a finding too: nobody typed it.
Error not_so(const std::string& what, const Error& why) {
  return {why.code == Code::kInvalid ? Code::kCorrupt : why.code, what + why.message};
}

Result<void> is_beginning(client::HttpClient& client, const format::Checkpoint& older,
                          const format::Checkpoint& newer) {
  if (older.size == newer.size)
    return merkle::verify_consistency(older.size, newer.size, {}, older.root, newer.root);
  ASSIGN_OR_RETURN(const std::string proof,
                   ask_live(client, "/proof/consistency?from=" + std::to_string(older.size.value) +
                                        "&to=" + std::to_string(newer.size.value)));
  return verify::open_consistency(proof, older, newer);
}

}  // namespace

Result<Compared> compare_with(const LiveLog& log, const std::string& note) {
  ASSIGN_OR_RETURN(const client::Url url, client::parse_url(log.url));
  ASSIGN_OR_RETURN(client::HttpClient client, client::HttpClient::open(url, log.http));
  ASSIGN_OR_RETURN(const std::string history, ask_live(client, "/keys"));
  const auto keys = verify::open_keys(history, log.first);
  if (!keys) return not_so("the server's keys: ", keys.error());
  const auto copy = verify::open_older_checkpoint(note, keys->timeline);
  if (!copy) return not_so("the mirror's checkpoint: ", copy.error());
  const Compared both{copy->checkpoint, keys->under.checkpoint};
  if (both.live.size < both.copy.size)
    return corrupt("the server has " + std::to_string(both.live.size.value) +
                   " records and the mirror " + std::to_string(both.copy.size.value) +
                   ": the server lost what it had, or is another one. Keep both as they are");
  if (auto begins = is_beginning(client, both.copy, both.live); !begins)
    return not_so("the mirror is not a beginning of what the server has: ", begins.error());
  return both;
}

}  // namespace varve::tools
