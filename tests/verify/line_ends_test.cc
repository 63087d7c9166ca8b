// What a sender posted as lines, held against its receipt: one LF ends an event, and whatever else
// is there belongs to it, as the server takes it (docs/API.md).
#include <gtest/gtest.h>

#include "good_log.h"
#include "ledger/verify/verify_file.h"
#include "log_answers.h"

namespace varve::verify {
namespace {

/// The receipt of these events, which the server sealed as one batch.
struct Posted {
  LogBuilder log;
  std::string receipt;

  explicit Posted(const std::vector<std::string>& payloads) {
    const std::size_t first = log.records.size();
    for (std::size_t k = 0; k < payloads.size(); ++k) log.event(format::kLogItself, k, payloads[k]);
    receipt = receipt_json(log, first, payloads.size(), log.records.size(), true);
  }
  [[nodiscard]] Result<ProvenRange> verify(const std::string& body) const {
    const Trust trust{log.origin, log.first.verifier, {}, {}};
    return verify_events_receipt(receipt, trust, bytes_of(body));
  }
};

// All events of up to three bytes of these, two at a time: with a CR in any place, or blanks alone.
TEST(LineEnds, AreOneLineFeedAndNothingElse) {
  std::vector<std::string> texts{""};
  for (std::size_t k = 0; k < texts.size(); ++k)
    if (texts[k].size() < 3)
      for (const char c : {'\r', '{', ' '}) texts.push_back(texts[k] + c);
  for (const std::string& one : texts)
    for (const std::string& two : {texts[1], texts[2], texts[7], texts.back()}) {
      SCOPED_TRACE(testing::PrintToString(one) + " then " + testing::PrintToString(two));
      const Posted posted({one, two});
      for (const std::string& end : {std::string("\n"), std::string()}) {
        const auto verified = posted.verify(one + "\n" + two + end);
        EXPECT_TRUE(verified) << verified.error().message;
      }
      for (const std::string& wrong : {one + "\r\n" + two, one + "\n\n" + two, one + two})
        EXPECT_FALSE(posted.verify(wrong)) << testing::PrintToString(wrong);
      EXPECT_FALSE(posted.verify(one + "\n" + two + "\n\n"));
      EXPECT_FALSE(posted.verify(one + "\n" + two + "\r"));
    }
}

// One event that was posted by itself is all of the body, line ends included.
TEST(LineEnds, BelongToAnEventThatWasPostedWhole) {
  for (const std::string event : {"\r", "\n", "\r\n", "a\n", "\na", "a\r\nb\n"}) {
    const Posted posted({event});
    EXPECT_TRUE(posted.verify(event));
    EXPECT_FALSE(posted.verify("x" + event));
  }
}

}  // namespace
}  // namespace varve::verify
