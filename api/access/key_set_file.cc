// Takes a set only whole.
#include "api/access/key_set_file.h"

#include "ledger/env/posix.h"

namespace varve::api {
namespace {

Result<KeySet> parse_keys_of(const std::string& path, const Result<std::string>& text) {
  if (!text) return text.error();
  auto keys = KeySet::parse(*text);
  if (!keys) return invalid(path + ": " + keys.error().message);
  return keys;
}

}  // namespace

KeySetFile::KeySetFile(const std::string& path, Journal& journal)
    : journal_(journal), file_(path, kKeySetBytesMax) {}

Result<KeySet> KeySetFile::load(const std::string& path) {
  return parse_keys_of(path, read_watched(path, kKeySetBytesMax));
}

SharedKeySet KeySetFile::current() {
  const MutexLock lock(mutex_);
  look();
  return keys_;
}

void KeySetFile::look() {
  if (const auto text = file_.changed()) take(*text);
}

void KeySetFile::take(const Result<std::string>& text) {
  auto keys = parse_keys_of(file_.path(), text);
  if (!keys) {
    ++status_.failures;
    if (complaint_ != keys.error().message) journal_.error("keys_wrong", keys.error().message);
    complaint_ = keys.error().message;
    return;
  }
  complaint_.clear();
  status_.keys = keys->size();
  status_.read_s = env::posix_clock().now_us() / 1'000'000;
  if (keys_ && text_ == *text) return;
  text_ = *text;
  keys_ = std::make_shared<const KeySet>(std::move(*keys));
}

KeySourceStatus KeySetFile::status() {
  const MutexLock lock(mutex_);
  look();  // else nobody hears of a wrong file before somebody is refused
  return status_;
}

}  // namespace varve::api
