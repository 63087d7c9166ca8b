// The HTTP client that the tools share: TLS that is always verified, bounded answers, errors as
// values. The caller decides what to retry, and when.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/base/bytes.h"
#include "ledger/base/result.h"
#include "tools/client/url.h"

namespace varve::client {

struct HttpHeader {
  std::string name;
  std::string value;
};

struct HttpResponse {
  int status = 0;
  std::string content_type;
  std::vector<HttpHeader> headers;
  std::string body;  // decoded, when the server compressed it

  /// The value of the first header of that name, in any case; empty when there is none.
  [[nodiscard]] std::string_view header(std::string_view name) const;
  /// Seconds of a Retry-After header, where there is one in that form.
  [[nodiscard]] std::optional<std::uint64_t> retry_after_s() const;
};

struct HttpOptions {
  std::string ca_file;     // PEM; empty: the system's certificate authorities
  std::string token_file;  // one line; empty: no Authorization header
  std::uint32_t connect_timeout_ms = 5'000;
  std::uint32_t io_timeout_ms = 60'000;            // longest silence; patience.h has the total
  std::uint64_t exchange_timeout_ms = UINT64_MAX;  // longest exchange, however steadily bytes come
  std::size_t response_max_bytes = 20u << 20;      // an entry bundle has at most 16.8 MB
  const std::atomic<bool>* cancelled = nullptr;    // once it is true, requests end soon, with kBusy
};

/// One connection, kept alive between requests. Thread: one at a time; open one for each thread.
class HttpClient {
 public:
  /// Does not connect yet. TLS 1.3, certificate and host name always verified.
  /// Errors: kInvalid, kNotFound, kIo  the token or CA file.
  static Result<HttpClient> open(const Url& url, const HttpOptions& options);
  HttpClient(HttpClient&&) noexcept;
  HttpClient& operator=(HttpClient&&) noexcept;
  ~HttpClient();

  // `path` follows the URL's own path and starts with '/'; it is percent-encoded already.
  // An answer of any status is a value: see client/problem.h.
  // Errors: kBusy     no connection, or it broke: for a POST it is unknown whether it was done. Or
  //                   the answer is not HTTP/1.1, has more headers or 1xx answers than any server
  //                   sends, or comes too slowly (client/response_reader.h, client/patience.h).
  //         kIo       the server's certificate was refused; the message says why.
  //         kInvalid  the answer is larger than response_max_bytes, or the path is malformed.

  /// `response_max_bytes`: for this answer; that of the options holds too.
  Result<HttpResponse> get(std::string_view path, const std::vector<HttpHeader>& headers = {},
                           std::size_t response_max_bytes = SIZE_MAX);
  Result<HttpResponse> post(std::string_view path, std::string_view content_type, Bytes body,
                            const std::vector<HttpHeader>& headers = {});
  /// With any method: PUT, DELETE. An empty content type: without a body.
  Result<HttpResponse> request(std::string_view method, std::string_view path,
                               std::string_view content_type, Bytes body,
                               const std::vector<HttpHeader>& headers = {});

 private:
  struct Impl;
  explicit HttpClient(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace varve::client
