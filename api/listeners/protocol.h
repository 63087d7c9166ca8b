// A protocol over one connection: its bytes become messages in a batch, and answers where the protocol
// has any. The session (api/net/message_session.h) knows no more of it.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "api/ingest/syslog_framing.h"
#include "api/listeners/batch.h"
#include "ledger/base/result.h"

namespace varve::api {

/// What became of one step in a stream.
enum class Taken : std::uint8_t {
  kOne,       // a message or an answer is in the batch
  kTooLarge,  // a message that no record holds: it is refused, and the stream goes on
  kMore,      // nothing is whole: more bytes are needed
  kEnd,       // the sender says that nothing more comes
};

/// One connection's. Thread: one at a time.
class Protocol {
 public:
  Protocol() = default;
  virtual ~Protocol() = default;
  Protocol(const Protocol&) = delete;
  Protocol& operator=(const Protocol&) = delete;

  /// Bytes in their order. Take all that is whole before more are added.
  virtual void add(std::string_view bytes) = 0;
  /// `time_us`: now. Errors: kInvalid  the sender broke the protocol: the connection ends, once the
  /// batch, which may hold an answer that says so, is done with.
  virtual Result<Taken> take(MessageBatch& batch, std::uint64_t time_us) = 0;
  /// The stream has ended where no message does. Takes what no answer will make the sender send again.
  /// False: no record holds it.
  [[nodiscard]] virtual bool finish(MessageBatch& batch, std::uint64_t time_us) = 0;
  /// Bytes of a message that has begun.
  [[nodiscard]] virtual std::size_t held() const = 0;
  /// Gives back memory that nothing needs now.
  virtual void shrink() = 0;
  /// What this side sends before it closes; may be empty.
  [[nodiscard]] virtual std::string_view goodbye() const = 0;
};

/// RFC 6587 and RFC 5425. A message is stored as it is in its frame. Nothing is ever answered.
std::unique_ptr<Protocol> syslog_protocol(SyslogFraming framing);
/// A message is the data of a `syslog` frame.
std::unique_ptr<Protocol> relp_protocol();

}  // namespace varve::api
