// RELP: each message is answered, in the order in which they came.
#include "api/ingest/relp_dialogue.h"
#include "api/ingest/relp_framing.h"
#include "api/ingest/syslog_media_type.h"
#include "api/listeners/protocol.h"

namespace varve::api {
namespace {

class RelpProtocol final : public Protocol {
 public:
  void add(std::string_view bytes) override { dialogue_.add(bytes); }
  Result<Taken> take(MessageBatch& batch, std::uint64_t time_us) override {
    const auto step = dialogue_.next();
    if (!step) return step.error();
    switch (step->kind) {
      case RelpStep::Kind::kMore:
        return Taken::kMore;
      case RelpStep::Kind::kMessage:
        return take_message(*step, batch, time_us);
      case RelpStep::Kind::kAnswer:
        batch.answer(step->number, step->status, step->text);
        return Taken::kOne;
      case RelpStep::Kind::kEnd:
        break;
    }
    if (step->number != 0) batch.answer(step->number, step->status, step->text);
    if (step->status >= kRelpRefused) return invalid(std::string{step->text});
    return Taken::kEnd;
  }
  /// The sender was not answered, and sends it again.
  bool finish(MessageBatch& /*batch*/, std::uint64_t /*time_us*/) override { return true; }
  [[nodiscard]] std::size_t held() const override { return dialogue_.held(); }
  void shrink() override { dialogue_.shrink(); }
  [[nodiscard]] std::string_view goodbye() const override { return "0 serverclose 0\n"; }

 private:
  static Taken take_message(const RelpStep& step, MessageBatch& batch, std::uint64_t time_us) {
    if (batch.add(step.message, syslog_media_type(step.message, SyslogFrame::kWhole), time_us)) {
      batch.answer_as_appended(step.number);
      return Taken::kOne;
    }
    batch.answer(step.number, kRelpRefused, "the message is larger than a record can be");
    return Taken::kTooLarge;
  }

  RelpDialogue dialogue_;
};

}  // namespace

std::unique_ptr<Protocol> relp_protocol() {
  return std::make_unique<RelpProtocol>();
}

}  // namespace varve::api
