// Syslog over a stream.
#include "api/ingest/syslog_media_type.h"
#include "api/listeners/protocol.h"

namespace varve::api {
namespace {

/// Of a frame that is not whole, what belongs to its message.
std::string_view message_in(std::string_view rest, SyslogFraming framing) {
  if (framing != SyslogFraming::kCounted) return rest;
  const std::size_t space = rest.find(' ');
  return space == std::string_view::npos ? std::string_view{} : rest.substr(space + 1);
}

class SyslogProtocol final : public Protocol {
 public:
  explicit SyslogProtocol(SyslogFraming framing) : framer_(framing) {}

  void add(std::string_view bytes) override { framer_.add(bytes); }
  Result<Taken> take(MessageBatch& batch, std::uint64_t time_us) override {
    auto message = framer_.next();
    if (!message) return std::move(message).error();
    if (!*message) return Taken::kMore;
    const bool fits = add_to(batch, **message, SyslogFrame::kWhole, time_us);
    return fits ? Taken::kOne : Taken::kTooLarge;
  }
  bool finish(MessageBatch& batch, std::uint64_t time_us) override {
    const std::string_view message = message_in(framer_.rest(), framer_.framing());
    return message.empty() || add_to(batch, message, SyslogFrame::kUnfinished, time_us);
  }
  [[nodiscard]] std::size_t held() const override { return framer_.rest().size(); }
  void shrink() override { framer_.shrink(); }
  [[nodiscard]] std::string_view goodbye() const override { return {}; }

 private:
  static bool add_to(MessageBatch& batch, std::string_view message, SyslogFrame frame,
                     std::uint64_t time_us) {
    return batch.add(message, syslog_media_type(message, frame), time_us);
  }

  SyslogFramer framer_;
};

}  // namespace

std::unique_ptr<Protocol> syslog_protocol(SyslogFraming framing) {
  return std::make_unique<SyslogProtocol>(framing);
}

}  // namespace varve::api
