// varve-keys dispose notice beside a small server whose log has just gone on after a stop.
#include <gtest/gtest.h>
#include <httplib.h>

#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "ledger/base/mutex.h"
#include "ledger/base/text.h"
#include "ledger/format/disposal.h"
#include "ledger/format/json.h"
#include "tests/hsm/key_tool.h"

namespace varve::keys {
namespace {

using DisposeNotice = varve::testing::KeyTool;

/// A server whose log's clock is behind the host's, as after a long stop: two months are over, and by its own clock
/// only `due` of them are due.
class StoppedLog {
 public:
  explicit StoppedLog(unsigned due) : due_(due) {
    server_.Get("/logs/card/retention", [this](const auto&, auto& response) {
      response.set_content(view(), "application/json");
    });
    server_.Post("/logs/card/retention", [this](const auto& request, auto& response) {
      const auto note = format::Json::parse(request.body)->text("note");
      const auto notice = *format::parse_notice(*note, format::Mode::kLocked);
      response.status = notice.months.size() <= due_ ? 201 : 409;
      const MutexLock lock(mutex_);
      notices_.push_back(notice);
      response.set_content(
          R"({"type":"/problems/worm","detail":"R23: the month is not due before its time"})",
          "application/problem+json");
    });
    port_ = server_.bind_to_any_port("127.0.0.1");
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    while (!server_.is_running()) std::this_thread::yield();
  }
  ~StoppedLog() {
    server_.stop();
    thread_.join();
  }
  [[nodiscard]] std::string arguments() const {
    return " --log card --bearer-file bearer --server http://127.0.0.1:" + std::to_string(port_);
  }
  /// As they came.
  [[nodiscard]] std::vector<format::Notice> notices() const {
    const MutexLock lock(mutex_);
    return notices_;
  }

 private:
  [[nodiscard]] std::string view() const {
    format::Policy policy;
    policy.origin = DisposeNotice::kOrigin;
    policy.key = *format::parse_vkey(
        "audit.example.org/cardiology+f66763eb+Ac7MFQfcHd1ylZUcKQiI8JWtuQRNG3PWlubfBl1oO9T8");
    const auto month = [](const char* name, int first, const char* due) {
      return R"({"month":")" + std::string(name) + R"(","first":)" + std::to_string(first) +
             R"(,"end":)" + std::to_string(first + 10) + R"(,"due":")" + due + R"(","holds":[]})";
    };
    return R"({"origin":")" + policy.origin +
           R"(","reading":"2016-03-05T00:00:00Z","unit":"days",)" +
           R"("period":30,"notice":7,"wait":30,"policy_text":)" +
           format::json_quoted(format::policy_text(policy)) + R"(,"policy_leaf":")" +
           hex(Hash{}.view()) + R"(","approvals_needed":2,"approvers":[],"quorum":0,)" +
           R"("time_sources":[],"holds":[],"months":[)" +
           month("2016-01", 5, due_ > 0 ? "2016-03-01T00:00:00Z" : "2016-03-06T00:00:00Z") + "," +
           month("2016-02", 15, "2016-03-10T00:00:00Z") + "]}";
  }
  const unsigned due_;
  httplib::Server server_;
  int port_ = 0;
  mutable Mutex mutex_;
  std::vector<format::Notice> notices_ GUARDED_BY(mutex_);
  std::thread thread_;
};

// What is due by the host's clock is asked for first. After a stop the log knows better.
TEST_F(DisposeNotice, IsOfWhatIsDueByTheLogsClockAfterAStop) {
  std::ofstream(soft_.directory() / "bearer") << "operator-token\n";
  for (const unsigned due : {2U, 1U, 0U}) {
    SCOPED_TRACE(due);
    StoppedLog log(due);
    const auto given = run("dispose notice --until 2016-12" + log.arguments());
    const std::vector<format::Notice> notices = log.notices();
    ASSERT_EQ(notices.size(), due == 1 ? 2U : 1U) << given.output;
    EXPECT_EQ(notices.front().months.size(), 2U) << "by the host's clock";
    EXPECT_EQ(given.exit_code, due == 0 ? 12 : 0) << given.output;
    const std::string said = due == 0 ? "R23: the month is not due" : "varve notice v1";
    EXPECT_NE(given.output.find(said), std::string::npos) << given.output;
    if (due != 1) continue;
    EXPECT_EQ(notices.back().months,
              (std::vector{format::MonthRange{201'601, LeafIndex{5}, LeafIndex{15}}}));
    EXPECT_EQ(given.output.find("2016-02"), std::string::npos) << given.output;
  }
}

}  // namespace
}  // namespace varve::keys
