// Reads a PIN straight into locked memory: no stream buffer keeps a copy.
#include "hsm/pin.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string_view>

#include "ledger/base/text.h"

namespace varve::hsm {
namespace {

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using FileHandle = std::unique_ptr<std::FILE, CloseFile>;

/// What an editor or a copy leaves and no PIN has: a carriage return, a second line, a blank at an
/// end, a byte order mark, the zeros of UTF-16.
bool has_leftovers(std::string_view pin) {
  const auto control = [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7f; };
  return std::ranges::any_of(pin, control) || pin.starts_with(' ') || pin.ends_with(' ') ||
         pin.starts_with("\xef\xbb\xbf");
}

Result<env::SecretBytes> trimmed(Bytes raw, const std::string& where) {
  if (!raw.empty() && raw.back() == std::byte{'\n'}) raw = raw.first(raw.size() - 1);
  if (raw.empty()) return invalid("the PIN in " + where + " is empty");
  if (raw.size() > kPinMax)
    return invalid("the PIN in " + where + " is longer than " + std::to_string(kPinMax) + " bytes");
  if (has_leftovers(text_of(raw)))
    return invalid("the PIN in " + where +
                   " has a blank at an end, a carriage return, a second line or another control "
                   "character, which the token would count as a wrong PIN: write the PIN alone, on "
                   "one line");
  return env::SecretBytes::copy_of(raw);
}

Result<env::SecretBytes> read_stream(FileHandle file, const std::string& where) {
  if (!file) return io_error("cannot open " + where + " for the PIN: " + std::strerror(errno));
  std::setvbuf(file.get(), nullptr, _IONBF, 0);
  // One more for the newline, one to notice that there is more.
  ASSIGN_OR_RETURN(auto raw, env::SecretBytes::of_size(kPinMax + 2));
  const std::size_t length =
      std::fread(raw.mutable_view().data(), 1, raw.view().size(), file.get());
  if (std::ferror(file.get()) != 0) return io_error("cannot read the PIN from " + where);
  return trimmed(raw.view().first(length), where);
}

Result<env::SecretBytes> read_file(const std::string& path) {
  FileHandle file(std::fopen(path.c_str(), "rbe"));
  struct stat status {};
  const bool known = file != nullptr && ::fstat(::fileno(file.get()), &status) == 0;
  if (known && S_ISREG(status.st_mode) && (status.st_mode & S_IRWXO) != 0)
    return invalid(path + " is open to every user of this machine: chmod 400 it, change the PIN");
  return read_stream(std::move(file), path);
}

/// A standard descriptor is never left closed: the next file to be opened would get its number.
void give_up(int descriptor) {
  if (descriptor > STDERR_FILENO) {
    ::close(descriptor);
    return;
  }
  const int null = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  if (null < 0) return;  // it stays open
  ::dup2(null, descriptor);
  ::close(null);
}

Result<int> parse_descriptor(const std::string& number) {
  const auto value = decode_decimal(number);
  if (!value || *value > 65'535) return invalid("fd:" + number + " is not a file descriptor");
  return static_cast<int>(*value);
}

Result<env::SecretBytes> read_descriptor(const std::string& number, const std::string& where) {
  ASSIGN_OR_RETURN(const int descriptor, parse_descriptor(number));
  const int copy = ::fcntl(descriptor, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
  auto pin = read_stream(FileHandle(copy < 0 ? nullptr : ::fdopen(copy, "rb")), where);
  if (copy >= 0) give_up(descriptor);
  return pin;
}

Result<env::SecretBytes> take_variable(const std::string& name, const std::string& where) {
  char* const value = std::getenv(name.c_str());
  if (value == nullptr) return not_found("the environment variable " + name + " is not set");
  const std::span<char> text(value, std::strlen(value));
  auto pin = trimmed(std::as_bytes(text), where);
  std::ranges::fill(text, '\0');  // /proc/<pid>/environ shows this memory
  ::unsetenv(name.c_str());
  return pin;
}

/// A spec, split at its colon.
struct Place {
  std::string scheme;
  std::string rest;
};

Result<Place> parse_spec(const std::string& spec) {
  const std::size_t colon = spec.find(':');
  Place place{spec.substr(0, colon), colon == std::string::npos ? "" : spec.substr(colon + 1)};
  const bool known = place.scheme == "file" || place.scheme == "fd" || place.scheme == "env";
  if (known && !place.rest.empty()) return place;
  // The spec itself is not repeated: somebody may have put the PIN there.
  return invalid("a PIN is given as file:PATH, fd:NUMBER or env:NAME, never as itself");
}

}  // namespace

Result<env::SecretBytes> read_pin(const std::string& spec) {
  ASSIGN_OR_RETURN(const Place place, parse_spec(spec));
  if (place.scheme == "file") return read_file(place.rest);
  if (place.scheme == "fd") return read_descriptor(place.rest, spec);
  return take_variable(place.rest, spec);
}

Result<void> check_pin(const std::string& spec) {
  ASSIGN_OR_RETURN(const Place place, parse_spec(spec));
  if (place.scheme == "file") RETURN_IF_ERROR(read_file(place.rest));
  if (place.scheme == "fd") RETURN_IF_ERROR(parse_descriptor(place.rest));
  return {};
}

}  // namespace varve::hsm
