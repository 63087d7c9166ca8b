// One counter for each fate, so that those that nothing met say so.
#include "api/access/message_counts.h"

#include <prometheus/counter.h>
#include <prometheus/registry.h>

#include <string_view>

namespace varve::api {

std::string_view fate_name(Fate fate) {
  switch (fate) {
    case Fate::kAppended:
      return "appended";
    case Fate::kRefused:
      return "refused";
    case Fate::kUnconfirmed:
      return "unconfirmed";
    case Fate::kDropped:
      break;
  }
  return "dropped";
}

MessageCounts::MessageCounts(const std::string& listener, const std::string& log,
                             prometheus::Registry& registry) {
  auto& family = prometheus::BuildCounter()
                     .Name("varve_messages_total")
                     .Help("messages that listeners received, by listener, log and outcome")
                     .Register(registry);
  for (std::size_t i = 0; i < kFates; ++i)
    counters_[i] = &family.Add({{"listener", listener},
                                {"log", log},
                                {"outcome", std::string{fate_name(static_cast<Fate>(i))}}});
}

void MessageCounts::add(Fate fate, std::uint64_t messages) {
  if (messages != 0)
    counters_[static_cast<std::size_t>(fate)]->Increment(static_cast<double>(messages));
}

}  // namespace varve::api
