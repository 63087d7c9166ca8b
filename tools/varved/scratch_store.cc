// OpenSSL's key wrap, and two classes that pass on what they are asked.
#include "tools/varved/scratch_store.h"

#include <openssl/evp.h>

namespace varve::tools {
namespace {

constexpr std::size_t kKeySize = 32;
constexpr std::size_t kWrapOverhead = 8;

const unsigned char* u8(Bytes bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

/// AES-256 key wrap of `in` into `out`, or the way back. Returns whether it was done.
bool key_wrap(bool wrap, Bytes key, Bytes in, MutableBytes out) {
  const std::unique_ptr<EVP_CIPHER_CTX, void (*)(EVP_CIPHER_CTX*)> context(EVP_CIPHER_CTX_new(),
                                                                           &EVP_CIPHER_CTX_free);
  if (!context) return false;
  EVP_CIPHER_CTX_set_flags(context.get(), EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
  int length = 0;
  return EVP_CipherInit_ex(context.get(), EVP_aes_256_wrap(), nullptr, u8(key), nullptr,
                           wrap ? 1 : 0) == 1 &&
         EVP_CipherUpdate(context.get(), reinterpret_cast<unsigned char*>(out.data()), &length,
                          u8(in), static_cast<int>(in.size())) == 1 &&
         static_cast<std::size_t>(length) == out.size();
}

class DeletableFile final : public env::File {
 public:
  explicit DeletableFile(std::unique_ptr<env::File> inner) : inner_(std::move(inner)) {}
  [[nodiscard]] Result<void> read(ByteOffset at, MutableBytes out) const override {
    return inner_->read(at, out);
  }
  [[nodiscard]] bool read_at_once(ByteOffset at, MutableBytes out) const override {
    return inner_->read_at_once(at, out);
  }
  Result<void> write(ByteOffset at, Bytes bytes) override { return inner_->write(at, bytes); }
  Result<void> sync() override { return inner_->sync(); }
  Result<void> truncate(ByteOffset size) override { return inner_->truncate(size); }
  [[nodiscard]] Result<ByteOffset> size() const override { return inner_->size(); }
  Result<bool> make_immutable() override { return false; }

 private:
  std::unique_ptr<env::File> inner_;
};

using OpenedFile = Result<std::unique_ptr<env::File>>;

OpenedFile deletable_file(OpenedFile file) {
  if (!file) return file;
  return std::unique_ptr<env::File>(std::make_unique<DeletableFile>(std::move(*file)));
}

class DeletableFiles final : public env::Filesystem {
 public:
  explicit DeletableFiles(std::unique_ptr<env::Filesystem> inner) : inner_(std::move(inner)) {}
  OpenedFile create(const std::string& path) override {
    return deletable_file(inner_->create(path));
  }
  OpenedFile open_or_create(const std::string& path) override {
    return deletable_file(inner_->open_or_create(path));
  }
  [[nodiscard]] OpenedFile open_read(const std::string& path) const override {
    return inner_->open_read(path);
  }
  Result<void> make_directory(const std::string& path) override {
    return inner_->make_directory(path);
  }
  Result<void> sync_directory(const std::string& path) override {
    return inner_->sync_directory(path);
  }
  [[nodiscard]] Result<std::vector<std::string>> list(const std::string& path) const override {
    return inner_->list(path);
  }
  Result<void> rename(const std::string& from, const std::string& to) override {
    return inner_->rename(from, to);
  }
  Result<void> remove(const std::string& path) override { return inner_->remove(path); }
  Result<std::unique_ptr<env::Lock>> lock(const std::string& path) override {
    return inner_->lock(path);
  }
  [[nodiscard]] Result<std::uint64_t> free_bytes() const override { return inner_->free_bytes(); }
  [[nodiscard]] std::string system_path(const std::string& path) const override {
    return inner_->system_path(path);
  }

 private:
  std::unique_ptr<env::Filesystem> inner_;
};

}  // namespace

Result<MemoryVault> MemoryVault::make(env::Random& random) {
  ASSIGN_OR_RETURN(env::SecretBytes key, env::SecretBytes::of_size(kKeySize));
  random.fill(key.mutable_view());
  return MemoryVault(std::move(key));
}

Result<Buffer> MemoryVault::wrap(std::string_view, Bytes data_key) {
  Buffer wrapped(data_key.size() + kWrapOverhead);
  if (key_wrap(true, key_.view(), data_key, wrapped)) return wrapped;
  return io_error("a data key could not be wrapped");
}

Result<env::SecretBytes> MemoryVault::unwrap(std::string_view, Bytes wrapped) {
  if (wrapped.size() <= kWrapOverhead) return corrupt("a wrapped key is too short");
  ASSIGN_OR_RETURN(env::SecretBytes data_key,
                   env::SecretBytes::of_size(wrapped.size() - kWrapOverhead));
  if (key_wrap(false, key_.view(), wrapped, data_key.mutable_view())) return data_key;
  return corrupt("a wrapped key was altered, or another process wrapped it");
}

Result<Buffer> NoSigner::sign(Bytes, Bytes) {
  return io_error("nothing is signed in a scratch store");
}

std::unique_ptr<env::Filesystem> deletable(std::unique_ptr<env::Filesystem> files) {
  return std::make_unique<DeletableFiles>(std::move(files));
}

}  // namespace varve::tools
