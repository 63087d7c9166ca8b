// The example at the end of ledger.h compiles, and does what it says.
#include <gtest/gtest.h>

#include <future>
#include <string>
#include <utility>

#include "tests/directories.h"
#include "tests/log/files.h"
#include "tests/log/world.h"

namespace varve {
namespace {

// clang-format off
Result<format::Receipt> example(const LogOptions& options, const Environment& environment) {
  auto log = Log::open(options, environment);
  if (!log) return log.error();
  EventRequest request;
  request.sender = {format::SenderKind::kClient, "ward-7"};
  request.body = to_buffer(bytes_of("{\"read\":\"record 17\"}"));
  request.events.push_back({"application/json", request.body, environment.clock.now_us()});
  std::promise<Result<Appended>> promise;
  (*log)->append(std::move(request), [&promise](Result<Appended> done) {
    promise.set_value(std::move(done));
  });
  const Result<Appended> appended = promise.get_future().get();
  if (!appended) return appended.error();  // not acknowledged: repeating it is safe with a key
  return (*log)->receipt(*appended);       // durable, signed, and provable for ever
}
// clang-format on

/// The lines of the header's last comment, without what makes them one.
std::string example_in_header() {
  const std::string header = testing::bytes_in(source_file("ledger/ledger.h"));
  std::string code = header.substr(header.find("// Example:"));
  code.erase(0, code.find("\n//\n") + 4);
  std::string out;
  for (std::size_t at = 0; at < code.size(); at = code.find('\n', at) + 1) {
    const std::string line = code.substr(at, code.find('\n', at) - at);
    EXPECT_TRUE(line.starts_with("//   ")) << line;
    out += "  " + line.substr(5) + "\n";
  }
  return out;
}

TEST(Header, EndsWithAnExampleThatReturnsAReceiptWhichVerifies) {
  testing::World world;
  const auto receipt = example(world.options, world.environment());
  ASSERT_TRUE(receipt) << receipt.error().message;
  ASSERT_TRUE(world.open());
  const auto event = world.log->records(receipt->first_index, 1);
  ASSERT_TRUE(event);
  EXPECT_EQ(format::decode_record(event->front())->kind, format::Kind::kEvent);
  EXPECT_EQ(receipt->count, 1u);
  EXPECT_TRUE(format::open_checkpoint(receipt->checkpoint, world.options.origin,
                                      std::span(&world.first_key.key, 1)));
}

TEST(Header, EndsWithTheExampleThatIsCompiledHere) {
  const std::string here = testing::bytes_in(source_file("tests/log/example_test.cc"));
  EXPECT_NE(here.find("environment) {\n" + example_in_header() + "}\n"), std::string::npos)
      << example_in_header();
}

}  // namespace
}  // namespace varve
