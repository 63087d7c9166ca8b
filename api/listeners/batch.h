// Messages that arrived together, and are appended together: one request to the log, and one receipt
// behind all the answers to them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/ledger.h"

namespace varve::api {

/// A connection reads on while it is smaller.
inline constexpr std::size_t kBatchBytes = 1u << 20;
inline constexpr std::size_t kBatchMessages = 8192;

/// Thread: one at a time.
class MessageBatch {
 public:
  /// `media_type`: static text. `time_us`: when it was received. False: no record holds it.
  [[nodiscard]] bool add(std::string_view message, std::string_view media_type,
                         std::uint64_t time_us);
  /// What a sender of RELP is answered behind the answers before it. Static text.
  void answer(std::uint32_t number, unsigned status, std::string_view text);
  /// The same for the message that was added last: 200 once it is appended, else 500.
  void answer_as_appended(std::uint32_t number);

  [[nodiscard]] bool empty() const { return messages_.empty() && answers_.empty(); }
  [[nodiscard]] bool full() const {
    return body_.size() >= kBatchBytes || messages_.size() >= kBatchMessages ||
           answers_.size() >= kBatchMessages;
  }
  [[nodiscard]] std::size_t bytes() const { return body_.size(); }
  [[nodiscard]] std::size_t messages() const { return messages_.size(); }

  /// `key` names this batch and no other: the same batch again is then not stored again.
  [[nodiscard]] EventRequest request(const Hash& key) const;
  /// `appended`: or refused for ever.
  [[nodiscard]] std::string answers(bool appended) const;

 private:
  struct Message {
    std::size_t length = 0;
    std::string_view media_type;
    std::uint64_t time_us = 0;
  };
  struct Answer {
    std::uint32_t number = 0;
    unsigned status = 0;  // 0: as the append ends
    std::string_view text;
  };
  Buffer body_;
  std::vector<Message> messages_;  // one behind the other in body_
  std::vector<Answer> answers_;
};

}  // namespace varve::api
