// A site behind the real server, on a port of its own.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <utility>

#include "api/server.h"
#include "tests/api/site.h"

namespace varve::api {

class ServedSite : public ::testing::Test {
 protected:
  void start(ServerOptions options = {}) {
    options.port = 0;
    auto started = Server::start(options, *site.service);
    ASSERT_TRUE(started) << started.error().message;
    server = std::move(*started);
  }
  ~ServedSite() override {
    if (server) server->stop();
    site.stop();
  }

  Site site;
  std::unique_ptr<Server> server;
};

}  // namespace varve::api
