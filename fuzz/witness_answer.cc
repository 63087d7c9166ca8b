// Answers of witnesses: whatever one says, no cosignature comes of it that its key did not make.
#include "api/outbound/witness_exchange.h"
#include "fuzz/samples.h"
#include "fuzz/target.h"

namespace varve::fuzz {
namespace {

constexpr std::size_t kStatuses = 600;

}  // namespace

/// The first two bytes are the status.
bool accepts(Bytes in) {
  using Means = api::WitnessAnswer::Means;
  if (in.size() < 2) return false;
  const auto status =
      (std::to_integer<std::size_t>(in[0]) << 8 | std::to_integer<std::size_t>(in[1]));
  const format::Checkpoint tree{"log.example", TreeSize{42}, {}};
  const format::SignedCheckpoint checkpoint{tree, note_of(format::checkpoint_text(tree))};
  const std::vector<format::CosignerKey> keys{
      *format::make_cosigner_key("w1.example", ed25519_key("w1.example").key)};
  const client::HttpResponse response{static_cast<int>(status % kStatuses),
                                      "text/x.tlog.size",
                                      {},
                                      std::string(text_of(in.subspan(2)))};
  const auto answer = api::judge_answer(response, {checkpoint, TreeSize{7}, TreeSize{50}, keys});
  CHECK(answer.means != Means::kCosigned);  // nobody has the key
  CHECK(answer.means == Means::kOther || !answer.why.empty());
  CHECK(answer.means != Means::kOther ||
        (answer.size <= TreeSize{50} && answer.size != TreeSize{7}));
  return answer.means == Means::kOther;
}

std::vector<Buffer> seeds() {
  return {
      buffer_of("\x01\x99"
                "9\n")};  // 409
}

}  // namespace varve::fuzz
