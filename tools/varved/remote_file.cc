// One request a read.
#include "tools/varved/remote_file.h"

#include <algorithm>
#include <utility>

#include "ledger/base/text.h"

namespace varve::tools {
namespace {

constexpr int kPartialContent = 206;
constexpr int kNotFoundStatus = 404;
constexpr std::uint64_t kFileMax = std::uint64_t{1} << 40;  // bytes; a segment has some gigabytes
constexpr std::uint64_t kProblemMax = 64 << 10;             // bytes of an answer that is no range

class RemoteFile final : public env::File {
 public:
  RemoteFile(client::HttpClient client, std::string path)
      : client_(std::move(client)), path_("/" + std::move(path)) {}

  /// Learns the size from the answer to a first byte.
  Result<void> open() {
    ASSIGN_OR_RETURN(const client::HttpResponse first, range(0, 1));
    const std::string_view whole = first.header("Content-Range");  // "bytes 0-0/4711"
    ASSIGN_OR_RETURN(size_.value,
                     decode_decimal(whole.substr(std::min(whole.size(), whole.rfind('/') + 1))));
    if (size_.value > kFileMax)
      return io_error("the server of the copy says that " + path_.substr(1) + " has " +
                      std::to_string(size_.value) + " bytes: no segment is so large");
    return {};
  }

  [[nodiscard]] Result<void> read(ByteOffset at, MutableBytes out) const override {
    if (out.empty()) return {};
    if (at > size_ || out.size() > size_.value - at.value) return corrupt("the file ends before");
    ASSIGN_OR_RETURN(const client::HttpResponse part, range(at.value, out.size()));
    if (part.body.size() != out.size()) return io_error("the server answers with another range");
    std::ranges::copy(bytes_of(part.body), out.begin());
    return {};
  }
  [[nodiscard]] Result<ByteOffset> size() const override { return size_; }

  Result<void> write(ByteOffset, Bytes) override { return read_only(); }
  Result<void> sync() override { return read_only(); }
  Result<void> truncate(ByteOffset) override { return read_only(); }
  Result<bool> make_immutable() override { return read_only(); }

 private:
  static Error read_only() { return io_error("a file on a web server is not written to"); }

  [[nodiscard]] Result<client::HttpResponse> range(std::uint64_t at, std::uint64_t count) const {
    std::string bytes = "bytes=" + std::to_string(at);
    bytes += "-" + std::to_string(at + count - 1);
    ASSIGN_OR_RETURN(auto answer,
                     client_.get(path_, {{"Range", bytes}, {"Accept-Encoding", "identity"}},
                                 std::max<std::uint64_t>(count, kProblemMax)));
    if (answer.status == kPartialContent) return answer;
    if (answer.status == kNotFoundStatus) return not_found("the copy has no " + path_.substr(1));
    return io_error("the server of the copy answers a Range request with status " +
                    std::to_string(answer.status));
  }

  mutable client::HttpClient client_;  // reading changes no file, but a connection
  const std::string path_;
  ByteOffset size_;
};

}  // namespace

Result<std::unique_ptr<env::File>> open_remote_file(const std::string& url,
                                                    const client::HttpOptions& options,
                                                    const std::string& path) {
  ASSIGN_OR_RETURN(const client::Url parsed, client::parse_url(url));
  ASSIGN_OR_RETURN(client::HttpClient client, client::HttpClient::open(parsed, options));
  auto file = std::make_unique<RemoteFile>(std::move(client), path);
  RETURN_IF_ERROR(file->open());
  return std::unique_ptr<env::File>(std::move(file));
}

}  // namespace varve::tools
