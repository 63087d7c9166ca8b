// Routes of the fake server.
#include "fake_server.h"

#include <httplib.h>

#include <thread>
#include <utility>

#include "ledger/base/text.h"
#include "ledger/merkle/tree.h"
#include "tests/verify/log_answers.h"

namespace varve::audit {

using namespace verify;

namespace {

constexpr std::string_view kProblem = "application/problem+json";

std::uint64_t number_in(const std::string& query, const std::string& name) {
  const std::size_t at = query.find(name + "=");
  CHECK(at != std::string::npos);
  const std::size_t from = at + name.size() + 1;
  const auto number = decode_decimal(query.substr(from, query.find('&', from) - from));
  CHECK(number.has_value());
  return *number;
}

}  // namespace

struct FakeServer::Http {
  httplib::Server server;
  int port = 0;
  std::thread thread;
};

FakeServer::FakeServer() : http_(std::make_unique<Http>()) {
  http_->server.Get("/logs/a/(.*)", [this](const httplib::Request& in, httplib::Response& out) {
    ++requests_;
    note(in.matches[1]);
    if (busy_ > 0 && busy_-- > 0) {
      out.status = 503;
      out.set_header("Retry-After", "0");
      return out.set_content(R"({"detail":"busy"})", std::string(kProblem));
    }
    std::string body;
    const std::string query = in.target.substr(std::min(in.target.find('?'), in.target.size()));
    const bool text = in.get_header_value("Accept") == "text/plain";
    if (answer(in.matches[1], query, text, body))
      return out.set_content(body, "application/octet-stream");
    out.status = 404;
    out.set_content(R"({"detail":"there is no such thing"})", std::string(kProblem));
  });
  http_->server.Post("/logs/a/(.*)", [this](const httplib::Request& in, httplib::Response& out) {
    ++requests_;
    note(std::string(in.matches[1]) + " " + in.body);
    const std::size_t cursor = in.body.find(R"("cursor":")");
    std::string path = in.matches[1];
    if (cursor != std::string::npos)
      path += "/" + in.body.substr(cursor + 10, in.body.find('"', cursor + 10) - cursor - 10);
    std::string body;
    out.status = answer(path, "", false, body) ? 200 : 404;
    out.set_content(body, "application/json");
  });
  http_->port = http_->server.bind_to_any_port("127.0.0.1");
  http_->thread = std::thread([this] { http_->server.listen_after_bind(); });
  while (!http_->server.is_running()) std::this_thread::yield();
}

FakeServer::~FakeServer() {
  http_->server.stop();
  http_->thread.join();
}

std::string FakeServer::url() const {
  return "http://127.0.0.1:" + std::to_string(http_->port) + "/logs/a";
}

void FakeServer::serve(const LogBuilder& log) {
  const std::lock_guard lock(mutex_);
  log_ = log;
  files_ = log.files();
}

void FakeServer::replace(const std::string& path, Buffer bytes) {
  const std::lock_guard lock(mutex_);
  files_[path] = std::move(bytes);
}

void FakeServer::remove(const std::string& path) {
  const std::lock_guard lock(mutex_);
  CHECK(files_.erase(path) == 1);
}

void FakeServer::note(const std::string& path) {
  const std::lock_guard lock(mutex_);
  paths_.push_back(path);
}

std::vector<std::string> FakeServer::take_paths() {
  const std::lock_guard lock(mutex_);
  return std::exchange(paths_, {});
}

bool FakeServer::answer(const std::string& path, const std::string& query, bool text,
                        std::string& body) const {
  const std::lock_guard lock(mutex_);
  const std::size_t size = log_.records.size();
  if (const auto file = files_.find(path); file != files_.end()) {
    body = text_of(file->second);
  } else if (path == "proof/inclusion" && query.find("leaf_hash") != std::string::npos) {
    std::size_t i = 0;
    while (i < size &&
           query.find(hex(merkle::leaf_hash(log_.records[i]).view())) == std::string::npos)
      ++i;
    if (i == size) return false;
    body = inclusion_json(log_, i, size);
  } else if (path == "proof/inclusion") {
    const std::uint64_t index = number_in(query, "index");
    if (index >= size) return false;
    body = text ? proof_file(log_, index, size) : inclusion_json(log_, index, size);
  } else if (path == "proof/consistency") {
    if (number_in(query, "to") > size) return false;
    body = consistency_json(log_, number_in(query, "from"), number_in(query, "to"));
  } else if (path.starts_with("events/")) {
    const auto index = decode_decimal(path.substr(7));
    if (!index || *index >= size) return false;
    body = event_json(log_, *index, size);
  } else {
    return false;
  }
  return true;
}

}  // namespace varve::audit
